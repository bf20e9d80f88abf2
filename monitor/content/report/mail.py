"""The report as the parts of a mail, drawn once."""

from dataclasses import dataclass

from monitor.content.report.facts import ReportFacts
from monitor.content.report.html import report_html
from monitor.content.report.pictures import ReportPicture, draw_pictures
from monitor.content.report.text import report_text
from monitor.content.report.verdict import report_subject


@dataclass(frozen=True, slots=True)
class ReportMail:
    """``html`` names each picture ``cid:<its key>``; ``subject`` is one line."""

    subject: str
    text: str
    html: str
    pictures: tuple[ReportPicture, ...]


def report_mail(facts: ReportFacts) -> ReportMail:
    """Subject, both parts and the pictures, from the same facts."""
    pictures = tuple(draw_pictures(facts))
    return ReportMail(
        subject=report_subject(facts),
        text=report_text(facts, pictures),
        html=report_html(facts, pictures, mail=True),
        pictures=pictures,
    )
