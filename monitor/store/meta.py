"""Single facts by name, such as the time of the last good poll."""

from sqlalchemy import Connection, delete, select

from monitor.store import tables
from monitor.store.sql import upsert

LAST_GOOD_POLL = "last_good_poll"
"""The time of it, of whichever process polled last."""


def get(conn: Connection, key: str) -> str | None:
    """The value, or None."""
    return conn.execute(
        select(tables.meta.c.value).where(tables.meta.c.key == key)
    ).scalar_one_or_none()


def put(conn: Connection, key: str, value: str) -> None:
    """Set the value."""
    upsert(conn, tables.meta, [{"key": key, "value": value}])


def drop(conn: Connection, key: str) -> None:
    """The fact holds no longer."""
    conn.execute(delete(tables.meta).where(tables.meta.c.key == key))
