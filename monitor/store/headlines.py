"""Headlines of feeds by when they were published; one that a feed serves again is kept as it first came."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from monitor.model.headline import Headline
from monitor.store.sql import insert
from monitor.store.tables import headline


def save_headlines(conn: Connection, rows: Sequence[Headline], read_at: datetime) -> int:
    """Store those that are new; how many were."""
    kept = 0
    for row in rows:
        values = {
            "feed": row.feed,
            "entry": row.entry,
            "at": row.at,
            "title": row.title,
            "read_at": read_at,
        }
        statement = insert(conn, headline).on_conflict_do_nothing()
        kept += conn.execute(statement, values).rowcount
    return kept


def read_headlines(conn: Connection, since: datetime, until: datetime) -> list[Headline]:
    """Published in ``[since, until]``, by time."""
    of = headline.c
    rows = conn.execute(
        select(of.feed, of.entry, of.at, of.title)
        .where(of.at >= since, of.at <= until)
        .order_by(of.at, of.feed, of.entry)
    )
    return [Headline(*row) for row in rows]
