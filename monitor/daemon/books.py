"""Reads the order books of the polled markets on their own schedule."""

import structlog

from monitor.clock import Clock
from monitor.daemon.faults import Work
from monitor.ingest.books_job import read_books_into
from monitor.ingest.exchange.health import may_ask
from monitor.ingest.poller import Poller
from monitor.settings.schema import Settings
from monitor.store.database import Database
from monitor.store.venue_leases import VenueRights

log = structlog.get_logger(__name__)


def books_read(
    poller: Poller, database: Database, settings: Settings, clock: Clock, rights: VenueRights
) -> Work:
    """Through the poll's own clients, so that one limiter paces both; a venue in its pause is left alone."""

    async def work() -> None:
        now = clock.now()
        found = await read_books_into(
            poller.clients,
            settings.universe,
            database,
            clock,
            rights,
            deadline=settings.schedule.poll_timeout,
            paused={health.venue for health in poller.health if not may_ask(health, now)},
        )
        log.info("books read", books=len(found.readings), refused=len(found.refusals))
        for venue, why in sorted(found.failed.items()):
            log.warning("books not read", venue=venue, error=why)

    return work
