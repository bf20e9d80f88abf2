"""Keeps the store within its retention: deletes, rolls up, and remembers the day's size."""

import asyncio

from monitor.clock import Clock
from monitor.jobs.job import Work
from monitor.settings.schema import Settings
from monitor.store.database import Database
from monitor.store.prune import prune_in_turns
from monitor.store.rollup import roll_up
from monitor.store.size import remember_size


def pruning(database: Database, settings: Settings, clock: Clock) -> Work:
    """Deletes what is older than its retention, rolls up what is old, and remembers the day's size."""
    retention = {str(kind): length for kind, length in settings.schedule.retention.items()}
    rolled = {str(kind): after for kind, after in settings.schedule.rollup.items()}
    width = settings.engine.interval

    def remember() -> None:
        with database.write() as conn:
            remember_size(database, conn, clock.now())

    async def work() -> None:
        await asyncio.to_thread(prune_in_turns, database, now=clock.now(), retention=retention)
        await asyncio.to_thread(roll_up, database, clock=clock, width=width, after=rolled)
        await asyncio.to_thread(remember)

    return work
