"""Bars: written once per natural key (market, width, open time), every replaced version kept."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import (
    Connection,
    Row,
    RowMapping,
    Select,
    bindparam,
    desc,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from monitor.model.bar_columns import BAR_FIGURES, BarColumns
from monitor.model.bars import Bar
from monitor.store import bar_rows, checkpoints, markets
from monitor.store.coverage import last_stepped, missing_ranges, save_coverage
from monitor.store.sql import CHUNK, chunks
from monitor.store.tables import bar, bar_superseded, market
from monitor.store.types import from_us, to_us

__all__ = [
    "SaveResult",
    "closes_at",
    "end_close",
    "last_accepted_closes",
    "last_bar_times",
    "markets_with_bars",
    "missing_ranges",
    "read_bars",
    "revisions",
    "save_bars",
    "save_columns",
    "save_coverage",
    "time_span",
    "widths",
]

_MAY_BE_BLANK = ("quote_volume", "taker_buy_quote")
_READ_ROWS = 50_000  # about as many rows are in memory while a long history is read


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What became of rows handed in: stored first, stored as a later version, or known already."""

    new: int
    revised: int
    unchanged: int

    def __add__(self, other: "SaveResult") -> "SaveResult":
        """What became of both."""
        return SaveResult(
            self.new + other.new, self.revised + other.revised, self.unchanged + other.unchanged
        )


def save_bars(
    conn: Connection, bars: Sequence[Bar], *, width: timedelta, received_at: datetime
) -> SaveResult:
    """Store bars of one width; a bar that differs from the stored one replaces it and the old version is kept.

    A volume that is None says nothing: the stored figure stays.

    Of two bars with one key in a call the later counts. ``received_at`` comes from
    :func:`monitor.store.knowledge.issue_time` in the same transaction.
    """
    if not bars:
        return SaveResult(0, 0, 0)
    numbers = markets.register(conn, {b.market_id for b in bars})
    stepped = last_stepped(conn, width)
    late, fresh = _parted(bars, stepped - width if stepped else None)
    new = [
        bar_rows.insert_new(conn, bar_rows.rows_of_bars(conn, part, numbers, width, received_at))
        for part in (late, fresh)
    ]
    span = (min(b.open_time for b in late), max(b.open_time for b in late)) if late else None
    return _saved(
        conn, new, len(bars), span, lambda: _revise(conn, bars, numbers, width, received_at)
    )


def save_columns(
    conn: Connection, bars: BarColumns, *, width: timedelta, received_at: datetime
) -> SaveResult:
    """The same for bars side by side."""
    if not len(bars):
        return SaveResult(0, 0, 0)
    numbers = markets.register(conn, {bars.markets[code] for code in set(bars.codes.tolist())})
    stepped = last_stepped(conn, width)
    is_late = np.zeros(len(bars), dtype=np.bool_)
    if stepped is not None:
        is_late = bars.opens <= to_us(stepped - width)
    late = bars.chosen(is_late)
    fresh = bars.chosen(~is_late) if len(late) else bars
    new = [
        bar_rows.insert_columns(conn, part, numbers, width, received_at) for part in (late, fresh)
    ]
    span = None
    if len(late):
        span = from_us(int(late.opens.min())), from_us(int(late.opens.max()))
    return _saved(
        conn, new, len(bars), span, lambda: _revise(conn, bars.bars(), numbers, width, received_at)
    )


def _parted(bars: Sequence[Bar], stepped: datetime | None) -> tuple[Sequence[Bar], Sequence[Bar]]:
    """(of intervals that were stepped already, later ones)."""
    if stepped is None:
        return [], bars
    late = [bar for bar in bars if bar.open_time <= stepped]
    return late, [bar for bar in bars if bar.open_time > stepped] if late else bars


def _saved(
    conn: Connection,
    inserted: Sequence[int],
    count: int,
    late: tuple[datetime, datetime] | None,
    revise: Callable[[], tuple[int, list[datetime]]],
) -> SaveResult:
    """What became of ``count`` bars of which those that were new are inserted; what was there is brought up by ``revise``.

    ``inserted``: how many of intervals that were stepped already, and how many of later ones. ``late``: first and last open
    of the former, None without any.
    """
    new_late, new_fresh = inserted
    new = new_late + new_fresh
    revised = 0
    changed: list[datetime] = []
    if new < count:
        revised, changed = revise()
    if late is not None:
        first, last = late
        changed = [moment for moment in changed if moment <= last]
        if new_late or changed:
            checkpoints.spoil(conn, first if new_late else min(changed))
    return SaveResult(new, revised, count - new - revised)


