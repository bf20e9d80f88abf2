"""Coverage: for which times a venue's answer spoke, bar or no bar, and since when we knew.

Rows are ranges that grow with each poll instead of becoming more. An answer that came in time (before the interval
was stepped and within 90 s of its close) needs no stamp: at any time that is asked about, it was known. Only a late
answer keeps its ``known_at``. Where two answers speak for one interval, the first counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, CursorResult, bindparam, delete, func, insert, select

from monitor.model.bars import Coverage
from monitor.model.grid import floor_time
from monitor.model.spans import Span, left_open
from monitor.store import checkpoints, markets
from monitor.store.knowledge import IN_TIME
from monitor.store.sql import chunks
from monitor.store.tables import coverage, market, step


@dataclass(frozen=True, slots=True)
class Piece:
    """A stored range; ``known_at`` None: known in time."""

    since: datetime
    until: datetime
    known_at: datetime | None


def save_coverage(conn: Connection, items: Sequence[Coverage], *, fetched_at: datetime) -> None:
    """Remember that the answers spoke; ``fetched_at`` is the knowledge time of their transaction."""
    if not items:
        return
    numbers = markets.register(conn, {item.market_id for item in items})
    by_width: dict[timedelta, dict[int, list[Span]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        if item.since < item.until:
            by_width[item.width][numbers[item.market_id]].append((item.since, item.until))
    late: list[datetime] = []
    for width, ranges in by_width.items():
        stepped = last_stepped(conn, width)
        holes = _add(conn, width, ranges, _late_until(width, fetched_at, stepped), fetched_at)
        late += [start for start, _ in holes if stepped is not None and start < stepped]
    if late:
        checkpoints.spoil(conn, min(late))


def missing_ranges(
    conn: Connection, market_id: str, width: timedelta, since: datetime, until: datetime
) -> list[Span]:
    """Parts of ``[since, until)`` that no answer spoke for, ascending."""
    number = markets.numbers(conn, [market_id]).get(market_id)
    if number is None:
        return [(since, until)] if since < until else []
    return _open((since, until), pieces(conn, number, width // timedelta(seconds=1), since, until))


def pieces(
    conn: Connection, number: int, width_s: int, since: datetime, until: datetime
) -> list[Piece]:
    """Stored ranges that touch ``[since, until]``, ascending; they do not overlap."""
    rows = conn.execute(
        select(coverage.c.since, coverage.c.until, coverage.c.known_at)
        .where(
            coverage.c.market == number,
            coverage.c.width_s == width_s,
            coverage.c.since <= until,
            coverage.c.until >= since,
        )
        .order_by(coverage.c.since)
    )
    return [Piece(*row) for row in rows]


def all_pieces(
    conn: Connection, width: timedelta, since: datetime, until: datetime
) -> dict[str, list[Piece]]:
    """market_id -> its ranges that touch ``[since, until]``, ascending; markets without one are left out."""
    found: dict[str, list[Piece]] = defaultdict(list)
    for name, *values in _touching(conn, width, since, until):
        found[name].append(Piece(*values))
    return dict(found)


def spoken_spans(
    conn: Connection, width: timedelta, since: datetime, until: datetime
) -> dict[str, list[Span]]:
    """market_id -> times that touch ``[since, until]`` for which an answer spoke, ascending, whenever it came.

    Ranges that meet are one: of answers that came late the store has one for each.
    """
    found: dict[str, list[Span]] = defaultdict(list)
    for name, begin, end, _ in _touching(conn, width, since, until):
        spans = found[name]
        if spans and spans[-1][1] == begin:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
    return dict(found)


def spoken_until(conn: Connection, width: timedelta, since: datetime) -> dict[str, datetime]:
    """market_id -> end of the newest time that an answer spoke for, of markets for which that is ``since`` or later: one seek
    of the key for each, since ranges do not overlap."""
    until = (
        select(coverage.c.until)
        .where(
            coverage.c.market == market.c.id,
            coverage.c.width_s == width // timedelta(seconds=1),
        )
        .order_by(coverage.c.since.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = conn.execute(select(market.c.market_id, until))
    return {name: end for name, end in rows if end is not None and end >= since}


def _touching(
    conn: Connection, width: timedelta, since: datetime, until: datetime
) -> CursorResult[str, datetime, datetime, datetime]:
    """(market_id, since, until, known_at) of the ranges that touch ``[since, until]``, by market and ascending."""
    return conn.execute(
        select(market.c.market_id, coverage.c.since, coverage.c.until, coverage.c.known_at)
        .join(market, market.c.id == coverage.c.market)
        .where(
            coverage.c.width_s == width // timedelta(seconds=1),
            coverage.c.since <= until,
            coverage.c.until >= since,
        )
        .order_by(coverage.c.market, coverage.c.since)
    )


def last_stepped(conn: Connection, width: timedelta) -> datetime | None:
    """Close of the last interval of that width that was stepped; None before the first."""
    return conn.execute(
        select(func.max(step.c.close_time)).where(step.c.width_s == width // timedelta(seconds=1))
    ).scalar()


def _late_until(width: timedelta, fetched_at: datetime, stepped: datetime | None) -> datetime:
    """Intervals that open before this had been decided, or should have been, when the answer came."""
    overdue = floor_time(fetched_at - IN_TIME - width, width)
    if overdue + width + IN_TIME < fetched_at:
        overdue += width
    return overdue if stepped is None else max(overdue, stepped)


def _add(
    conn: Connection,
    width: timedelta,
    ranges: Mapping[int, Sequence[Span]],
    late_until: datetime,
    fetched_at: datetime,
) -> list[Span]:
    """Adds to each market's what nobody had spoken for, and gives that back."""
    width_s = width // timedelta(seconds=1)
    stored = _near(conn, width_s, ranges)
    holes: list[Span] = []
    gone: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    for number, spoken in ranges.items():
        before = stored.get(number, [])
        now = before
        for since, until in spoken:
            near = [piece for piece in now if piece.since <= until and piece.until >= since]
            fresh = _open((since, until), near)
            holes += fresh
            whole = _merge([*near, *_dated(fresh, late_until, fetched_at)])
            now = [*(piece for piece in now if piece not in near), *whole]
        series = {"b_market": number, "b_width_s": width_s}
        gone += [{**series, "b_since": piece.since} for piece in before if piece not in now]
        added += [
            {"market": number, "width_s": width_s, **asdict(piece)}
            for piece in now
            if piece not in before
        ]
    if gone:
        conn.execute(_GONE, gone)
    if added:
        conn.execute(insert(coverage), added)
    return holes


