"""Dated notes of people, shown on charts and in reports."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, true

from monitor.store.tables import note


def add_note(conn: Connection, at: datetime, text: str, created_at: datetime) -> None:
    """Keep a note about ``at``."""
    conn.execute(insert(note).values(at=at, text=text, created_at=created_at))


def read_notes(
    conn: Connection, since: datetime, until: datetime, *, written_by: datetime | None = None
) -> list[tuple[datetime, str]]:
    """(at, text) of notes about ``[since, until)``, in order of time; with ``written_by`` only those known then."""
    about = (note.c.at >= since) & (note.c.at < until)
    known = true() if written_by is None else note.c.created_at <= written_by
    rows = conn.execute(
        select(note.c.at, note.c.text).where(about, known).order_by(note.c.at, note.c.id)
    )
    return [(row.at, row.text) for row in rows]


def count_later(conn: Connection, since: datetime, until: datetime, written_by: datetime) -> int:
    """How many notes about ``[since, until)`` were written after that."""
    return conn.execute(
        select(func.count())
        .select_from(note)
        .where(note.c.at >= since, note.c.at < until, note.c.created_at > written_by)
    ).scalar_one()
