"""Leases of the outbox end by the server's time on PostgreSQL, by the clock that is passed in on SQLite."""

from datetime import timedelta

from sqlalchemy import text

from monitor.store.database import Database


def let_pass(database: Database, length: timedelta) -> None:
    """As if so much of the server's time had passed; the clock that is passed in is moved by the test."""
    if database.dialect == "postgresql":
        with database.write() as conn:
            conn.execute(
                text("UPDATE outbox SET leased_until = leased_until - :length"), {"length": length}
            )
