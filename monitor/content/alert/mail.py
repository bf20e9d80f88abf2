"""The message as a mail: the same facts in the same order in both parts, the subject the line that a phone shows."""

from monitor.content.alert.footer import explain_words
from monitor.content.alert.message import AlertMessage
from monitor.content.alert.text import alert_text
from monitor.content.mail import Inline, Mail, template
from monitor.content.report.text import WIDTH, wrapped


def alert_mail(message: AlertMessage, picture: Inline | None) -> Mail:
    """``picture``: the chart; the HTML part names it by its key."""
    subject = ": ".join(part for part in (message.banner, message.preview) if part)
    html = template("alert_mail.html").render(
        message=message,
        subject=subject,
        picture=picture,
        explain=explain_words(message.rotation_id),
    )
    return Mail(
        subject=subject,
        text=_folded(alert_text(message, picture=picture.alt if picture else "")),
        html=html,
        pictures=(picture,) if picture else (),
    )


def _folded(text: str) -> str:
    """Plain mail is read in fixed columns; what is folded goes on indented."""
    lines = (
        wrapped(line, indent="  ", first="") if len(line) > WIDTH else line
        for line in text.splitlines()
    )
    return "\n".join(lines) + "\n"
