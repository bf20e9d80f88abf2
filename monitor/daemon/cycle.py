"""One turn of the heart: ask the venues, step what is due, ask again while an interval waits for its deadline."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from monitor.clock import Clock, monotonic
from monitor.pipeline import Pipeline, Progress

log = structlog.get_logger(__name__)


class Asks(Protocol):
    """Asks every venue for what is missing up to ``now`` and stores it."""

    async def __call__(self, now: datetime) -> object:
        """Returns when the answers that came are stored; a venue's failure is its own and never raised."""
        ...


class Cycle:
    """Rung by the scheduler; a late or skipped ring is harmless, since it asks for all that is missing up to now."""

    def __init__(
        self,
        ask: Asks,
        pipeline: Pipeline,
        clock: Clock,
        *,
        retry_every: timedelta,
        stopping: Callable[[], bool],
        on_progress: Callable[[Progress, float], None],
    ) -> None:
        self._ask = ask
        self._pipeline = pipeline
        self._clock = clock
        self._retry_every = retry_every
        self._stopping = stopping
        self._on_progress = on_progress

    async def run(self) -> None:
        """Ends when nothing is waiting: at the latest with the first asking after the interval's deadline."""
        while not self._stopping():
            asked_at = self._clock.now()
            await self._ask(asked_at)
            started = monotonic()
            progress = await asyncio.to_thread(
                self._pipeline.catch_up, asked_at, stop=self._stopping
            )
            self._on_progress(progress, monotonic() - started)
            if not progress.waiting_for:
                return
            log.debug(
                "interval waits", markets=len(progress.waiting_for), first=progress.waiting_for[0]
            )
            await self._clock.sleep(self._retry_every)
