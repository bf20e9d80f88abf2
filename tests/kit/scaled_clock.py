"""A clock that runs faster than the machine's."""

import asyncio
from datetime import datetime, timedelta

from monitor.clock import LiveClock


class ScaledClock:
    """Runs ``speed`` times as fast as the machine's clock, from ``start`` at the machine's ``origin``.

    Two processes given the same start, origin and speed agree on the time, and so does one that was restarted.
    """

    def __init__(self, start: datetime, *, speed: float, origin: datetime) -> None:
        self._start = start
        self._speed = speed
        self._origin = origin

    def now(self) -> datetime:
        """Scaled aware UTC time."""
        elapsed = LiveClock().now() - self._origin
        return self._start + elapsed * self._speed

    def wall_time(self, moment: datetime) -> datetime:
        """When the machine's clock will be there."""
        return self._origin + (moment - self._start) / self._speed

    async def sleep(self, length: timedelta) -> None:
        """Wait for that length of scaled time."""
        await asyncio.sleep(max(0.0, length.total_seconds() / self._speed))
