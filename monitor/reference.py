"""The configuration's dated supplies, kept in the store like any other source's."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from monitor.model.universe import Supply
from monitor.store import supplies
from monitor.store.database import Database
from monitor.store.knowledge import issue_time


def sync_supplies(
    conn: Connection, configured: tuple[Supply, ...], now: datetime
) -> supplies.SuppliesSaved:
    """Add what the store does not hold yet, known from now on; a changed figure becomes a revision."""
    at = issue_time(conn, now)
    return supplies.save_supplies(conn, [replace(row, received_at=at) for row in configured])


def ensure_supplies(database: Database, configured: tuple[Supply, ...], now: datetime) -> None:
    """:func:`sync_supplies` for a verb that reads: nothing is written where the store holds them all."""
    with database.read() as conn:
        missing = supplies.not_stored(conn, configured)
    if missing:
        with database.write() as conn:
            sync_supplies(conn, tuple(missing), now)
