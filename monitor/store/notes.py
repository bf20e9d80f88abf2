"""Dated notes of people, shown on charts and in reports."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from monitor.store.tables import note


def add_note(conn: Connection, at: datetime, text: str, created_at: datetime) -> None:
    """Keep a note about ``at``."""
    conn.execute(insert(note).values(at=at, text=text, created_at=created_at))


def read_notes(conn: Connection, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
    """(at, text) of notes about ``[since, until)``, in order of time."""
    rows = conn.execute(
        select(note.c.at, note.c.text)
        .where(note.c.at >= since, note.c.at < until)
        .order_by(note.c.at, note.c.id)
    )
    return [(row.at, row.text) for row in rows]
