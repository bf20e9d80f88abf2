"""The report as a mail, drawn once."""

from monitor.content.mail import Inline, Mail
from monitor.content.report.facts import ReportFacts
from monitor.content.report.html import report_html
from monitor.content.report.pictures import draw_pictures
from monitor.content.report.text import report_text
from monitor.content.report.verdict import report_subject


def report_mail(facts: ReportFacts) -> Mail:
    """Subject, both parts and the pictures, from the same facts; the HTML names each picture ``cid:<its key>``."""
    pictures = draw_pictures(facts)
    return Mail(
        subject=report_subject(facts),
        text=report_text(facts, pictures),
        html=report_html(facts, pictures, mail=True),
        pictures=tuple(Inline(p.key, p.png, p.alt) for p in pictures),
    )
