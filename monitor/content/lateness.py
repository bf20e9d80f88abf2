"""How late a notice is, and what it says of that."""

from datetime import datetime

from monitor.content.wording.figures import duration
from monitor.model.notice import LATE_AFTER, Notice


def late_words(notice: Notice, now: datetime) -> str:
    """``late by 2 h 10 min``, ``held by quiet hours since 23:40 UTC``; empty where it comes in time."""
    late = now - notice.meant_at
    words = []
    # a digest says itself what held it
    if notice.held_until is not None and "entries" not in notice.payload:
        words.append(f"held by quiet hours since {notice.event_at:%H:%M} UTC")
    if late > LATE_AFTER:
        words.append(f"late by {duration(late.total_seconds())}")
    return ", ".join(words)
