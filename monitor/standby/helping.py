"""A standby of a PostgreSQL store asks its share of the venues while the daemon steps and sends: limits of addresses add up.

It waits for its turn all the same (:mod:`monitor.standby.turn`), and asks nobody while the daemon there runs another
version or other settings: it would ask for other bars.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from monitor.bootstrap import operators_of
from monitor.clock import Clock
from monitor.ingest.reference_prices import ReferencePrices
from monitor.jobs.cycle import LOOK_S, Cycle
from monitor.jobs.outages import Outages
from monitor.jobs.polling import Polling, is_ours, poller_of
from monitor.jobs.trigger import next_ring
from monitor.model.errors import MonitorError
from monitor.pipeline import Progress, waiting_markets
from monitor.service_manager import ServiceManager
from monitor.settings.schema import Settings
from monitor.store.database import Database
from monitor.store.lease_lock import check_not_moved
from monitor.store.migrations import head_revision
from monitor.store.venue_leases import VenueLeases, VenueRights

log = structlog.get_logger(__name__)

FIRST_REST_S = 1.0
LONGEST_REST_S = 60.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Steps nothing; says what of ours the daemon's next intervals wait for."""

    database: Database
    settings: Settings
    venues: VenueLeases

    def catch_up(self, as_of: datetime, *, stop: object = None) -> Progress:
        """As the pipeline's, of markets that this process asks."""
        del stop
        engine = self.settings.engine
        missing = waiting_markets(
            self.database, self.settings.universe, engine.interval, engine.deadline, as_of
        )
        ours = is_ours(self.settings, self.venues)
        return Progress(waiting_for=tuple(filter(ours, missing)))


class Helper:
    """Polls between :meth:`allow` and :meth:`stop`."""

    def __init__(
        self, settings: Settings, clock: Clock, database: Database, venues: VenueLeases
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._database = database
        self._venues = venues
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def allow(self, *, may_poll: bool) -> None:
        """Begin, or stop and give the venues back; as it is already, nothing changes."""
        if may_poll and self._task is None:
            self._stop = asyncio.Event()
            self._database.guard = self._guard
            await asyncio.to_thread(self._venues.start)
            self._task = asyncio.create_task(self._run(), name="helping")
        elif not may_poll and self._task is not None:
            await self.stop()
            await asyncio.to_thread(self._venues.give_back)

    async def stop(self, patience: timedelta = timedelta(seconds=3)) -> None:
        """End the polling; the venues are kept. What has not ended within ``patience`` is cut off."""
        self._stop.set()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=patience.total_seconds())
            if not done:
                self._task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._task
            self._task = None
        self._database.guard = None

    def _guard(self, conn: Connection) -> None:
        check_not_moved(conn, self._database, head_revision())

    async def _run(self) -> None:
        polling = _polling_of(self._settings, self._clock, self._database, self._venues)
        schedule, engine = self._settings.schedule, self._settings.engine
        cycle = Cycle(
            polling,
            Waiting(self._database, self._settings, self._venues),
            self._clock,
            engine.interval,
            retry_every=schedule.retry_every,
            stopping=self._stop.is_set,
        )
        rest_s = FIRST_REST_S
        try:
            while not self._stop.is_set():
                held = self._venues.venues()
                try:
                    await cycle.run()
                except MonitorError as error:
                    log.warning("poll failed", error=str(error))
                    await self._pause(rest_s)
                    rest_s = min(2 * rest_s, LONGEST_REST_S)
                else:
                    rest_s = FIRST_REST_S
                    ring = next_ring(self._clock.now(), engine.interval, schedule.settle)
                    await self._until(ring, held)
        finally:
            await polling.close()

    async def _until(self, ring: datetime, held: frozenset[str]) -> None:
        """Until the bell, or until there is a venue that was not asked: its last process may have died."""
        wall = self._clock.wall_time
        while not self._stop.is_set() and self._venues.venues() <= held:
            left = (wall(ring) - wall(self._clock.now())).total_seconds()
            if left <= 0:
                return
            await self._pause(min(LOOK_S, left))

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)


def _polling_of(
    settings: Settings, clock: Clock, database: Database, rights: VenueRights
) -> Polling:
    """The polling alone, for a process that asks venues while another one steps and sends."""
    return Polling(
        poller_of(settings, clock, database, ReferencePrices(clock), rights),
        database,
        operators_of(settings),
        ServiceManager({}),  # a standby's signs of life say what it waits for
        outages=Outages.of(settings),
        polled=lambda _report: None,
        wake=lambda: None,
        rights=rights,
    )
