"""What a channel is to the sender."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from monitor.content.mail import Inline
from monitor.model.notice import Notice

Receipt = dict[str, Any]
"""What a channel needs to remember of a delivery, as JSON: ids of messages, never an address or a secret."""

DrawPicture = Callable[[Notice], Inline | None]
"""The chart that belongs to a rotation's notice, drawn from what is stored; None where there is nothing to draw. Slow:
called in a thread of its own."""


@dataclass(frozen=True, slots=True)
class Sending:
    """How a notice is to go this time.

    ``now``: for saying how late it is. ``attempt`` counts from 1: from the second on an earlier one may have arrived
    without our knowing. ``plain``: the form that cannot be refused. ``earlier``: receipts of what this channel took of
    the notice's thread, oldest first.
    """

    now: datetime
    attempt: int = 1
    plain: bool = False
    earlier: Sequence[Receipt] = ()


class ChannelSender(Protocol):
    """One way out."""

    async def send(self, notice: Notice, how: Sending) -> Receipt:
        """Send it and give the receipt; raises DeliveryFailed."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


@runtime_checkable
class FindsCopies(Protocol):
    """A way out that can be asked what it took."""

    async def find(self, notice: Notice, how: Sending) -> Receipt | None:
        """The receipt of an earlier try that arrived without our knowing; None where none did, or where that cannot be
        found out. Raises DeliveryFailed where it is worth asking again."""
        ...
