"""Reads order books, perpetuals and trades beside the bars, each on a schedule of its own."""

from collections.abc import Mapping
from datetime import datetime

import structlog

from monitor.clock import Clock
from monitor.ingest.books_job import read_books_into
from monitor.ingest.derivatives_job import read_derivatives_into
from monitor.ingest.exchange.health import may_ask
from monitor.ingest.poller import Poller
from monitor.ingest.trades_choice import TradesChoice
from monitor.ingest.trades_job import read_trades_into
from monitor.jobs.job import Work
from monitor.settings.schema import Settings
from monitor.store.database import Database
from monitor.store.venue_leases import VenueRights

log = structlog.get_logger(__name__)


def books_read(
    poller: Poller, database: Database, settings: Settings, clock: Clock, rights: VenueRights
) -> Work:
    """Through the poll's own clients, so that one limiter paces both; a venue in its pause is left alone."""

    async def work() -> None:
        found = await read_books_into(
            poller.clients,
            settings.universe,
            database,
            clock,
            rights,
            deadline=settings.schedule.poll_timeout,
            paused=_paused(poller, clock.now()),
        )
        log.info("books read", books=len(found.readings), refused=len(found.refusals))
        _warn("books not read", found.failed)

    return work


def derivatives_read(
    poller: Poller, database: Database, settings: Settings, clock: Clock, rights: VenueRights
) -> Work:
    """As :func:`books_read`, for funding and open interest."""

    async def work() -> None:
        found = await read_derivatives_into(
            poller.clients,
            settings.perpetuals,
            database,
            clock,
            rights,
            deadline=settings.schedule.poll_timeout,
            paused=_paused(poller, clock.now()),
        )
        log.info("perpetuals read", read=len(found.readings), refused=len(found.refusals))
        _warn("perpetuals not read", found.failed)

    return work


def trades_read(
    poller: Poller, database: Database, settings: Settings, clock: Clock, rights: VenueRights
) -> Work:
    """As :func:`books_read`, for the recent trades of main markets."""
    choice = TradesChoice(settings.universe, settings.sectors_of_trades, settings.engine.interval)

    async def work() -> None:
        found = await read_trades_into(
            poller.clients,
            choice,
            database,
            clock,
            rights,
            deadline=settings.schedule.poll_timeout,
            paused=_paused(poller, clock.now()),
        )
        log.info("trades read", markets=len(found.readings), refused=len(found.refusals))
        _warn("trades not read", found.failed)

    return work


def _warn(event: str, failed: Mapping[str, str]) -> None:
    for venue, why in sorted(failed.items()):
        log.warning(event, venue=venue, error=why)


def _paused(poller: Poller, now: datetime) -> set[str]:
    return {health.venue for health in poller.health if not may_ask(health, now)}
