"""A reading of a vendor's figures into the store, with its knowledge time; what is implausible is kept out."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection

from monitor.analytics.vendor_bounds import why_implausible
from monitor.clock import Clock
from monitor.ingest.vendor_source import VendorRead, VendorSource
from monitor.model.bars import Refusal
from monitor.model.vendor_reading import VendorReading
from monitor.store import quarantine
from monitor.store.database import Database
from monitor.store.knowledge import issue_time
from monitor.store.vendor_readings import ReadingsSaved, earlier_values, save_vendor_readings

IMPLAUSIBLE = "implausible_figure"
USUAL = timedelta(days=30)
"""What is usual of a day's sum is told by the days of this span before it, of a sector's figure by those of a day."""
LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class VendorStored:
    """A reading and what became of it; ``refused``: what was no figure, and what was one and is not believed."""

    reading: VendorRead
    saved: ReadingsSaved
    refused: tuple[Refusal, ...]


async def read_vendor_into(source: VendorSource, database: Database, clock: Clock) -> VendorStored:
    """One reading, stored in one transaction. Raises VenueError where the vendor gave nothing."""
    reading = await source.read()
    return await asyncio.to_thread(partial(_store, database, reading, clock))


def _store(database: Database, reading: VendorRead, clock: Clock) -> VendorStored:
    with database.write() as conn:
        at = issue_time(conn, clock.now())
        rows = [
            replace(row, asked_at=at, at=row.at if row.figure.of_day else at)
            for row in sorted(reading.readings, key=lambda r: r.at)
        ]
        refusals = list(reading.refusals)
        saved = save_vendor_readings(conn, _believed(conn, rows, refusals))
        quarantine.add_refusals(conn, refusals, at)
    return VendorStored(reading, saved, tuple(refusals))


def _believed(
    conn: Connection, rows: list[VendorReading], refusals: list[Refusal]
) -> Iterator[VendorReading]:
    """Judged one after the other: of a first reading the days before are the usual of those after them."""
    for row in rows:
        span = USUAL if row.figure.of_day else LATELY
        why = why_implausible(row, earlier_values(conn, row, span))
        if why is None:
            yield row
            continue
        detail = f"{row.subject}, {row.figure.value} of {row.at:%Y-%m-%d %H:%M}: {why}"
        refusals.append(Refusal(row.source, None, row.at, IMPLAUSIBLE, detail))
