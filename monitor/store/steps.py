"""Steps of the engine: the picture after each interval. Rotations are kept by :mod:`monitor.store.rotations`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, desc, func, select

from monitor.model.grid import EPOCH
from monitor.model.rotation import StepOutput
from monitor.model.state import (
    MarketStep,
    MemberEvent,
    MemberEventKind,
    SectorState,
    TokenState,
)
from monitor.store.readings import readings, save_readings
from monitor.store.sql import chunks, upsert
from monitor.store.step_rows import (
    SECTOR_COLUMNS,
    pack_tokens,
    sector_from,
    sector_row,
    unpack_tokens,
)
from monitor.store.tables import member_event, sector_state, step

__all__ = [
    "latest_step",
    "member_events",
    "readings",
    "save_steps",
    "sector_series",
    "span",
    "step_at",
    "tokens_at",
]

_SECOND = timedelta(seconds=1)


def save_steps(conn: Connection, outputs: Sequence[tuple[StepOutput, datetime]]) -> None:
    """Store several steps; ``stepped_at`` comes from issue_time in the same transaction."""
    upsert(conn, step, [_step_row(output.step, at) for output, at in outputs])
    pictures = [output.step for output, _ in outputs]
    upsert(
        conn,
        sector_state,
        [
            sector_row(picture.close_time, place, state)
            for picture in pictures
            for place, state in enumerate(picture.sectors)
        ],
    )
    save_readings(conn, [reading for output, _ in outputs for reading in output.readings])
    _replace_events(conn, pictures)


def latest_step(conn: Connection) -> MarketStep | None:
    """The newest picture."""
    return _picture(conn, select(step).order_by(desc(step.c.close_time)).limit(1))


def step_at(conn: Connection, at: datetime) -> MarketStep | None:
    """The newest picture whose close is not after ``at``; without tokens where those were pruned."""
    return _picture(
        conn,
        select(step).where(step.c.close_time <= at).order_by(desc(step.c.close_time)).limit(1),
    )


def span(conn: Connection) -> tuple[datetime, datetime] | None:
    """First and last close of all steps; None without one."""
    row = conn.execute(select(func.min(step.c.close_time), func.max(step.c.close_time))).one()
    return (row[0], row[1]) if row[0] is not None else None


def sector_series(
    conn: Connection, since: datetime, until: datetime, *, every: timedelta | None = None
) -> list[tuple[datetime, SectorState]]:
    """(close time, state) with ``since <= close < until``, by time, in the order of the step.

    With ``every`` only closes on that grid (counted from the epoch), read without touching the others.
    """
    column = sector_state.c.close_time
    if every is None:
        return _series(conn, [(column >= since) & (column < until)])
    return _series(conn, (column.in_(closes) for closes in chunks(_grid(since, until, every))))


def states_on(conn: Connection, closes: Sequence[datetime]) -> dict[datetime, list[SectorState]]:
    """close time -> sectors of the steps of exactly those closes; a step that is not there is left out."""
    found: dict[datetime, list[SectorState]] = {}
    for at, state in _series(
        conn, (sector_state.c.close_time.in_(some) for some in chunks(closes))
    ):
        found.setdefault(at, []).append(state)
    return found


def tokens_at(
    conn: Connection, closes: Sequence[datetime]
) -> dict[datetime, tuple[TokenState, ...]]:
    """close time -> tokens of the steps of exactly those closes; a step that is not there is left out."""
    return {
        row.close_time: unpack_tokens(row.tokens)
        for some in chunks(closes)
        for row in conn.execute(
            select(step.c.close_time, step.c.tokens).where(step.c.close_time.in_(some))
        )
    }


def member_events(conn: Connection, since: datetime, until: datetime) -> list[MemberEvent]:
    """Changes of the sectors' make-up with ``since <= at < until``, in order."""
    rows = conn.execute(
        select(member_event)
        .where(member_event.c.at >= since, member_event.c.at < until)
        .order_by(member_event.c.at, member_event.c.close_time, member_event.c.place)
    )
    return [_event(row) for row in rows]


def _step_row(picture: MarketStep, stepped_at: datetime) -> dict[str, Any]:
    return {
        "close_time": picture.close_time,
        "width_s": picture.width // _SECOND,
        "stepped_at": stepped_at,
        "tokens": pack_tokens(picture.tokens),
    }


def _replace_events(conn: Connection, pictures: Sequence[MarketStep]) -> None:
    for closes in chunks(picture.close_time for picture in pictures):
        conn.execute(delete(member_event).where(member_event.c.close_time.in_(closes)))
    upsert(
        conn,
        member_event,
        [
            {
                "at": event.at,
                "sector": event.sector,
                "token": event.token,
                "kind": event.kind.value,
                "close_time": picture.close_time,
                "place": place,
                "share_effect": event.share_effect,
                "market_cap_usd": event.market_cap_usd,
            }
            for picture in pictures
            for place, event in enumerate(picture.events)
        ],
    )


def _picture(conn: Connection, statement: Select[Any]) -> MarketStep | None:
    row = conn.execute(statement).first()
    if row is None:
        return None
    width = row.width_s * _SECOND
    sectors = conn.execute(
        select(*SECTOR_COLUMNS)
        .where(sector_state.c.close_time == row.close_time)
        .order_by(sector_state.c.place)
    )
    events = conn.execute(
        select(member_event)
        .where(member_event.c.close_time == row.close_time)
        .order_by(member_event.c.place)
    )
    return MarketStep(
        open_time=row.close_time - width,
        width=width,
        sectors=tuple(sector_from(found) for found in sectors),
        tokens=unpack_tokens(row.tokens),
        events=tuple(_event(found) for found in events),
    )


def _series(
    conn: Connection, ranges: Iterable[ColumnElement[bool]]
) -> list[tuple[datetime, SectorState]]:
    ordered = select(sector_state.c.close_time, *SECTOR_COLUMNS).order_by(
        sector_state.c.close_time, sector_state.c.place
    )
    return [
        (close_time, sector_from(values))
        for condition in ranges
        for close_time, *values in conn.execute(ordered.where(condition))
    ]


def _grid(since: datetime, until: datetime, every: timedelta) -> Iterator[datetime]:
    moment = since + (EPOCH - since) % every
    while moment < until:
        yield moment
        moment += every


def _event(row: Row[Any]) -> MemberEvent:
    return MemberEvent(
        at=row.at,
        kind=MemberEventKind(row.kind),
        sector=row.sector,
        token=row.token,
        share_effect=row.share_effect,
        market_cap_usd=row.market_cap_usd,
    )
