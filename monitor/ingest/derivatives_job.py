"""One asking for funding and open interest of the perpetuals into the store; a venue that fails stops no other."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.analytics.derivatives import why_implausible
from monitor.clock import Clock
from monitor.ingest.beside_bars import Read, ask_venues
from monitor.ingest.exchange.venue import VenueClient
from monitor.model.bars import Refusal
from monitor.model.derivatives import DerivativeReading
from monitor.model.universe import Market
from monitor.store.database import Database
from monitor.store.derivatives import save_derivatives
from monitor.store.venue_leases import VenueRights

IMPLAUSIBLE = "implausible_derivative"


DerivativesRead = Read[DerivativeReading]


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
    """Ask every venue of ours for its perpetuals; ``paused`` and ``deadline`` as in :func:`ask_venues`."""
    found = DerivativesRead()

    async def take(client: VenueClient, market: Market) -> None:
        reading = await client.fetch_derivatives(market)
        why = why_implausible(reading)
        if why is None:
            found.readings.append(reading)
        else:
            detail = f"{market.id}: {why}"
            found.refusals.append(Refusal(market.venue, market.id, None, IMPLAUSIBLE, detail))

    await ask_venues(
        "perpetuals",
        clients,
        perpetuals,
        take,
        found,
        _save,
        database,
        clock,
        rights,
        deadline=deadline,
        paused=paused,
    )
    return found


def _save(conn: Connection, readings: Sequence[DerivativeReading], at: datetime) -> None:
    save_derivatives(conn, [replace(row, at=at) for row in readings])
