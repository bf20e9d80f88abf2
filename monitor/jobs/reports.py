"""Puts daily reports on their way when they are due."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from monitor.clock import Clock
from monitor.jobs.job import Work
from monitor.reporting.schedule import enqueue_due
from monitor.settings.schema import Settings
from monitor.store.database import Database


def reports(
    database: Database,
    settings: Settings,
    clock: Clock,
    wake: Callable[[], None],
    *,
    asked_at: Callable[[], datetime | None],
) -> Work:
    """Puts the daily reports that are due on their way. ``asked_at``: of the last asking whose bars were stepped."""
    looked_at: datetime | None = None

    async def work() -> None:
        nonlocal looked_at
        now = clock.now()
        before, looked_at = looked_at or now, now
        added = await asyncio.to_thread(
            enqueue_due, database, settings, now, asked_at=asked_at(), since_look=now - before
        )
        if added:
            wake()

    return work
