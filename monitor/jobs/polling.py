"""One asking of every venue, and what is remembered and told of it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from monitor.alerting.operator_notice import operator_notice
from monitor.alerting.operators import Operators
from monitor.clock import Clock
from monitor.ingest.exchange.clients import client_options, make_clients
from monitor.ingest.exchange.health import Transition
from monitor.ingest.poll_report import PollReport
from monitor.ingest.poller import Poller
from monitor.ingest.reference_prices import ReferencePrices
from monitor.jobs.outages import Outages
from monitor.model.grid import iso
from monitor.model.notice import Notice
from monitor.process import return_free_memory, rss_bytes
from monitor.service_manager import ServiceManager
from monitor.settings.schema import Settings
from monitor.store import meta, outbox, venue_health
from monitor.store.database import Database
from monitor.store.venue_leases import AllVenues, VenueRights


class Polling:
    """``polled``: called with each report; ``wake``: when the operator was told of a venue."""

    def __init__(
        self,
        poller: Poller,
        database: Database,
        operators: Operators,
        manager: ServiceManager,
        *,
        outages: Outages,
        polled: Callable[[PollReport], None],
        wake: Callable[[], None],
        rights: VenueRights | None = None,
    ) -> None:
        self._rights = rights or AllVenues()
        self._poller = poller
        self._database = database
        self._operators = operators
        self._manager = manager
        self._outages = outages
        self._polled = polled
        self._wake = wake
        self.is_good = False
        """Whether the last one heard a venue."""
        self._untold: list[Transition] = []
        """Of polls whose remembering failed: a store that was locked must not swallow what happened meanwhile."""

    async def ask(self, now: datetime) -> PollReport:
        """Poll, remember health, tell the operator of transitions."""
        report = await self._poller.poll(now)
        self.is_good = report.is_good
        await self._keep(report)
        if report.is_good:
            answered = sum(1 for venue in report.venues if not venue.failures)
            self._manager.good_poll(
                f"polled {answered} of {len(report.venues)} venues at {iso(report.at)}"
            )
        return report

    async def read_over(self) -> PollReport | None:
        """Ask again what nobody waits for; as :meth:`ask`, but that it says nothing of whether the venues are heard."""
        report = await self._poller.read_over()
        if report is not None:
            await self._keep(report)
        return report

    async def _keep(self, report: PollReport) -> None:
        self._polled(report)
        await asyncio.to_thread(self._remember, report)
        if report.transitions:
            self._wake()

    def _notices(self, conn: Connection, untold: Sequence[Transition]) -> list[Notice]:
        """After the health of all is stored."""
        known = venue_health.read_health(conn) if untold else []
        return [
            operator_notice(f"venue {t.venue}", self._outages.words(t, known), t.at, well=t.well)
            for t in untold
        ]

    async def close(self) -> None:
        """Give connections back."""
        await self._poller.close()

    def _remember(self, report: PollReport) -> None:
        self._untold += report.transitions
        return_free_memory()  # all that the venues answered
        rss = rss_bytes()
        venues = {health.venue for health in report.health} | {t.venue for t in self._untold}
        with self._database.write() as conn:
            ours = self._rights.ours(conn, venues)  # the others are another process's to judge
            for health in report.health:
                if health.venue in ours:
                    venue_health.save_health(conn, health)
            notices = self._notices(conn, [t for t in self._untold if t.venue in ours])
            if report.is_good:
                meta.put(conn, meta.LAST_GOOD_POLL, iso(report.at))
            if rss is not None:
                meta.put(conn, "rss_mb", f"{rss / 1e6:.1f}")
            # with the health that they tell of: a process killed here has done both or neither
            outbox.enqueue(conn, [told for n in notices for told in self._operators.told(n)])
        self._untold.clear()


def is_ours(settings: Settings, rights: VenueRights) -> Callable[[str], bool]:
    """Whether a market, by its id, is asked by this process now."""
    venue_of = {market.id: market.venue for market in settings.universe.markets}

    def ours(market: str) -> bool:
        venues = rights.venues()
        return venues is None or venue_of.get(market) in venues

    return ours


def poller_of(
    settings: Settings,
    clock: Clock,
    database: Database,
    references: ReferencePrices,
    rights: VenueRights,
) -> Poller:
    """What asks the venues of these settings. ``rights``: which of them this process asks."""
    return Poller(
        settings.universe,
        make_clients(settings.universe, clock, client_options(settings), settings.perpetuals),
        database,
        clock,
        settings.engine.interval,
        deadline=settings.schedule.poll_timeout,
        references=references,
        rights=rights,
    )
