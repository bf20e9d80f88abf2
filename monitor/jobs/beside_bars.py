"""Reads order books, perpetuals and trades beside the bars, each on a schedule of its own."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from monitor.clock import Clock
from monitor.ingest.beside_bars import Read
from monitor.ingest.books_job import read_books_into
from monitor.ingest.derivatives_job import read_derivatives_into
from monitor.ingest.exchange.health import may_ask
from monitor.ingest.poller import Poller
from monitor.ingest.trades_choice import TradesChoice
from monitor.ingest.trades_job import read_trades_into
from monitor.jobs.job import Job, Work
from monitor.settings.schema import Settings
from monitor.store.database import Database
from monitor.store.venue_leases import VenueRights

log = structlog.get_logger(__name__)

Reader = Callable[..., Awaitable[Read[Any]]]


def beside_bars(
    poller: Poller, database: Database, settings: Settings, clock: Clock, rights: VenueRights
) -> Iterator[tuple[str, Job]]:
    """By name the jobs that the configuration asks for.

    They go through the poll's own clients, so that one limiter paces all; a venue in its pause is left alone.
    """
    schedule, clients, perpetuals = settings.schedule, poller.clients, settings.perpetuals
    choice = TradesChoice(settings.universe, settings.sectors_of_trades, settings.engine.interval)
    funding = schedule.derivatives if perpetuals else None
    rows: tuple[tuple[str, str, Reader, timedelta | None], ...] = (
        ("depth", "books", partial(read_books_into, clients, settings.universe), schedule.depth),
        ("derivatives", "perpetuals", partial(read_derivatives_into, clients, perpetuals), funding),
        ("trades", "trades", partial(read_trades_into, clients, choice), schedule.trades),
    )
    for name, what, read, every in rows:
        if every is not None:
            asked = partial(read, database, clock, rights, deadline=schedule.poll_timeout)
            yield name, Job(_reading(what, asked, poller, clock), every)


def _reading(what: str, read: Reader, poller: Poller, clock: Clock) -> Work:
    told, warned = f"{what} read", f"{what} not read"

    async def work() -> None:
        now = clock.now()
        found = await read(paused={h.venue for h in poller.health if not may_ask(h, now)})
        log.info(told, read=len(found.readings), refused=len(found.refusals))
        for venue, why in sorted(found.failed.items()):
            log.warning(warned, venue=venue, error=why)

    return work
