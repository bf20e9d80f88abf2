"""`monitor run`: the scheduler, the signals, and how a run begins and ends."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.clock import Clock
from monitor.daemon.alive import ServiceManager
from monitor.daemon.assemble import Beginning, Parts, assemble, begin, engine_of
from monitor.daemon.faults import Work
from monitor.daemon.helping import Helper
from monitor.daemon.reload import Reread, asked_to_reread, next_parts
from monitor.daemon.standby import Lost, Turn, awaited, turn_of
from monitor.daemon.trigger import GridTrigger
from monitor.settings.schema import Settings
from monitor.store.database import Database, lacks_wal, open_database
from monitor.store.lease_lock import has_leases
from monitor.store.migrations import check_schema, upgrade
from monitor.store.venue_leases import VenueLeases

log = structlog.get_logger(__name__)

SHUTDOWN = timedelta(seconds=6)
"""A stop is over within ten seconds: what has not ended by then is abandoned; the next start takes it up again."""
LAST_RESORT = timedelta(seconds=8)
"""After a signal the process ends then in any case: a thread may wait for another process's lock for longer."""


async def run_daemon(
    settings: Settings,
    clock: Clock,
    *,
    reread: Reread,
    migrate: bool = False,
    stop: asyncio.Event | None = None,
    log_options: Sequence[str] = (),
) -> int:
    """Poll, step, alert and keep the page served until SIGTERM, SIGINT or ``stop``; returns the exit code.

    Starting and recovering are one path: whatever a killed run left behind is taken up from the database. On a
    database that another daemon works on it waits as a standby. At SIGHUP the settings are read again by ``reread``. Raises
    SchemaError when the schema is not this program's and ``migrate`` is not given. ``log_options``: how this call logs,
    for the page's process.
    """
    stop = stop or asyncio.Event()
    lost = Lost(asyncio.get_running_loop(), stop)
    database = open_database(settings.database.url.get_secret_value())
    manager = ServiceManager(os.environ)
    engine = engine_of(settings, None).identity
    with (
        contextlib.closing(database),
        turn_of(database, settings, clock, engine) as turn,
        _venues_of(database, settings, turn) as venues,
        asked_to_reread() as asked,
    ):
        _ready_to_wait(database, migrate=migrate)
        with _signals(stop):
            helper = Helper(settings, clock, database, venues) if venues else None
            if not await _turn_came(turn, database, manager, stop, helper, lost):
                return 0
        if migrate:
            upgrade(database)
        check_schema(database)
        turn.fence(lost.note)
        if lacks_wal(database):
            log.warning(
                "WAL is not available here (a network mount?)", database=database.url_masked
            )
        if venues is not None:
            venues.start()
        # whatever may wait for the store comes before the signals are ours: until then they end the process at once
        beginning = begin(settings, clock, database)

        def assembled(settings: Settings, beginning: Beginning) -> Parts:
            over = asyncio.Event()
            return assemble(
                settings,
                clock,
                database,
                over,
                beginning,
                manager,
                log_options=log_options,
                may_send=turn.is_sure,
                rights=venues,
            )

        async def prepared(settings: Settings) -> Parts:
            return assembled(settings, await asyncio.to_thread(begin, settings, clock, database))

        with _signals(stop):
            parts = assembled(settings, beginning)
            manager.ready()
            while True:
                async with _in_background(parts), _rung(clock, parts, stop):
                    log.info(
                        "started",
                        database=database.url_masked,
                        interval=str(settings.engine.interval),
                    )
                    following = await next_parts(
                        settings, parts, reread=reread, prepared=prepared, asked=asked, stop=stop
                    )
                    if following is None:
                        manager.stopping()
                        log.info("stopping")
                    parts.over.set()
                if following is None or stop.is_set():
                    break
                settings, parts = following
    log.info("stopped")
    return 1 if lost.noted else 0


async def _turn_came(
    turn: Turn,
    database: Database,
    manager: ServiceManager,
    stop: asyncio.Event,
    helper: Helper | None,
    lost: Lost,
) -> bool:
    """Wait for the turn and keep it; False where ``stop`` came first. The helper has ended when this returns."""
    try:
        if not await awaited(turn, database, manager, stop, helper):
            return False
        turn.keep(lost.note)
        return True
    finally:
        if helper is not None:
            await helper.stop()


@contextlib.contextmanager
def _venues_of(database: Database, settings: Settings, turn: Turn) -> Iterator[VenueLeases | None]:
    """This process's share of the venues of a shared store; None where all are its own. Given back at the end."""
    if database.dialect != "postgresql":
        yield None
        return
    names = {market.venue for market in settings.universe.markets if market.polled}
    venues = VenueLeases(database, names, turn.me, settings.database.lease)
    try:
        yield venues
    finally:
        venues.give_back()


def _ready_to_wait(database: Database, *, migrate: bool) -> None:
    """A standby of another version says so now, not when it is needed; and who works on the database is written there."""
    if not migrate:
        check_schema(database)
    elif database.dialect == "postgresql" and not has_leases(database):
        upgrade(database)


@asynccontextmanager
async def _in_background(parts: Parts) -> AsyncIterator[None]:
    """The sender and the page run beside the scheduler; all of it ends within the bound."""
    tasks = [
        asyncio.create_task(parts.faults.watched(name, work)(), name=name)
        for name, work in parts.background.items()
    ]
    try:
        yield
    finally:
        parts.over.set()
        _, late = await asyncio.wait(tasks, timeout=SHUTDOWN.total_seconds() / 2)
        for task in late:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN.total_seconds() / 2):
                await asyncio.gather(*tasks, return_exceptions=True)
                await parts.close()


@asynccontextmanager
async def _rung(clock: Clock, parts: Parts, stop: asyncio.Event) -> AsyncIterator[None]:
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


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    def asked_to_stop() -> None:
        stop.set()
        _end_at_last()

    loop = asyncio.get_running_loop()
    caught = (signal.SIGTERM, signal.SIGINT)
    for number in caught:
        loop.add_signal_handler(number, asked_to_stop)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


def _end_at_last() -> None:
    """End the process when the bound has passed, however many threads wait: Python itself would wait for each.

    No more is lost than by a kill, of which everything is written to be safe.
    """

    def end() -> None:
        log.warning("stopped", abandoned="work that waited for the database or another service")
        os._exit(0)

    timer = threading.Timer(LAST_RESORT.total_seconds(), end)
    timer.daemon = True
    timer.start()
