"""Who is told what is wrong with the monitor itself, and on which ways out."""

from dataclasses import dataclass, replace

from monitor.model.notice import Channel, Notice


@dataclass(frozen=True, slots=True)
class Operators:
    """``channels``: the ways out that are set up. ``addresses``: who is written to where mail is one of them."""

    channels: frozenset[Channel]
    addresses: tuple[str, ...] = ()

    def told(self, notice: Notice) -> list[Notice]:
        """On their own channel; where none is set up, by mail; empty where nobody could be told."""
        return self._on_their_channel(notice) or self._by_mail(notice)

    def told_on_every_way(self, notice: Notice) -> list[Notice]:
        """On their own channel and by mail, as far as these are set up."""
        return [*self._on_their_channel(notice), *self._by_mail(notice)]

    def told_of_channel(self, channel: Channel, notice: Notice) -> list[Notice]:
        """What is wrong with a channel, told on another: mail's on the operator's, Slack's on that and by mail."""
        found = [] if channel is Channel.OPERATOR else self._on_their_channel(notice)
        return found + (
            self._by_mail(notice) if channel in (Channel.SLACK, Channel.OPERATOR) else []
        )

    def _on_their_channel(self, notice: Notice) -> list[Notice]:
        return [notice] if Channel.OPERATOR in self.channels else []

    def _by_mail(self, notice: Notice) -> list[Notice]:
        if Channel.EMAIL not in self.channels:
            return []
        return [replace(notice, channel=Channel.EMAIL, recipient=to) for to in self.addresses]
