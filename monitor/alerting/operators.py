"""Who is told what is wrong with the monitor itself, and on which ways out."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from monitor.model.notice import Channel, Notice


@dataclass(frozen=True, slots=True)
class OperatorWay:
    """``recipients``: who is written to there, ``""`` for whoever reads the channel. ``last_resort``: told there only
    where no other way is set up. ``fails_with``: channels whose trouble is not told here, since it would be in it too."""

    channel: Channel
    recipients: tuple[str, ...] = ("",)
    last_resort: bool = False
    fails_with: frozenset[Channel] = frozenset()


@dataclass(frozen=True, slots=True)
class Operators:
    """``ways``: those that are set up."""

    ways: tuple[OperatorWay, ...] = ()

    def told(self, notice: Notice) -> list[Notice]:
        """On their own channels; where none is set up, by the last resort; empty where nobody could be told."""
        own = [way for way in self.ways if not way.last_resort]
        return _addressed(own or self.ways, notice)

    def told_on_every_way(self, notice: Notice) -> list[Notice]:
        """On each."""
        return _addressed(self.ways, notice)

    def told_of_channel(self, channel: Channel, notice: Notice) -> list[Notice]:
        """What is wrong with a channel, told on every other that is not in the same trouble."""
        return _addressed([way for way in self.ways if channel not in way.fails_with], notice)


def _addressed(ways: Iterable[OperatorWay], notice: Notice) -> list[Notice]:
    return [replace(notice, channel=w.channel, recipient=to) for w in ways for to in w.recipients]
