"""`monitor run`: the scheduler, the signals, and how a run begins and ends."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
)
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.clock import Clock
from monitor.daemon.trigger import GridTrigger
from monitor.daemon.wiring import Parts, assemble
from monitor.settings.schema import Settings
from monitor.store.database import open_database
from monitor.store.migrations import check_schema, upgrade

log = structlog.get_logger(__name__)

SHUTDOWN = timedelta(seconds=8)
"""A stop is over within ten seconds: what has not ended by then is abandoned; the next start takes it up again."""


async def run_daemon(
    settings: Settings, clock: Clock, *, migrate: bool = False, stop: asyncio.Event | None = None
) -> int:
    """Poll, step, alert and serve until SIGTERM, SIGINT or ``stop``; returns the exit code.

    Starting and recovering are one path: whatever a killed run left behind is taken up from the database. Raises
    SchemaError when the schema is not this program's and ``migrate`` is not given.
    """
    stop = stop or asyncio.Event()
    database = open_database(settings.database.url)
    try:
        if migrate:
            upgrade(database)
        check_schema(database)
        with _signals(stop):
            parts = assemble(settings, clock, database, stop)
            async with _parts_running(parts, stop), _bells(settings, clock, parts):
                log.info(
                    "started", database=database.url_masked, interval=str(settings.engine.interval)
                )
                await _first_turn(parts, stop)
                await stop.wait()
                log.info("stopping")
    finally:
        database.close()
    log.info("stopped")
    return 0


async def _first_turn(parts: Parts, stop: asyncio.Event) -> None:
    """Do not wait for the first bell: what is missing since the last run is asked for at once."""
    turn = asyncio.create_task(parts.cycle.run())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({turn, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if turn.done() and (error := turn.exception()):
        parts.report_fault("poll", error)


@asynccontextmanager
async def _parts_running(parts: Parts, stop: asyncio.Event) -> AsyncIterator[None]:
    """The sender and the page run beside the scheduler; all of it ends within the bound."""
    tasks = [asyncio.create_task(work(), name=name) for name, work in parts.background.items()]
    try:
        yield
    finally:
        stop.set()
        _, late = await asyncio.wait(tasks, timeout=SHUTDOWN.total_seconds() / 2)
        for task in late:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN.total_seconds() / 2):
                await asyncio.gather(*tasks, return_exceptions=True)
                await parts.close()


@asynccontextmanager
async def _bells(settings: Settings, clock: Clock, parts: Parts) -> AsyncIterator[None]:
    """The scheduler only rings: jobs are thin, in code, in memory; what was done stands in the tables."""
    scheduler = AsyncIOScheduler(
        timezone="UTC",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_listener(
        parts.on_job_event, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
    )
    width = settings.engine.interval
    _add(scheduler, "poll", parts.cycle.run, GridTrigger(clock, width, settings.schedule.settle))
    for name, (every, work) in parts.periodic.items():
        _add(scheduler, name, work, GridTrigger(clock, every, timedelta(seconds=30)))
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _add(
    scheduler: AsyncIOScheduler,
    name: str,
    work: Callable[[], Coroutine[Any, Any, None]],
    trigger: object,
) -> None:
    scheduler.add_job(work, trigger=trigger, id=name, name=name)


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    caught = (signal.SIGTERM, signal.SIGINT)
    for number in caught:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
