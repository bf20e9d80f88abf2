"""`monitor run`: how a run begins, waits for its turn, and ends."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from monitor.clock import Clock
from monitor.daemon.assemble import Beginning, Parts, assemble, begin, engine_of
from monitor.daemon.reload import Reread, asked_to_reread, given_to_standby, next_parts
from monitor.daemon.stopping import stops_at_signals
from monitor.jobs.ringing import rung
from monitor.service_manager import ServiceManager
from monitor.serving.page import Page
from monitor.settings.schema import Settings
from monitor.standby.helping import Helper
from monitor.standby.turn import Lost, Turn, awaited, turn_of
from monitor.store.database import Database, lacks_wal, open_database
from monitor.store.lease_lock import has_leases
from monitor.store.migrations import check_schema, upgrade
from monitor.store.venue_leases import VenueLeases

log = structlog.get_logger(__name__)

SHUTDOWN = timedelta(seconds=5)
"""A stop is over within ten seconds: what has not ended by then is abandoned; the next start takes it up again."""


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
    database that another daemon works on it waits as a standby. At SIGHUP the settings are read again by ``reread``; a
    standby, which has nothing in its memory, begins to wait anew with them. Raises SchemaError when the schema is not
    this program's and ``migrate`` is not given. ``log_options``: how this call logs, for the page's process.
    """
    stop = stop or asyncio.Event()
    ended: int | Settings = settings
    while isinstance(ended, Settings):
        ended = await _run(
            ended, clock, reread=reread, migrate=migrate, stop=stop, log_options=log_options
        )
    return ended


async def _run(
    settings: Settings,
    clock: Clock,
    *,
    reread: Reread,
    migrate: bool,
    stop: asyncio.Event,
    log_options: Sequence[str],
) -> int | Settings:
    """The exit code, or settings to begin anew with: those that a standby was given."""
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
        with stops_at_signals(stop):
            helper = Helper(settings, clock, database, venues) if venues else None
            over = asyncio.Event()  # the waiting
            asking = asyncio.create_task(
                given_to_standby(settings, reread=reread, asked=asked, stop=stop, over=over)
            )
            came = await _turn_came(turn, database, manager, over, helper, lost)
            over.set()
            given = await asking
            if not came:
                return given or 0
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
        run = _Run(clock, database, manager, Page(clock, stop, log_options), turn, venues)
        with stops_at_signals(stop, at_last=run.page.kill):
            await run.work(settings, beginning, reread=reread, asked=asked, stop=stop)
    log.info("stopped")
    return 1 if lost.noted else 0


@dataclass(frozen=True, slots=True)
class _Run:
    """What stays the same under every configuration."""

    clock: Clock
    database: Database
    manager: ServiceManager
    page: Page
    turn: Turn
    venues: VenueLeases | None

    async def work(
        self,
        settings: Settings,
        beginning: Beginning,
        *,
        reread: Reread,
        asked: asyncio.Event,
        stop: asyncio.Event,
    ) -> None:
        """Under one configuration after another, until ``stop``."""
        parts = self._assembled(settings, beginning)
        self.manager.ready()
        try:
            while True:
                ringing = rung(
                    self.clock,
                    parts.jobs,
                    parts.faults,
                    missed=parts.telemetry.not_rung,
                    over=parts.over,
                    stop=stop,
                )
                async with _in_background(parts), ringing:
                    log.info(
                        "started",
                        database=self.database.url_masked,
                        interval=str(settings.engine.interval),
                    )
                    following = await next_parts(
                        settings,
                        parts,
                        reread=reread,
                        prepared=self._prepared,
                        asked=asked,
                        stop=stop,
                    )
                    if following is None:
                        self.manager.stopping()
                        log.info("stopping")
                    parts.over.set()
                if following is None or stop.is_set():
                    return
                settings, parts = following
        finally:
            await self.page.close()

    def _assembled(self, settings: Settings, beginning: Beginning) -> Parts:
        return assemble(
            settings,
            self.clock,
            self.database,
            asyncio.Event(),
            beginning,
            self.manager,
            page=self.page,
            may_send=self.turn.is_sure,
            rights=self.venues,
        )

    async def _prepared(self, settings: Settings) -> Parts:
        beginning = await asyncio.to_thread(begin, settings, self.clock, self.database)
        parts = self._assembled(settings, beginning)
        try:
            await asyncio.to_thread(self._go_on, settings)
        except BaseException:
            await parts.close()
            raise
        return parts

    def _go_on(self, settings: Settings) -> None:
        """Others see what this process runs now, and which venues it asks."""
        me = replace(self.turn.me, engine=engine_of(settings, None).identity)
        self.turn.go_on_as(me)
        if self.venues is not None:
            self.venues.go_on_as(me, _polled_venues(settings))


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
    venues = VenueLeases(database, _polled_venues(settings), turn.me, settings.database.lease)
    try:
        yield venues
    finally:
        venues.give_back()


def _polled_venues(settings: Settings) -> set[str]:
    return {market.venue for market in settings.universe.markets if market.polled}


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
