"""What the daemon does beside polling and sending, each as a coroutine function of its own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor.alerting.policy import AlertPolicy
from monitor.alerting.start_digest import digest_at_start
from monitor.bootstrap import enricher_of
from monitor.clock import Clock
from monitor.daemon.faults import Work
from monitor.model.errors import MonitorError
from monitor.reporting.schedule import enqueue_due
from monitor.settings.schema import Settings
from monitor.store import engine_state
from monitor.store.database import Database
from monitor.store.prune import prune_in_turns
from monitor.store.rollup import roll_up
from monitor.store.size import remember_size

log = structlog.get_logger(__name__)

AFTER_THE_GRID = timedelta(seconds=30)
"""The rarer jobs ring when the bars of the minute have been asked for."""
CAUGHT_UP_LOOK_S = 1.0
"""How often it is looked whether the history has been stepped; only on the very first start."""


@dataclass(frozen=True, slots=True)
class Job:
    """Rung ``offset`` after every bar of ``every`` has closed; ``at_start``: once more when the daemon starts.

    ``retried``: where it failed it is tried again after so long, then after twice that, and so on, until it would ring
    anyway; None where that is soon.
    """

    work: Work
    every: timedelta
    offset: timedelta = AFTER_THE_GRID
    at_start: bool = False
    retried: timedelta | None = None


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


def start_digest_told(
    database: Database,
    settings: Settings,
    clock: Clock,
    policy: AlertPolicy,
    live_from: datetime,
    *,
    stop: asyncio.Event,
    wake: Callable[[], None],
) -> Work:
    """Tells what was on already, once the history before ``live_from`` has been stepped."""
    enricher = enricher_of(settings)

    def told() -> bool:
        with database.read() as conn:
            stored = engine_state.load_state(conn)
        if stored is None or stored.last_open + 2 * settings.engine.interval <= live_from:
            return False
        digest_at_start(database, policy, enricher, clock.now())
        return True

    async def work() -> None:
        while not stop.is_set():
            try:
                if await asyncio.to_thread(told):
                    wake()
                    return
            except MonitorError as error:  # a store that is busy is asked again
                log.warning("start digest waits", error=str(error))
            await asyncio.sleep(CAUGHT_UP_LOOK_S)

    return work
