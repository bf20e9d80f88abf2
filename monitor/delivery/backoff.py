"""Whether it is a channel that takes nothing, or one notice that is not taken: each waits in its own way."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.model.notice import Channel

LONGEST_WAIT = timedelta(hours=1, minutes=1)
"""No channel asks for more, and no pause is longer."""
CHANNEL_KINDS = frozenset(
    {"rate_limited", "server", "timeout", "tls", "unknown_answer", "unreachable"}
)
"""Failures that say nothing of the notice: whatever is sent next would meet them too."""
OWN_KINDS = frozenset({"internal", "refused"})
"""Failures that no other notice would meet and no time mends."""
TURN = 8
"""Of so many tries in a row that failed, the last is not of the oldest notice: perhaps it alone is not taken."""


@dataclass(slots=True)
class _Trouble:
    """``failures`` in a row, and until when the channel is left alone; ``refused``: notices that met them."""

    failures: int = 0
    until: datetime | None = None
    refused: set[int] = field(default_factory=set)


class Backoff:
    """In memory: after a restart the first tries find it out again."""

    def __init__(self, channels: Iterable[Channel]) -> None:
        self._channels = {channel: _Trouble() for channel in channels}
        self._alone: set[int] = set()  # refused before their channel took another

    def failures(self, channel: Channel) -> int:
        """How often in a row it took nothing."""
        return self._channels[channel].failures

    def is_resting(self, channel: Channel, now: datetime) -> bool:
        """Whether it is left alone; a clock that was set back lets it rest no longer than the longest pause."""
        until = self._channels[channel].until
        return until is not None and now < until <= now + LONGEST_WAIT

    def tries_another(self, channel: Channel) -> bool:
        """Whether it is the turn of a notice that was tried least."""
        return self.failures(channel) % TURN == TURN - 1

    def is_the_channels(self, notice_id: int, kind: str) -> bool:
        """Whether the channel is to rest for such a failure of that notice."""
        return kind in CHANNEL_KINDS and notice_id not in self._alone

    def is_alone(self, notice_id: int, kind: str) -> bool:
        """Whether it is this notice that is not taken while others are."""
        return kind in OWN_KINDS or notice_id in self._alone

    def failed(self, channel: Channel, notice_id: int, until: datetime) -> None:
        """The channel took nothing and rests."""
        trouble = self._channels[channel]
        trouble.failures += 1
        trouble.until = until
        trouble.refused.add(notice_id)

    def took(self, channel: Channel, notice_id: int) -> None:
        """It is well: what it refused before is itself the trouble, should it be refused again."""
        self._alone |= self._channels[channel].refused - {notice_id}
        self._channels[channel] = _Trouble()
        self.forget(notice_id)

    def forget(self, notice_id: int) -> None:
        """It was delivered or given up."""
        self._alone.discard(notice_id)
