"""Coverage: for which times a venue's answer spoke, bar or no bar, and since when we knew.

Rows are ranges that grow with each poll instead of becoming more. An answer that came in time (before the interval
was stepped and within 90 s of its close) needs no stamp: at any time that is asked about, it was known. Only a late
answer keeps its ``known_at``. Where two answers speak for one interval, the first counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, CursorResult, delete, func, insert, select

from monitor.model.bars import Coverage
from monitor.model.grid import floor_time
from monitor.model.spans import Span, left_open
from monitor.store import checkpoints, markets
from monitor.store.knowledge import IN_TIME
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
    by_series: dict[tuple[int, timedelta], list[Span]] = defaultdict(list)
    for item in items:
        if item.since < item.until:
            by_series[numbers[item.market_id], item.width].append((item.since, item.until))
    stepped: dict[timedelta, datetime | None] = {}
    late: list[datetime] = []
    for (number, width), ranges in by_series.items():
        if width not in stepped:
            stepped[width] = last_stepped(conn, width)
        late_until = _late_until(width, fetched_at, stepped[width])
        for since, until in ranges:
            holes = _add(
                conn,
                (number, width // timedelta(seconds=1)),
                (since, until),
                late_until,
                fetched_at,
            )
            close = stepped[width]
            late += [start for start, _ in holes if close is not None and start < close]
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
    series: tuple[int, int],
    spoke_for: Span,
    late_until: datetime,
    fetched_at: datetime,
) -> list[Span]:
    """Adds what nobody had spoken for, and gives it back."""
    since, until = spoke_for
    near = pieces(conn, *series, since, until)
    fresh: list[Piece] = []
    holes = _open(spoke_for, near)
    for start, end in holes:
        border = min(max(start, late_until), end)
        fresh += [Piece(start, border, fetched_at), Piece(border, end, None)]
    merged = _merge([*near, *(piece for piece in fresh if piece.since < piece.until)])
    if merged == near:
        return holes
    for gone in set(near) - set(merged):
        conn.execute(
            delete(coverage).where(
                coverage.c.market == series[0],
                coverage.c.width_s == series[1],
                coverage.c.since == gone.since,
            )
        )
    added = [
        {
            "market": series[0],
            "width_s": series[1],
            "since": piece.since,
            "until": piece.until,
            "known_at": piece.known_at,
        }
        for piece in merged
        if piece not in near
    ]
    conn.execute(insert(coverage), added)
    return holes


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
