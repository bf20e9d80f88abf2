"""How late a notice is, and what it says of that."""

from datetime import datetime, timedelta

from monitor.content.figures import duration
from monitor.model.grid import parse_iso
from monitor.model.notice import Notice

LATE_AFTER = timedelta(minutes=10)


def held_until(notice: Notice) -> datetime | None:
    """Until when quiet hours held it on purpose; None where they did not."""
    until = notice.payload.get("held_until")
    return parse_iso(until) if until else None


def late_words(notice: Notice, now: datetime) -> str:
    """``late by 2 h 10 min``, ``held by quiet hours since 23:40 UTC``; empty where it comes in time."""
    held = held_until(notice)
    late = now - (held or notice.event_at)
    words = []
    if held is not None and "entries" not in notice.payload:  # a digest says itself what held it
        words.append(f"held by quiet hours since {notice.event_at:%H:%M} UTC")
    if late > LATE_AFTER:
        words.append(f"late by {duration(late.total_seconds())}")
    return ", ".join(words)
