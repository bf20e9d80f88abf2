"""What a notice says as plain text, for channels without a form of their own."""

from monitor.content.alert import alert_message, alert_text, reminder_text, reply_text, told_facts
from monitor.content.lateness import late_words
from monitor.delivery.channel import Sending
from monitor.model.notice import Act, Notice, NoticeKind
from monitor.model.rotation import Rotation


def text_of(notice: Notice, how: Sending) -> str:
    """A rotation that is told first as the whole alert, a later turn in short, anything else as its body; with how late
    it is. What an older program stored in another form is told by its own line."""
    late = late_words(notice, how.now)
    try:
        change, around = told_facts(notice.payload)
    except (KeyError, TypeError, ValueError):
        body = str(notice.payload.get("body", notice.text))
        return f"{late}: {body}" if late else body
    if notice.kind is NoticeKind.REMINDER:
        return reminder_text(change.rotation, around, notice.event_at, late=late)
    if notice.act is Act.SAY:
        return alert_text(alert_message(change, around, late=late))
    return reply_text(change, around, late=late)


def rotation_of(notice: Notice) -> Rotation | None:
    """The rotation that it is about, as it stood then; None where it is about none or several."""
    try:
        return told_facts(notice.payload)[0].rotation
    except (KeyError, TypeError, ValueError):
        return None
