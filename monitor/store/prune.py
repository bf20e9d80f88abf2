"""Deleting what is older than its retention. Rotations, supplies and notes are kept for good."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, Table, and_, delete, func, or_, select, update

from monitor.model.errors import ConfigError
from monitor.store.database import Database
from monitor.store.tables import (
    bar,
    bar_superseded,
    book_reading,
    coverage,
    derivative_reading,
    engine_checkpoint,
    headline,
    market,
    member_event,
    outbox,
    pair_reading,
    quarantine,
    sector_state,
    silence,
    step,
    trade_sum,
    vendor_reading,
)

TURN = timedelta(days=1)
"""So much history of one kind goes in one transaction: whoever wants to write waits no longer than that takes."""
ROWS = 5_000
"""So many bars of one market: of all markets a day may be a million."""


def prune_in_turns(
    database: Database, *, now: datetime, retention: Mapping[str, timedelta], rows: int = ROWS
) -> dict[str, int]:
    """As :func:`prune`, the oldest first, in short transactions: a day of one kind each, of bars at most ``rows`` of one
    market. What was deleted before a failure stays deleted."""
    counts = dict.fromkeys(retention, 0)
    for kind, length in retention.items():
        if kind == "bars":
            counts[kind] = _bars_in_turns(database, now - length, rows)
            continue
        for before in _turns(database, kind, now - length):
            with database.write() as conn:
                gone = prune(conn, now=before + length, retention={kind: length})
            counts[kind] += gone[kind]
    return counts


def _bars_in_turns(database: Database, before: datetime, rows: int) -> int:
    deleted = 0
    with (
        database.write() as conn
    ):  # first: bars nobody speaks for any more are no lie, their absence would be
        conn.execute(delete(coverage).where(coverage.c.until <= before))
    for table in (trade_sum, bar, bar_superseded):
        with database.read() as conn:
            series = _series_with_older(conn, table, before)
        for number, width_s in series:
            gone, more = 0, True
            while more:
                with database.write() as conn:
                    gone, more = _oldest_gone(conn, table, (number, width_s), before, rows)
                deleted += gone
    return deleted


def _series_with_older(conn: Connection, table: Table, before: datetime) -> list[tuple[int, int]]:
    """(market, width in seconds) of each series that has rows before then."""
    found = []
    for number in conn.execute(select(market.c.id).order_by(market.c.id)).scalars().all():
        for width_s in _widths(conn, number):
            older = select(func.min(table.c.open_time)).where(
                table.c.market == number, table.c.width_s == width_s, table.c.open_time < before
            )
            if conn.execute(older).scalar() is not None:
                found.append((number, width_s))
    return found


def _oldest_gone(
    conn: Connection, table: Table, series: tuple[int, int], before: datetime, rows: int
) -> tuple[int, bool]:
    """(rows deleted, whether there are more): the oldest of a series, about ``rows`` of them."""
    of = table.c
    older = (of.market == series[0], of.width_s == series[1], of.open_time < before)
    first_kept = select(of.open_time).where(*older).order_by(of.open_time).offset(rows).limit(1)
    until = conn.execute(first_kept).scalar()
    if until is None:
        return conn.execute(delete(table).where(*older)).rowcount, False
    # versions of one bar stay together
    return conn.execute(delete(table).where(*older, of.open_time <= until)).rowcount, True


def _turns(database: Database, kind: str, end: datetime) -> Iterator[datetime]:
    """Times before which rows go, turn by turn; the last is ``end``."""
    column = _TIMES.get(kind)
    if column is not None:
        with database.read() as conn:
            oldest = conn.execute(select(func.min(column))).scalar()
        while oldest is not None and oldest + TURN < end:
            oldest += TURN
            yield oldest
    yield end


def prune(conn: Connection, *, now: datetime, retention: Mapping[str, timedelta]) -> dict[str, int]:
    """Delete by kind what is older than ``now`` less its retention; kind -> rows deleted.

    Kinds: ``bars`` (with their versions, coverage and sums of trades), ``steps`` (sector states and member events), ``tokens`` (the
    tokens of a step, whose sectors stay), ``readings``, ``checkpoints`` (states of the fold), ``quarantine``, ``outbox``
    (what was delivered, told elsewhere or given up, and why readers were not told), ``vendors`` (their figures),
    ``books`` (depth of markets; a sector's stays with its step), ``derivatives`` (of perpetuals, likewise), ``headlines``.
    A kind that is not named is kept for good. Raises ConfigError for an unknown one.
    """
    unknown = sorted(retention.keys() - _PRUNERS.keys())
    if unknown:
        raise ConfigError(
            [
                f"schedule.retention: found {name!r}, expected one of {', '.join(_PRUNERS)}"
                for name in unknown
            ]
        )
    return {kind: _PRUNERS[kind](conn, now - length) for kind, length in retention.items()}


def _bars(conn: Connection, before: datetime) -> int:
    deleted = 0
    for number in conn.execute(select(market.c.id)).scalars().all():
        for width_s in _widths(conn, number):
            for table in (trade_sum, bar, bar_superseded):
                deleted += conn.execute(
                    delete(table).where(
                        table.c.market == number,
                        table.c.width_s == width_s,
                        table.c.open_time < before,
                    )
                ).rowcount
    conn.execute(delete(coverage).where(coverage.c.until <= before))
    return deleted


def _widths(conn: Connection, number: int) -> list[int]:
    """Widths of the market's bars, each found by one seek of the key."""
    widths: list[int] = []
    following = select(func.min(bar.c.width_s)).where(bar.c.market == number)
    width = conn.execute(following).scalar()
    while width is not None:
        widths.append(width)
        width = conn.execute(following.where(bar.c.width_s > width)).scalar()
    return widths


def _steps(conn: Connection, before: datetime) -> int:
    # The newest picture stays, however old: it is what `sectors` shows.
    newest = select(func.max(step.c.close_time)).scalar_subquery()
    for table in (sector_state, member_event):
        conn.execute(delete(table).where(table.c.close_time < before, table.c.close_time < newest))
    return conn.execute(
        delete(step).where(step.c.close_time < before, step.c.close_time < newest)
    ).rowcount


def _tokens(conn: Connection, before: datetime) -> int:
    newest = select(func.max(step.c.close_time)).scalar_subquery()
    return conn.execute(
        update(step)
        .where(step.c.close_time < before, step.c.close_time < newest, step.c.tokens.is_not(None))
        .values(tokens=None)
    ).rowcount


def _readings(conn: Connection, before: datetime) -> int:
    pairs = conn.execute(
        select(pair_reading.c.from_sector, pair_reading.c.to_sector).distinct()
    ).all()
    return sum(
        conn.execute(
            delete(pair_reading).where(
                pair_reading.c.from_sector == pair[0],
                pair_reading.c.to_sector == pair[1],
                pair_reading.c.at < before,
            )
        ).rowcount
        for pair in pairs
    )


def _outbox(conn: Connection, before: datetime) -> int:
    told = and_(outbox.c.told_in.is_not(None), outbox.c.event_at < before)
    done = or_(outbox.c.delivered_at < before, outbox.c.failed_at < before, told)
    deleted = conn.execute(delete(silence).where(silence.c.changed_at < before)).rowcount
    return deleted + conn.execute(delete(outbox).where(done)).rowcount


def _older_in(column: Column[datetime]) -> Callable[[Connection, datetime], int]:
    """Of a kind that is rows of one table with one time."""

    def prune_kind(conn: Connection, before: datetime) -> int:
        return conn.execute(delete(column.table).where(column < before)).rowcount

    return prune_kind


_TIMES: Mapping[str, Column[datetime]] = {
    "steps": step.c.close_time,
    "tokens": step.c.close_time,
    "readings": pair_reading.c.at,
    "checkpoints": engine_checkpoint.c.last_open,
    "quarantine": quarantine.c.hour,
    "outbox": outbox.c.event_at,
    "vendors": vendor_reading.c.at,
    "books": book_reading.c.at,
    "derivatives": derivative_reading.c.at,
    "headlines": headline.c.at,
}
"""By kind, what tells how far back its rows reach."""

_PRUNERS = {
    "bars": _bars,
    "steps": _steps,
    "tokens": _tokens,
    "readings": _readings,
    "outbox": _outbox,
    **{
        kind: _older_in(_TIMES[kind])
        for kind in ("checkpoints", "quarantine", "vendors", "books", "derivatives", "headlines")
    },
}