_GONE = delete(coverage).where(
    coverage.c.market == bindparam("b_market"),
    coverage.c.width_s == bindparam("b_width_s"),
    coverage.c.since == bindparam("b_since"),
)


def _near(
    conn: Connection, width_s: int, ranges: Mapping[int, Sequence[Span]]
) -> dict[int, list[Piece]]:
    """Market's number -> its stored ranges, ascending, from the first to the last that touches one of ``ranges``' spans."""
    first = min(since for spans in ranges.values() for since, _ in spans)
    last = max(until for spans in ranges.values() for _, until in spans)
    found: dict[int, list[Piece]] = defaultdict(list)
    for some in chunks(ranges):
        rows = conn.execute(
            select(coverage.c.market, coverage.c.since, coverage.c.until, coverage.c.known_at)
            .where(
                coverage.c.market.in_(some),
                coverage.c.width_s == width_s,
                coverage.c.since <= last,
                coverage.c.until >= first,
            )
            .order_by(coverage.c.market, coverage.c.since)
        )
        for number, *values in rows:
            found[number].append(Piece(*values))
    return found


def _dated(holes: Sequence[Span], late_until: datetime, fetched_at: datetime) -> list[Piece]:
    """The holes as what an answer of now speaks for: what was late is told from what was in time."""
    found = []
    for start, end in holes:
        border = min(max(start, late_until), end)
        found += [Piece(start, border, fetched_at), Piece(border, end, None)]
    return [piece for piece in found if piece.since < piece.until]


def _open(wanted: Span, spoken: Iterable[Piece]) -> list[Span]:
    return left_open(wanted, ((piece.since, piece.until) for piece in spoken))


def _merge(loose: list[Piece]) -> list[Piece]:
    """Disjoint pieces with neighbours of one knowledge time joined."""
    merged: list[Piece] = []
    for piece in sorted(loose, key=lambda p: p.since):
        last = merged[-1] if merged else None
        if last is not None and last.until == piece.since and last.known_at == piece.known_at:
            merged[-1] = Piece(last.since, piece.until, last.known_at)
        else:
            merged.append(piece)
    return merged
