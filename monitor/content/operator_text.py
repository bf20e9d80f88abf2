"""What the operator is told: looks different at a glance, first word "Monitor:"."""

import hashlib
from datetime import datetime

from monitor.model.grid import iso
from monitor.model.notice import Channel, Notice, NoticeKind


def operator_notice(what: str, text: str, at: datetime) -> Notice:
    """``what`` is a short stable word of the subject; a subject's notices keep their order."""
    line = f"Monitor: {' '.join(text.split())}"
    digest = hashlib.sha256(line.encode()).hexdigest()[:12]
    return Notice(
        dedup_key=f"operator|{what}|{iso(at)}|{digest}",
        channel=Channel.OPERATOR,
        kind=NoticeKind.OPERATOR,
        text=line[:300],
        event_at=at,
        due_at=at,
        thread=f"operator|{what}",
        payload={"body": line},
    )
