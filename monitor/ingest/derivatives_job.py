"""One asking for funding and open interest of the perpetuals into the store; a venue that fails stops no other."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from monitor.analytics.derivatives import why_implausible
from monitor.clock import Clock
from monitor.ingest.errors import VenueError
from monitor.ingest.exchange.venue import VenueClient
from monitor.model.bars import Refusal
from monitor.model.derivatives import DerivativeReading
from monitor.model.universe import Market
from monitor.store import quarantine
from monitor.store.database import Database
from monitor.store.derivatives import save_derivatives
from monitor.store.knowledge import issue_time
from monitor.store.venue_leases import VenueRights

log = structlog.get_logger(__name__)

IMPLAUSIBLE = "implausible_derivative"


@dataclass(slots=True)
class DerivativesRead:
    """What one asking gave; ``failed``: by venue in words."""

    readings: list[DerivativeReading] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


async def read_derivatives_into(
    clients: Sequence[VenueClient],
    perpetuals: Sequence[Market],
    database: Database,
    clock: Clock,
    rights: VenueRights,
    *,
    deadline: timedelta,
    paused: Collection[str] = (),
) -> DerivativesRead:
    """Ask every venue of ours for its perpetuals, side by side, one after the other. ``paused`` and ``deadline`` as for
    order books."""
    now = clock.now()
    ours = rights.venues()
    found = DerivativesRead()

    async def of_venue(client: VenueClient) -> None:
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                await _of_venue(client, perpetuals, now, found)
        except TimeoutError:
            found.failed[client.venue] = f"{client.venue}: perpetuals cut off after {deadline}"
        except VenueError as error:
            found.failed[client.venue] = str(error)
        except Exception as error:
            log.exception("perpetuals failed unexpectedly", venue=client.venue)
            found.failed[client.venue] = f"{client.venue}: failed: {type(error).__name__}"

    with rights.polling():
        async with asyncio.TaskGroup() as group:
            for client in clients:
                if client.venue in paused or (ours is not None and client.venue not in ours):
                    continue
                if client.is_prepared:
                    group.create_task(of_venue(client))
        await asyncio.to_thread(partial(_store, database, clock, found))
    return found


async def _of_venue(
    client: VenueClient, perpetuals: Sequence[Market], now: datetime, found: DerivativesRead
) -> None:
    gone = client.gone
    for market in perpetuals:
        if market.venue != client.venue or market.symbol in gone or not market.listed_at(now):
            continue
        try:
            reading = await client.fetch_derivatives(market)
        except VenueError as error:
            if error.stops_venue:
                raise
            found.failed[client.venue] = str(error)
            continue
        why = why_implausible(reading)
        if why is None:
            found.readings.append(reading)
        else:
            detail = f"{market.id}: {why}"
            found.refusals.append(Refusal(market.venue, market.id, None, IMPLAUSIBLE, detail))


def _store(database: Database, clock: Clock, found: DerivativesRead) -> None:
    if not found.readings and not found.refusals:
        return
    with database.write() as conn:
        at = issue_time(conn, clock.now())
        save_derivatives(conn, [replace(row, at=at) for row in found.readings])
        quarantine.add_refusals(conn, found.refusals, at)
