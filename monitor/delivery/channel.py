"""What a channel is to the sender."""

from datetime import datetime
from typing import Any, Protocol

from monitor.model.notice import Notice


class ChannelSender(Protocol):
    """One way out."""

    async def send(
        self, notice: Notice, *, now: datetime, plain: bool, earlier: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Send it and give the receipt; raises DeliveryFailed.

        ``now``: for saying how late it is. ``plain``: the form that cannot be refused. ``earlier``: receipts of the
        notice's thread on this channel.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
