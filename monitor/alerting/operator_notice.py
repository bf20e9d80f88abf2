"""What the operator is told: looks different at a glance, first word "Monitor:"."""

import hashlib
from datetime import datetime, timedelta

from monitor.model.grid import floor_time, iso
from monitor.model.notice import Notice, NoticeKind

RUNBOOK = "RUNBOOK.md"
"""Has a paragraph for each kind of notice that asks somebody to act."""
_OF_ITS_KIND = ("venue", "channel")
"""Subjects that end with a name, for all of which one paragraph stands."""


def operator_notice(
    what: str, text: str, at: datetime, *, once_in: timedelta | None = None, well: bool = False
) -> Notice:
    """``what`` is a short stable word of the subject; a subject's notices keep their order.

    ``once_in``: the same text is told once in each such span, not each time. ``well``: nothing is left to do; else the
    whole form names the paragraph of the runbook.
    """
    line = f"Monitor: {' '.join(text.split())}"
    digest = hashlib.sha256(line.encode()).hexdigest()[:12]
    return Notice(
        dedup_key=f"operator|{what}|{iso(floor_time(at, once_in) if once_in else at)}|{digest}",
        channel="",  # whoever enqueues it addresses it
        kind=NoticeKind.OPERATOR,
        text=line[:300],
        event_at=at,
        due_at=at,
        thread=f"operator|{what}",
        payload={"body": line if well else f"{line}\nWhat to do: {paragraph(what)}"},
    )


def paragraph(what: str) -> str:
    """Where the runbook speaks of the subject, as a link into it."""
    kind, _, _ = what.partition(" ")
    return f"{RUNBOOK}#{kind if kind in _OF_ITS_KIND else what.replace(' ', '-')}"