def _revise(
    conn: Connection,
    bars: Sequence[Bar],
    numbers: Mapping[str, int],
    width: timedelta,
    received_at: datetime,
) -> tuple[int, list[datetime]]:
    """Bring stored rows that differ from ``bars`` up to them.

    (How many had been known before this call, opens of all that changed.)
    """
    wanted = {(numbers[b.market_id], b.open_time): b for b in bars}
    width_s = width // timedelta(seconds=1)
    replaced: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for row in _stored(conn, width_s, wanted):
        number, opened = row["market"], row["open_time"]
        values = _over(row, wanted[number, opened])
        if all(row[name] == value for name, value in values.items()):
            continue
        if row["received_at"] != received_at:
            replaced.append(dict(row))
        changed.append({"b_market": number, "b_open": opened, **values})
    if replaced:
        conn.execute(insert(bar_superseded), replaced)
    if changed:
        statement = (
            update(bar)
            .where(
                bar.c.market == bindparam("b_market"),
                bar.c.width_s == width_s,
                bar.c.open_time == bindparam("b_open", type_=bar.c.open_time.type),
            )
            .values(received_at=received_at, **{name: bindparam(name) for name in BAR_FIGURES})
        )
        conn.execute(statement, changed)
    return len(replaced), [row["b_open"] for row in changed]


def _over(row: RowMapping, fresh: Bar) -> dict[str, float | None]:
    """The stored bar brought up to the fresh one; what the fresh one does not give stays as it is."""
    values: dict[str, float | None] = {name: getattr(fresh, name) for name in BAR_FIGURES}
    for name in _MAY_BE_BLANK:
        if values[name] is None:
            values[name] = row[name]
    quote, taker = values["quote_volume"], values["taker_buy_quote"]
    if quote is not None and taker is not None:
        values["taker_buy_quote"] = min(taker, quote)  # of two sources, each with its rounding
    return values


