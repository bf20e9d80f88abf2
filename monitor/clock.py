"""The one place that reads the system's time. Below the daemon a clock is passed in."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Says what time it is and how long to wait for another."""

    def now(self) -> datetime:
        """Aware UTC time."""
        ...

    def wall_time(self, moment: datetime) -> datetime:
        """When the machine's own clock will show it, once this clock shows ``moment``."""
        ...

    async def sleep(self, length: timedelta) -> None:
        """Wait for that length of this clock's time."""
        ...


def sleep_of(clock: Clock) -> Callable[[float], Awaitable[None]]:
    """The clock's sleep as libraries call one: for a number of seconds."""

    async def sleep(seconds: float) -> None:
        await clock.sleep(timedelta(seconds=seconds))

    return sleep


class LiveClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Aware UTC time."""
        return datetime.now(UTC)  # noqa: TID251  the one live clock

    def wall_time(self, moment: datetime) -> datetime:
        """The same moment."""
        return moment

    async def sleep(self, length: timedelta) -> None:
        """Wait for that length."""
        await asyncio.sleep(max(0.0, length.total_seconds()))


class ManualClock:
    """Stands still until it is advanced by hand; sleeping advances it."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def wall_time(self, moment: datetime) -> datetime:
        """The same moment."""
        return moment

    def advance(self, length: timedelta) -> None:
        """Move forward (or back) by that length."""
        with self._lock:
            self._now += length

    def set(self, moment: datetime) -> None:
        """Jump to that moment."""
        with self._lock:
            self._now = moment

    async def sleep(self, length: timedelta) -> None:
        """Advance by that length at once."""
        self.advance(length)
        await asyncio.sleep(0)


def monotonic() -> float:
    """Seconds for measuring how long something took; no relation to any date."""
    return time.monotonic()
