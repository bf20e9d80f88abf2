"""A reading of supplies into the store, with its knowledge time."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from monitor.clock import Clock
from monitor.ingest.supply_reading import SuppliesRead, SupplySource
from monitor.model.bars import Refusal
from monitor.model.universe import Supply, Universe
from monitor.store import quarantine, supplies
from monitor.store.database import Database
from monitor.store.knowledge import issue_time
from monitor.store.supplies import SuppliesSaved
from monitor.store.supply_gate import CIRCULATING

ROUNDED = 1.02
"""Circulating over total: sources round, and burn between two readings; beyond this one of the two is wrong."""


@dataclass(frozen=True, slots=True)
class Disbelieved:
    """A circulating figure that moves no market cap. ``in_force``: what goes on counting."""

    row: Supply
    in_force: Supply


@dataclass(frozen=True, slots=True)
class SuppliesStored:
    """A reading and what became of it; ``disbelieved`` waits for a second source or the operator's own entry."""

    reading: SuppliesRead
    saved: SuppliesSaved
    refused: tuple[Refusal, ...]
    disbelieved: tuple[Disbelieved, ...]


async def read_supplies_into(
    source: SupplySource,
    database: Database,
    universe: Universe,
    clock: Clock,
    *,
    witness: bool = False,
) -> SuppliesStored:
    """One reading for all tokens, stored in one transaction. Raises VenueError where the source gave nothing.

    ``witness``: a second opinion, which bears another source's jump out and is never in force itself.
    """
    reading = await source.read(universe.tokens)
    store = partial(_store, database, reading, clock, witness=witness)
    return await asyncio.to_thread(store)


def _store(
    database: Database, reading: SuppliesRead, clock: Clock, *, witness: bool
) -> SuppliesStored:
    with database.write() as conn:
        at = issue_time(conn, clock.now())
        rows = [replace(row, valid_from=at, received_at=at) for row in reading.supplies]
        supplies.save_supplies(conn, [row for row in rows if row.basis != CIRCULATING])
        floating = [row for row in rows if row.basis == CIRCULATING]
        refused = list(_above_total(conn, floating, at))
        tokens = {token for token, _ in refused}
        saved = supplies.save_supplies(
            conn, [row for row in floating if row.token not in tokens], witness=witness
        )
        refusals = (*reading.refusals, *(refusal for _, refusal in refused))
        quarantine.add_refusals(conn, refusals, at)
        disbelieved = tuple(_disbelieved(conn, saved.disbelieved))
    return SuppliesStored(reading, saved, refusals, disbelieved)


def _above_total(
    conn: Connection, rows: Sequence[Supply], at: datetime
) -> Iterator[tuple[str, Refusal]]:
    """More cannot circulate than there is."""
    for row in rows:
        total = supplies.in_force(conn, row.token, "total", at)
        if total is not None and row.units > ROUNDED * total.units:
            detail = f"{row.token}: {row.units:,.0f} units circulate, of {total.units:,.0f} in all by {total.source}"
            yield row.token, Refusal(row.source, None, None, "supply_above_total", detail)


def _disbelieved(conn: Connection, rows: Sequence[Supply]) -> Iterator[Disbelieved]:
    for row in rows:
        counting = supplies.in_force(conn, row.token, row.basis, row.valid_from)
        if counting is not None:
            yield Disbelieved(row, counting)