def _stored(
    conn: Connection, width_s: int, wanted: Iterable[tuple[int, datetime]]
) -> Iterator[RowMapping]:
    """What is stored of bars by (market's number, open). Markets of which the same times are asked for, as at a poll, are read
    together."""
    opens_of: dict[int, list[datetime]] = defaultdict(list)
    for number, opened in sorted(wanted):
        opens_of[number].append(opened)
    alike: dict[tuple[datetime, ...], list[int]] = defaultdict(list)
    for number, opens in opens_of.items():
        alike[tuple(opens)].append(number)
    for times, some_numbers in alike.items():
        for opens in chunks(times):
            for some in chunks(some_numbers, max(1, CHUNK // len(opens))):
                statement = select(bar).where(
                    bar.c.market.in_(some),
                    bar.c.width_s == width_s,
                    bar.c.open_time.in_(opens),
                )
                yield from conn.execute(statement).mappings().all()


def _newest(width_s: int) -> Select[Any]:
    """(market_id, open of the newest bar) by one seek of the key for each market."""
    newest = (
        select(func.max(bar.c.open_time))
        .where(bar.c.market == market.c.id, bar.c.width_s == width_s)
        .scalar_subquery()
    )
    return select(market.c.id, market.c.market_id, newest.label("open_time"))


def last_bar_times(conn: Connection, width: timedelta) -> dict[str, datetime]:
    """market_id -> open of its newest bar."""
    rows = conn.execute(_newest(width // timedelta(seconds=1)))
    return {row.market_id: row.open_time for row in rows if row.open_time is not None}


def last_accepted_closes(conn: Connection, width: timedelta) -> dict[str, float]:
    """market_id -> close of its newest bar: one seek of the key for each market."""
    close = (
        select(bar.c.close)
        .where(bar.c.market == market.c.id, bar.c.width_s == width // timedelta(seconds=1))
        .order_by(desc(bar.c.open_time))
        .limit(1)
        .scalar_subquery()
    )
    rows = conn.execute(select(market.c.market_id, close))
    return {name: value for name, value in rows if value is not None}


def closes_at(
    conn: Connection, market_ids: Sequence[str], width: timedelta, opens: Sequence[datetime]
) -> dict[tuple[str, datetime], float]:
    """(market_id, open) -> close of the bars that there are."""
    chosen = {number: name for name, number in markets.numbers(conn, market_ids).items()}
    if not chosen:
        return {}
    found: dict[tuple[str, datetime], float] = {}
    for moments in chunks(opens):
        rows = conn.execute(
            select(bar.c.market, bar.c.open_time, bar.c.close).where(
                bar.c.market.in_(chosen),
                bar.c.width_s == width // timedelta(seconds=1),
                bar.c.open_time.in_(moments),
            )
        )
        found |= {(chosen[row.market], row.open_time): row.close for row in rows}
    return found


def end_close(
    conn: Connection,
    market_id: str,
    width: timedelta,
    since: datetime,
    until: datetime,
    *,
    last: bool,
) -> tuple[datetime, float] | None:
    """(open, close) of a market's first or last bar that opens in ``[since, until)``; None without one."""
    number = markets.numbers(conn, [market_id]).get(market_id)
    if number is None:
        return None
    row = conn.execute(
        select(bar.c.open_time, bar.c.close)
        .where(
            bar.c.market == number,
            bar.c.width_s == width // timedelta(seconds=1),
            bar.c.open_time >= since,
            bar.c.open_time < until,
        )
        .order_by(desc(bar.c.open_time) if last else bar.c.open_time)
        .limit(1)
    ).first()
    return None if row is None else (row.open_time, row.close)


def widths(conn: Connection) -> list[timedelta]:
    """Widths of all stored bars, ascending."""
    found: list[timedelta] = []
    width_s = 0
    narrowest = select(func.min(bar.c.width_s)).where(
        bar.c.market == market.c.id, bar.c.width_s > bindparam("over")
    )
    statement = select(narrowest.scalar_subquery()).select_from(market)
    while True:
        rows = [n for n in conn.execute(statement, {"over": width_s}).scalars() if n is not None]
        if not rows:
            return found
        width_s = min(rows)
        found.append(timedelta(seconds=width_s))


def markets_with_bars(
    conn: Connection, width: timedelta, since: datetime, until: datetime, *, traded: bool = False
) -> set[str]:
    """Ids of the markets that have a bar (``traded``: with volume) that opens in ``[since, until)``.

    One seek of the key for each market.
    """
    there = (
        select(bar.c.open_time)
        .where(
            bar.c.market == market.c.id,
            bar.c.width_s == width // timedelta(seconds=1),
            bar.c.open_time >= since,
            bar.c.open_time < until,
            or_(bar.c.base_volume > 0, bar.c.quote_volume > 0) if traded else true(),
        )
        .exists()
    )
    return set(conn.execute(select(market.c.market_id).where(there)).scalars())


def time_span(
    conn: Connection, width: timedelta, numbers: Collection[int] | None = None
) -> tuple[datetime, datetime] | None:
    """First and last open of all bars of that width, or of these markets' by number; None without one."""
    mine = (bar.c.market == market.c.id, bar.c.width_s == width // timedelta(seconds=1))
    first = select(func.min(bar.c.open_time)).where(*mine).scalar_subquery()
    last = select(func.max(bar.c.open_time)).where(*mine).scalar_subquery()
    statement = select(first, last).select_from(market)
    asked = (
        [statement]
        if numbers is None
        else [statement.where(market.c.id.in_(some)) for some in chunks(sorted(numbers))]
    )
    rows = [row for each in asked for row in conn.execute(each) if row[0]]
    if not rows:
        return None
    return min(row[0] for row in rows), max(row[1] for row in rows)


def revisions(
    conn: Connection, width: timedelta, since: datetime
) -> list[tuple[str, int, datetime]]:
    """(market_id, bars that open at or after ``since`` and were replaced by a later answer, open of the newest)."""
    known = markets.numbers(conn)
    names = {number: name for name, number in known.items()}
    rows = conn.execute(
        select(
            bar_superseded.c.market,
            func.count(func.distinct(bar_superseded.c.open_time)),
            func.max(bar_superseded.c.open_time),
        )
        .where(
            bar_superseded.c.market.in_(names),
            bar_superseded.c.width_s == width // timedelta(seconds=1),
            bar_superseded.c.open_time >= since,
        )
        .group_by(bar_superseded.c.market)
    )
    return sorted((names[number], count, last) for number, count, last in rows)


def read_bars(
    conn: Connection,
    *,
    width: timedelta,
    since: datetime | None = None,
    until: datetime | None = None,
    market_ids: Sequence[str] | None = None,
) -> Iterator[tuple[Bar, datetime]]:
    """(bar, received_at) of bars that open in ``[since, until)``, ordered by open time, then market id.

    Reads in stretches of time, so that a long history does not lie in memory.
    """
    chosen = {number: name for name, number in markets.numbers(conn, market_ids).items()}
    span = time_span(conn, width, None if market_ids is None else chosen)
    if span is None or not chosen:
        return
    begin = span[0] if since is None else max(since, span[0])
    end = span[1] + width if until is None else min(until, span[1] + width)
    stretch = max(1, _READ_ROWS // len(chosen)) * width
    while begin < end:
        stop = min(begin + stretch, end)
        statement = select(bar).where(
            bar.c.market.in_(chosen),
            bar.c.width_s == width // timedelta(seconds=1),
            bar.c.open_time >= begin,
            bar.c.open_time < stop,
        )
        rows = conn.execute(statement).all()
        for row in sorted(rows, key=lambda r: (r.open_time, chosen[r.market])):
            yield _bar(row, chosen[row.market]), row.received_at
        begin = stop


def _bar(row: Row[Any], market_id: str) -> Bar:
    return Bar(market_id, row.open_time, **{name: getattr(row, name) for name in BAR_FIGURES})
