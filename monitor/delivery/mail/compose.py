"""What a mail of each kind of notice says."""

from collections.abc import Callable
from datetime import datetime

from monitor.content.alert import alert_mail, alert_message, told_facts
from monitor.content.lateness import late_words
from monitor.content.mail import Mail, plain_mail
from monitor.delivery.channel import DrawPicture
from monitor.model.notice import Notice, NoticeKind


class MailComposer:
    """Writes when it is sent, so that it says how late it is."""

    def __init__(self, draw: DrawPicture, reports: Callable[[Notice, datetime], Mail]) -> None:
        self._draw = draw
        self._reports = reports

    def __call__(self, notice: Notice, now: datetime) -> Mail:
        """Slow: draws."""
        if notice.kind is NoticeKind.REPORT:
            return self._reports(notice, now)
        late = late_words(notice, now)
        if "change" in notice.payload:
            message = alert_message(*told_facts(notice.payload), late=late)
            return alert_mail(message, self._draw(notice))
        body = str(notice.payload.get("body", notice.text))
        text = f"{notice.text} ({late})" if late else notice.text
        return plain_mail(text, body)
