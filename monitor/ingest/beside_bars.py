"""One asking of every venue of ours for what stands beside the bars, side by side; a venue that fails stops no other."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

import structlog
from sqlalchemy import Connection

from monitor.clock import Clock
from monitor.ingest.errors import VenueError
from monitor.ingest.exchange.venue import VenueClient
from monitor.model.bars import Refusal
from monitor.model.universe import Market
from monitor.store import quarantine
from monitor.store.database import Database
from monitor.store.knowledge import issue_time
from monitor.store.venue_leases import VenueRights

log = structlog.get_logger(__name__)

Reading = TypeVar("Reading")


@dataclass(slots=True)
class Read(Generic[Reading]):
    """What one asking gave; ``failed``: by venue in words."""

    readings: list[Reading] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


Take = Callable[[VenueClient, Market], Awaitable[None]]
"""Asks for one market and keeps what it gave; raises VenueError."""


Save = Callable[[Connection, Sequence[Reading], datetime], None]
"""Stores readings as of the time at which they became known."""


async def ask_venues(
    what: str,
    clients: Sequence[VenueClient],
    markets: Iterable[Market],
    take: Take,
    found: Read[Reading],
    save: Save[Reading],
    database: Database,
    clock: Clock,
    rights: VenueRights,
    *,
    deadline: timedelta,
    paused: Collection[str],
) -> None:
    """Ask each venue for its markets, one after the other, and store what was found.

    ``what``: in words, of several. ``paused``: venues that are not asked now; one whose markets are not known yet is not
    asked either. ``deadline``: machine time for one venue.
    """
    now, ours = clock.now(), rights.venues()

    async def of_venue(client: VenueClient) -> None:
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                await _of_venue(client, markets, take, found.failed, now)
        except TimeoutError:
            found.failed[client.venue] = f"{client.venue}: {what} cut off after {deadline}"
        except VenueError as error:
            found.failed[client.venue] = str(error)
        except Exception as error:
            event = f"{what} failed unexpectedly"
            log.exception(event, venue=client.venue)
            found.failed[client.venue] = f"{client.venue}: failed: {type(error).__name__}"

    with rights.polling():
        async with asyncio.TaskGroup() as group:
            for client in clients:
                if client.venue in paused or (ours is not None and client.venue not in ours):
                    continue
                if client.is_prepared:
                    group.create_task(of_venue(client))
        await asyncio.to_thread(partial(_store, database, clock, found, save))


async def _of_venue(
    client: VenueClient,
    markets: Iterable[Market],
    take: Take,
    failed: dict[str, str],
    now: datetime,
) -> None:
    gone = client.gone
    for market in markets:
        if market.venue != client.venue or market.symbol in gone or not market.listed_at(now):
            continue
        try:
            await take(client, market)
        except VenueError as error:
            if error.stops_venue:
                raise
            failed[client.venue] = str(error)


def _store(database: Database, clock: Clock, found: Read[Reading], save: Save[Reading]) -> None:
    if not found.readings and not found.refusals:
        return
    with database.write() as conn:
        at = issue_time(conn, clock.now())
        save(conn, found.readings, at)
        quarantine.add_refusals(conn, found.refusals, at)
