"""The scheduler of a run: it rings, and waits at its end for what it rang."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.clock import Clock, monotonic
from monitor.jobs.faults import Faults
from monitor.jobs.job import Job, Work
from monitor.jobs.retrying import retried
from monitor.jobs.trigger import GridTrigger

log = structlog.get_logger(__name__)

LOOK_S = 1.0
"""How often the machine's clock is looked at."""
SET_BY = timedelta(seconds=0.5)
"""A clock that moved by more against the time that passed was set; one that is slewed moves by far less."""


@asynccontextmanager
async def rung(
    clock: Clock,
    jobs: Mapping[str, Job],
    faults: Faults,
    *,
    missed: Callable[[Any], None],
    over: asyncio.Event,
    stop: asyncio.Event,
) -> AsyncIterator[None]:
    """The scheduler only rings: jobs are thin, in code, in memory; what was done stands in the tables.

    Without a ``stop`` it waits at the end for what it rang: two engines never step at once. ``over``: from then on what
    failed is not tried again. ``missed``: called with the scheduler's event where a job could not be rung.
    """
    scheduler = AsyncIOScheduler(
        timezone="UTC",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_listener(missed, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
    busy: set[asyncio.Task[None]] = set()
    for name, job in jobs.items():
        # what is missing since the last run, or failed before a reload, is asked for at once, not at the first bell
        at_once = job.at_start or (job.retried is not None and faults.stands(name))
        first = {"next_run_time": clock.wall_time(clock.now())} if at_once else {}
        scheduler.add_job(
            _kept(busy, _watched(clock, faults, over, name, job)),
            trigger=GridTrigger(clock, job.every, job.offset),
            id=name,
            name=name,
            **first,
        )
    scheduler.start()
    watching = asyncio.create_task(_set_anew(clock, scheduler))
    try:
        yield
    finally:
        watching.cancel()
        scheduler.remove_all_jobs()
        stopped = asyncio.create_task(stop.wait())
        while busy and not stopped.done():
            await asyncio.wait({*busy, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        scheduler.shutdown(wait=False)


def _watched(clock: Clock, faults: Faults, over: asyncio.Event, name: str, job: Job) -> Work:
    """The job's work, whose failure is told, and tried again where the job says so."""
    work = faults.watched(name, job.work)
    if job.retried is None:
        return work
    return retried(
        work,
        lambda: faults.stands(name),
        clock,
        over,
        first=job.retried,
        within=job.every,
    )


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


async def _set_anew(clock: Clock, scheduler: AsyncIOScheduler) -> None:
    """Until cancelled. The bells hang at the machine's clock: where it was set back by an hour, none would ring for that long."""
    before, doubt_before = _began(clock)
    while True:
        await asyncio.sleep(LOOK_S)
        now, doubt = _began(clock)
        if abs(now - before) > SET_BY + doubt_before + doubt:
            log.warning(
                "the machine's clock was set", by_s=round((now - before).total_seconds(), 1)
            )
            for job in scheduler.get_jobs():
                scheduler.reschedule_job(job.id, trigger=job.trigger)
            before, doubt_before = now, doubt


def _began(clock: Clock) -> tuple[datetime, timedelta]:
    """What the machine's clock would have shown when the count of passing seconds began, and by how much that may be
    wrong: a busy machine may keep us waiting between the two looks."""
    earlier = monotonic()
    shown = clock.wall_time(clock.now())
    return shown - timedelta(seconds=earlier), timedelta(seconds=monotonic() - earlier)
