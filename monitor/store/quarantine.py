"""What was refused, counted by venue, market, reason and hour, with the last one in words."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, desc, func, select

from monitor.model.bars import Refusal
from monitor.model.grid import floor_time
from monitor.store.sql import insert
from monitor.store.tables import quarantine

Count = tuple[str, str | None, str, int, datetime, str]

_HOUR = timedelta(hours=1)
_DETAIL_LENGTH = 500


def add_refusals(conn: Connection, refusals: Sequence[Refusal], at: datetime) -> None:
    """Count refusals as of ``at``; of one reason in one hour the last detail is kept."""
    rows: dict[tuple[str, str, str], dict[str, object]] = {}
    for refusal in refusals:
        key = (refusal.venue, refusal.market_id or "", refusal.reason)
        before = rows.get(key)
        rows[key] = {
            "venue": key[0],
            "market_id": key[1],
            "reason": key[2],
            "hour": floor_time(at, _HOUR),
            "count": 1 if before is None else int(str(before["count"])) + 1,
            "last_at": at,
            "last_open": refusal.open_time,
            "last_detail": refusal.detail[:_DETAIL_LENGTH],
        }
    if not rows:
        return
    statement = insert(conn, quarantine)
    fresh = statement.excluded
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["venue", "market_id", "reason", "hour"],
            set_={
                "count": quarantine.c.count + fresh.count,
                "last_at": fresh.last_at,
                "last_open": fresh.last_open,
                "last_detail": fresh.last_detail,
            },
        ),
        [rows[key] for key in sorted(rows)],
    )


def counts(conn: Connection, since: datetime | None = None) -> list[Count]:
    """(venue, market_id or None, reason, count, last_at, last_detail), most recent first.

    ``since`` is taken back to the start of its hour.
    """
    total = func.sum(quarantine.c.count).over(
        partition_by=(quarantine.c.venue, quarantine.c.market_id, quarantine.c.reason)
    )
    place = func.row_number().over(
        partition_by=(quarantine.c.venue, quarantine.c.market_id, quarantine.c.reason),
        order_by=desc(quarantine.c.hour),
    )
    inner = select(quarantine, total.label("total"), place.label("place"))
    if since is not None:
        inner = inner.where(quarantine.c.hour >= floor_time(since, _HOUR))
    latest = inner.subquery()
    statement = (
        select(latest)
        .where(latest.c.place == 1)
        .order_by(desc(latest.c.last_at), latest.c.venue, latest.c.market_id, latest.c.reason)
    )
    return [
        (row.venue, row.market_id or None, row.reason, int(row.total), row.last_at, row.last_detail)
        for row in conn.execute(statement)
    ]


def first_refused(
    conn: Connection, market_id: str, reasons: Collection[str], since: datetime, until: datetime
) -> datetime | None:
    """When a bar of the market that opens in ``[since, until)`` was first refused for one of the reasons, as far as the
    last one of each hour tells; None where none was.
    """
    return conn.execute(
        select(func.min(quarantine.c.last_at)).where(
            quarantine.c.market_id == market_id,
            quarantine.c.reason.in_(reasons),
            quarantine.c.last_open >= since,
            quarantine.c.last_open < until,
        )
    ).scalar()


def by_venue(conn: Connection, since: datetime, until: datetime) -> list[tuple[str, str, int]]:
    """(venue, reason, count) of what was refused in ``[since, until)``, most first; ``since`` as in :func:`counts`."""
    total = func.sum(quarantine.c.count)
    rows = conn.execute(
        select(quarantine.c.venue, quarantine.c.reason, total.label("total"))
        .where(quarantine.c.hour >= floor_time(since, _HOUR), quarantine.c.hour < until)
        .group_by(quarantine.c.venue, quarantine.c.reason)
        .order_by(desc(total), quarantine.c.venue, quarantine.c.reason)
    )
    return [(row.venue, row.reason, int(row.total)) for row in rows]
