"""The scheduler of a run: it rings, and waits at its end for what it rang."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.clock import Clock
from monitor.daemon.assemble import Parts
from monitor.daemon.faults import Work
from monitor.daemon.trigger import GridTrigger


@asynccontextmanager
async def rung(clock: Clock, parts: Parts, stop: asyncio.Event) -> AsyncIterator[None]:
    """The scheduler only rings: jobs are thin, in code, in memory; what was done stands in the tables.

    Without a stop it waits at the end for what it rang: two engines never step at once.
    """
    scheduler = AsyncIOScheduler(
        timezone="UTC",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_listener(parts.telemetry.not_rung, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
    busy: set[asyncio.Task[None]] = set()
    for name, job in parts.jobs.items():
        # what is missing since the last run is asked for at once, not at the first bell
        first = {"next_run_time": clock.wall_time(clock.now())} if job.at_start else {}
        scheduler.add_job(
            _kept(busy, parts.faults.watched(name, job.work)),
            trigger=GridTrigger(clock, job.every, job.offset),
            id=name,
            name=name,
            **first,
        )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.remove_all_jobs()
        stopped = asyncio.create_task(stop.wait())
        while busy and not stopped.done():
            await asyncio.wait({*busy, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        scheduler.shutdown(wait=False)


def _kept(busy: set[asyncio.Task[None]], work: Work) -> Work:
    """The work as a task that is in ``busy`` as long as it goes on."""

    async def run() -> None:
        task = asyncio.create_task(work())
        busy.add(task)
        task.add_done_callback(busy.discard)
        try:
            await task
        finally:
            task.cancel()

    return run
