"""Reasons for silence that are found after a notice was made: by what overtakes it, by the cap, by quiet hours."""

from monitor.model.notice import Act, Notice
from monitor.model.rotation_json import change_from_json
from monitor.model.silence import Silence, Why


def silences_in(notice: Notice, why: Why, detail: str = "") -> list[Silence]:
    """Of the change that a notice tells; none for one that tells of no single change, or that makes no sound."""
    if "change" not in notice.payload or notice.act not in (Act.SAY, Act.REPLY):
        return []
    change = change_from_json(notice.payload["change"])
    return [
        Silence(
            change.rotation.id,
            change.reason,
            change.changed_at,
            notice.channel,
            notice.recipient,
            why,
            detail,
        )
    ]
