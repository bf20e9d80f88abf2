"""What is to be told to somebody, as a plain value between content, store and delivery."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    """Ways out. ``operator`` is the operator's own Slack channel."""

    SLACK = "slack"
    OPERATOR = "operator"
    EMAIL = "email"
    REPORT = "report"


class NoticeKind(StrEnum):
    """What a notice is about."""

    ROTATION = "rotation"
    DIGEST = "digest"
    SCORECARD = "scorecard"
    REMINDER = "reminder"
    OPERATOR = "operator"
    REPORT = "report"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say on one channel.

    ``dedup_key`` is a pure function of the event; (dedup_key, channel, recipient) is unique in the outbox. ``text`` is
    the plain form (a phone's preview); ``payload`` holds JSON-able facts that the channel renders. ``event_at`` is when
    the fact became knowable, ``due_at`` when it may be sent. ``thread``: notices of one thread keep their order.
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
