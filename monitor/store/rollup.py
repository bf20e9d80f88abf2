"""Old bars of the engine's width made into bars of an hour, old steps and readings thinned to those of the full hour.

In short transactions, the oldest first; what was done before a failure stays done, and a second time changes nothing. An
hour of which no answer spoke for a part has no bar of an hour: half a volume would pass for the whole. Member events,
rotations and checkpoints stay as they are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Table,
    cast,
    delete,
    func,
    select,
)

from monitor.clock import Clock
from monitor.model.bars import Bar, Coverage
from monitor.model.grid import floor_time, opens_between
from monitor.model.spans import Span, left_open, runs
from monitor.store import bars, coverage, meta
from monitor.store.database import Database
from monitor.store.knowledge import issue_time
from monitor.store.sql import microseconds, upsert
from monitor.store.tables import (
    bar,
    bar_superseded,
    market,
    pair_reading,
    sector_state,
    step,
    trade_sum,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ROWS = 40_000
"""Rows of about so many go in one transaction: whoever wants to write waits no longer than that takes."""
_DONE = "rolled_up_until|"
_TIMES: Mapping[str, Column[datetime]] = {"steps": step.c.close_time, "readings": pair_reading.c.at}
_US = HOUR // timedelta(microseconds=1)


def roll_up(
    database: Database, *, clock: Clock, width: timedelta, after: Mapping[str, timedelta]
) -> dict[str, int]:
    """By kind (``bars``, ``steps``, ``readings``) what is older than ``after``; kind -> rows that went. Nothing where
    ``width``, the engine's, is an hour already.
    """
    counts = dict.fromkeys(after, 0)
    if width >= HOUR:
        return counts
    for kind, length in after.items():
        end = floor_time(clock.now() - length, DAY)
        if kind == "bars":
            counts[kind] = _roll_up_bars(database, clock, width, end)
        else:
            counts[kind] = _thin(database, kind, end)
    return counts


def hours_of(
    market_id: str, found: Sequence[Bar], spoken: Sequence[Span], span: Span, width: timedelta
) -> tuple[list[Bar], list[Coverage]]:
    """Bars of an hour, and the hours that are spoken for, of a market's bars within ``span`` (whole hours, bars
    ascending). ``spoken``: when an answer spoke, ascending."""
    known = sorted([*spoken, *runs([b.open_time for b in found], width)])
    holes = left_open(span, known)
    partial = {
        h for since, until in holes for h in opens_between(floor_time(since, HOUR), until, HOUR)
    }
    partial |= {floor_time(until - width, HOUR) for _, until in holes}
    by_hour: dict[datetime, list[Bar]] = defaultdict(list)
    for each in found:
        by_hour[floor_time(each.open_time, HOUR)].append(each)
    made = [_hour(hour, parts) for hour, parts in sorted(by_hour.items()) if hour not in partial]
    whole = [hour for hour in opens_between(*span, HOUR) if hour not in partial]
    return made, [Coverage(market_id, HOUR, *part) for part in runs(whole, HOUR)]


def _hour(hour: datetime, parts: Sequence[Bar]) -> Bar:
    return Bar(
        parts[0].market_id,
        hour,
        parts[0].open,
        max(part.high for part in parts),
        min(part.low for part in parts),
        parts[-1].close,
        sum(part.base_volume for part in parts),
        _sum([part.quote_volume for part in parts]),
        _sum([part.taker_buy_quote for part in parts]),
    )


def _sum(values: Sequence[float | None]) -> float | None:
    """Unknown where a part is."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _roll_up_bars(database: Database, clock: Clock, width: timedelta, end: datetime) -> int:
    gone = 0
    with database.read() as conn:
        names = dict(tuple(row) for row in conn.execute(select(market.c.id, market.c.market_id)))
    length = max(DAY, ROWS * width // DAY * DAY)
    for number, name in sorted(names.items()):
        for span in _spans(database, number, width, end, length):
            with database.write() as conn:
                gone += _roll_up_span(conn, clock, (number, name), width, span)
    return gone


def _spans(
    database: Database, number: int, width: timedelta, end: datetime, length: timedelta
) -> Iterator[Span]:
    """The market's bars of that width before ``end``, in stretches of ``length``."""
    with database.read() as conn:
        oldest = conn.execute(
            select(func.min(bar.c.open_time)).where(*_of(bar, number, width))
        ).scalar()
    since = None if oldest is None else floor_time(oldest, HOUR)
    while since is not None and since < end:
        until = min(floor_time(since, DAY) + length, end)
        yield since, until
        since = until


def _roll_up_span(
    conn: Connection, clock: Clock, named: tuple[int, str], width: timedelta, span: Span
) -> int:
    number, name = named
    since, until = span
    found = [
        found_bar
        for found_bar, _received in bars.read_bars(
            conn, width=width, since=since, until=until, market_ids=[name]
        )
    ]
    pieces = coverage.pieces(conn, number, width // timedelta(seconds=1), since, until)
    spoken = [(piece.since, piece.until) for piece in pieces]
    made, whole = hours_of(name, found, spoken, span, width)
    at = issue_time(conn, clock.now())
    bars.save_bars(conn, made, width=HOUR, received_at=at)
    coverage.save_coverage(conn, whole, fetched_at=at)
    _roll_up_trades(conn, number, width, (since, until), {each.open_time for each in made})
    for table in (trade_sum, bar, bar_superseded):
        conn.execute(delete(table).where(*_of(table, number, width), table.c.open_time < until))
    return len(found)


def _roll_up_trades(
    conn: Connection, number: int, width: timedelta, span: Span, hours: Collection[datetime]
) -> None:
    """Sums of an hour, of those that have a bar: of bars whose trades were not read nothing was seen."""
    of, (since, until) = trade_sum.c, span
    rows = conn.execute(
        select(
            of.open_time, of.buy_quote, of.sell_quote, of.trades, of.gap_s, of.received_at
        ).where(*_of(trade_sum, number, width), of.open_time >= since, of.open_time < until)
    ).all()
    by_hour: dict[datetime, list[Any]] = defaultdict(list)
    for row in rows:
        by_hour[floor_time(row.open_time, HOUR)].append(row)
    upsert(
        conn,
        trade_sum,
        [
            {
                "market": number,
                "width_s": HOUR // timedelta(seconds=1),
                "open_time": hour,
                "buy_quote": sum(part.buy_quote for part in parts),
                "sell_quote": sum(part.sell_quote for part in parts),
                "trades": sum(part.trades for part in parts),
                "gap_s": sum(part.gap_s for part in parts),
                "received_at": max(part.received_at for part in parts),
            }
            for hour, parts in sorted(by_hour.items())
            if hour in hours
        ],
    )


def _of(table: Table, number: int, width: timedelta) -> tuple[ColumnElement[bool], ...]:
    return table.c.market == number, table.c.width_s == width // timedelta(seconds=1)


def _thin(database: Database, kind: str, end: datetime) -> int:
    """What does not lie on the full hour goes, a day at a time."""
    gone = 0
    for span in _days(database, kind, end):
        with database.write() as conn:
            gone += _thin_steps(conn, span) if kind == "steps" else _thin_readings(conn, span)
            meta.put(conn, f"{_DONE}{kind}", span[1].isoformat())
    return gone


def _thin_steps(conn: Connection, span: Span) -> int:
    conn.execute(delete(sector_state).where(*_off_hour(conn, sector_state.c.close_time, span)))
    return conn.execute(delete(step).where(*_off_hour(conn, step.c.close_time, span))).rowcount


def _thin_readings(conn: Connection, span: Span) -> int:
    of = pair_reading.c
    pairs = conn.execute(select(of.from_sector, of.to_sector).distinct()).all()
    return sum(
        conn.execute(
            delete(pair_reading).where(
                of.from_sector == source, of.to_sector == target, *_off_hour(conn, of.at, span)
            )
        ).rowcount
        for source, target in pairs
    )


def _off_hour(
    conn: Connection, column: Column[datetime], span: Span
) -> tuple[ColumnElement[bool], ...]:
    since, until = span
    off = cast(microseconds(conn, column), BigInteger) % _US != 0
    return column >= since, column < until, off


def _days(database: Database, kind: str, end: datetime) -> Iterator[Span]:
    """Those before ``end`` that were not thinned yet."""
    with database.read() as conn:
        done = meta.get(conn, f"{_DONE}{kind}")
        since = conn.execute(select(func.min(_TIMES[kind]))).scalar()
    if since is None:
        return
    since = floor_time(since, DAY)
    if done is not None:
        since = max(since, datetime.fromisoformat(done))
    while since < end:
        yield since, since + DAY
        since += DAY
