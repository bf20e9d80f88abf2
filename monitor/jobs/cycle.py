"""One turn of the heart: ask the venues, step what is due, read over what is known already, and all of it once more while an
interval waits for its deadline."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from monitor.clock import Clock, monotonic
from monitor.model.grid import floor_time
from monitor.pipeline import Progress

log = structlog.get_logger(__name__)

LOOK_S = 1.0
"""How often the store is looked at for bars that another process stores."""


class Asks(Protocol):
    """Asks every venue and stores what it answers; a venue's failure is its own and never raised."""

    async def ask(self, now: datetime) -> object:
        """For its newest bars up to ``now``; returns when the answers that came are stored."""
        ...

    async def read_over(self) -> object:
        """Then for what may be missing or changed of older ones."""
        ...


class Steps(Protocol):
    """Steps what is due."""

    def catch_up(self, as_of: datetime, *, stop: Callable[[], bool]) -> Progress:
        """What was done, and what the next interval still waits for."""
        ...


class Cycle:
    """Rung by the scheduler; a late or skipped ring is harmless, since it asks for all that is missing up to now.

    ``is_ours``: whether a market is asked by this process; bars of the others are looked for in the store.
    """

    def __init__(
        self,
        polling: Asks,
        pipeline: Steps,
        clock: Clock,
        width: timedelta,
        *,
        retry_every: timedelta,
        stopping: Callable[[], bool],
        on_progress: Callable[[Progress, float], None] = lambda _progress, _seconds: None,
        is_ours: Callable[[str], bool] = lambda _market: True,
    ) -> None:
        self._is_ours = is_ours
        self._polling = polling
        self._pipeline = pipeline
        self._clock = clock
        self._width = width
        self._retry_every = retry_every
        self._stopping = stopping
        self._on_progress = on_progress
        self.settled_at: datetime | None = None
        """The last asking of which all that was due was stepped; what is missing before it is missing for good."""

    async def run(self) -> None:
        """Ends when nothing is waiting: at the latest with the first asking after the interval's deadline."""
        while not self._stopping():
            asked_at = self._clock.now()
            await self._polling.ask(asked_at)
            progress = await self._stepped(asked_at)
            waits = self._waits_for_others(progress, asked_at)
            while self._waits_for_others(progress, asked_at):
                await asyncio.sleep(LOOK_S)
                # others may ask once more after the deadline, as this process does
                progress = await self._stepped(max(asked_at, self._clock.now() - self._retry_every))
            again_at = self._clock.now() + self._retry_every
            if not self._stopping():
                await self._polling.read_over()
            if not progress.waiting_for:
                return
            if waits:  # its own again, or a bar has closed
                continue
            log.debug(
                "interval waits", markets=len(progress.waiting_for), first=progress.waiting_for[0]
            )
            left = again_at - self._clock.now()
            await self._clock.sleep(min(max(timedelta(0), left), self._retry_every))

    async def _stepped(self, as_of: datetime) -> Progress:
        started = monotonic()
        progress = await asyncio.to_thread(self._pipeline.catch_up, as_of, stop=self._stopping)
        if not self._stopping():  # a stop ends the stepping at any place
            self.settled_at = as_of
        self._on_progress(progress, monotonic() - started)
        return progress

    def _waits_for_others(self, progress: Progress, asked_at: datetime) -> bool:
        """Whether asking again would bring nothing: all that is missing is asked by others, and no bar has closed since."""
        closed = floor_time(self._clock.now(), self._width) > floor_time(asked_at, self._width)
        return (
            bool(progress.waiting_for)
            and not closed
            and not self._stopping()
            and not any(map(self._is_ours, progress.waiting_for))
        )
