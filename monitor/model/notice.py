"""What is to be told to somebody, as a plain value between content, store and delivery."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from monitor.model.grid import parse_iso

LATE_AFTER = timedelta(minutes=10)
"""Up to so long after it was meant to go, a notice is not late."""


Channel = str
"""Name of a way out, as it stands in the outbox; delivery's registry has a row for each."""


class NoticeKind(StrEnum):
    """What a notice is about."""

    ROTATION = "rotation"
    DIGEST = "digest"
    SCORECARD = "scorecard"
    REMINDER = "reminder"
    OPERATOR = "operator"
    REPORT = "report"
    TEST = "test"


class Act(StrEnum):
    """What a channel does with a notice. What a channel cannot do it does in the nearest way, or leaves out."""

    SAY = "say"  # a message of its own; a rotation's first is the parent of its thread
    REPLY = (
        "reply"  # into the thread of what was said first; a message of its own where nothing was
    )
    EDIT = "edit"  # what was said first is brought up to date; nothing where nothing was
    PICTURE = "picture"  # the chart goes into what was said first; nothing where nothing was


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say on one channel.

    ``dedup_key`` is a pure function of the event; (dedup_key, channel, recipient) is unique in the outbox. ``text`` is
    the plain form (a phone's preview); ``payload`` holds JSON-able facts that the channel renders. ``event_at`` is when
    the fact became knowable, ``due_at`` when it may be sent. ``thread``: notices of one thread keep their order.
    ``urgent``: neither quiet hours nor a cap hold it back. ``told_in``: key of another notice of this channel that tells
    this one too, so that it is kept as a fact and not sent.
    """

    dedup_key: str
    channel: Channel
    kind: NoticeKind
    text: str
    event_at: datetime
    due_at: datetime
    thread: str
    recipient: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    act: Act = Act.SAY
    urgent: bool = False
    told_in: str | None = None

    @property
    def held_until(self) -> datetime | None:
        """Until when it was held on purpose; None where it was not."""
        until = self.payload.get("held_until")
        return parse_iso(until) if until else None

    @property
    def meant_at(self) -> datetime:
        """When it was meant to go; retries move ``due_at``, not this."""
        return self.held_until or self.event_at
