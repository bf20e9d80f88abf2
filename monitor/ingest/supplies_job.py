"""A reading of supplies into the store, with its knowledge time."""

import asyncio
from dataclasses import replace

from monitor.clock import Clock
from monitor.ingest.coingecko import CoinGecko, SuppliesRead
from monitor.model.universe import Universe
from monitor.store import quarantine, supplies
from monitor.store.bars import SaveResult
from monitor.store.database import Database
from monitor.store.knowledge import issue_time


async def read_supplies_into(
    source: CoinGecko, database: Database, universe: Universe, clock: Clock
) -> tuple[SuppliesRead, SaveResult]:
    """One reading for all tokens, stored in one transaction. Raises VenueError where the source gave nothing."""
    reading = await source.read(universe.tokens)
    return reading, await asyncio.to_thread(_store, database, reading, clock)


def _store(database: Database, reading: SuppliesRead, clock: Clock) -> SaveResult:
    with database.write() as conn:
        at = issue_time(conn, clock.now())
        saved = supplies.save_supplies(
            conn, [replace(row, valid_from=at, received_at=at) for row in reading.supplies]
        )
        quarantine.add_refusals(conn, reading.refusals, at)
    return saved
