"""MailComposer as a mail program shows them: styles on the elements, pictures inside."""

import base64

from monitor.content.alert import alert_mail, alert_message
from monitor.content.lateness import late_words
from monitor.content.mail import Mail
from monitor.content.report import ReportPicture, report_mail, report_text
from monitor.content.report.pictures import KEYS
from monitor.delivery.mail.styles import inlined
from tests.gallery.case import Case
from tests.gallery.channel_play import first_notice, picture_of

UNDRAWN = tuple(ReportPicture(key, b"", f"(the chart of {key})") for key in KEYS)


def letters_of(case: Case) -> dict[str, Mail]:
    """``alert`` and ``report``, those that the case has."""
    made = {}
    if case.alert is not None:
        notice = first_notice(case)
        late = late_words(notice, notice.due_at + case.late)
        message = alert_message(*case.alert, late=late)
        made["alert"] = alert_mail(message, picture_of(case, notice))
    if case.report is not None:
        made["report"] = report_mail(case.report)
    return made


def text_letters_of(case: Case) -> dict[str, str]:
    """Subject and text part of both, without drawing anything."""
    told = {}
    if case.alert is not None:
        letter = alert_mail(alert_message(*case.alert), None)
        told["alert"] = f"{letter.subject}\n\n{letter.text}"
    if case.report is not None:
        told["report"] = report_text(case.report, UNDRAWN)
    return told


def mail_html(letter: Mail) -> str:
    """The HTML part as it is sent, its pictures turned from parts into data."""
    html = inlined(letter.html)
    for picture in letter.pictures:
        data = base64.b64encode(picture.png).decode()
        html = html.replace(f"cid:{picture.key}", f"data:image/png;base64,{data}")
    return html
