"""Figures of vendors over time: natural key (subject, figure, source, at), restated figures as revisions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, desc, func, insert, select

from monitor.model.vendor_reading import VendorFigure, VendorReading
from monitor.store.tables import vendor_reading

_FIELDS = (
    vendor_reading.c.subject,
    vendor_reading.c.figure,
    vendor_reading.c.value,
    vendor_reading.c.at,
    vendor_reading.c.source,
    vendor_reading.c.asked_at,
)


@dataclass(frozen=True, slots=True)
class ReadingsSaved:
    """Counts."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0


def save_vendor_readings(conn: Connection, rows: Iterable[VendorReading]) -> ReadingsSaved:
    """Store what is new or changed; ``asked_at`` comes from issue_time in the same transaction."""
    counts = [0, 0, 0]
    for row in rows:
        before = _last_value(conn, row)
        if before == row.value:
            counts[2] += 1
            continue
        counts[0 if before is None else 1] += 1
        values = {
            "subject": row.subject,
            "figure": row.figure.value,
            "source": row.source,
            "at": row.at,
            "asked_at": row.asked_at,
            "value": row.value,
            "unit": row.unit.value,
        }
        conn.execute(insert(vendor_reading).values(values))
    return ReadingsSaved(*counts)


def latest_vendor_readings(
    conn: Connection,
    figures: Sequence[VendorFigure],
    *,
    since: datetime,
    until: datetime,
    known_by: datetime,
) -> list[VendorReading]:
    """Of each subject, figure and source the newest ``at`` within ``[since, until]``, as it was last restated by
    ``known_by``; ordered by subject, source, figure."""
    of = vendor_reading.c
    known = (of.figure.in_([f.value for f in figures]), of.asked_at <= known_by)
    newest = (
        select(of.subject, of.figure, of.source, func.max(of.at).label("at"))
        .where(*known, of.at >= since, of.at <= until)
        .group_by(of.subject, of.figure, of.source)
        .subquery()
    )
    same = and_(*(of[name] == newest.c[name] for name in ("subject", "figure", "source", "at")))
    rows = conn.execute(
        select(*_FIELDS)
        .join(newest, same)
        .where(*known)
        .order_by(of.subject, of.source, of.figure, desc(of.asked_at))
    )
    found: dict[tuple[str, str, str], VendorReading] = {}
    for row in rows:
        found.setdefault((row.subject, row.source, row.figure), _reading(row))
    return list(found.values())


def earlier_values(conn: Connection, row: VendorReading, span: timedelta) -> list[float]:
    """Values of the same subject, figure and source of the times within ``span`` before it, as last restated."""
    of = vendor_reading.c
    rows = conn.execute(
        select(of.at, of.value)
        .where(
            of.subject == row.subject,
            of.figure == row.figure.value,
            of.source == row.source,
            of.at >= row.at - span,
            of.at < row.at,
        )
        .order_by(of.at, of.asked_at)
    )
    return list({found.at: found.value for found in rows}.values())


def _last_value(conn: Connection, row: VendorReading) -> float | None:
    of = vendor_reading.c
    value: float | None = conn.execute(
        select(of.value)
        .where(
            of.subject == row.subject,
            of.figure == row.figure.value,
            of.source == row.source,
            of.at == row.at,
        )
        .order_by(desc(of.asked_at))
        .limit(1)
    ).scalar()
    return value


def _reading(values: Sequence[Any]) -> VendorReading:
    subject, figure, *rest = values
    return VendorReading(subject, VendorFigure(figure), *rest)
