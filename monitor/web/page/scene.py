"""What the charts of a range are drawn from: the sectors' states at up to a few hundred moments, and the marks on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection

from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import Rotation
from monitor.model.spans import Span
from monitor.model.state import MarketStep, MemberEvent, MemberEventKind, SectorState
from monitor.model.universe import Sector, Universe
from monitor.store import notes, rotations, steps
from monitor.web.page.ranges import Range, range_of

INSTANT = timedelta(microseconds=1)
MOST_MARKS = 60
"""Rotations, launches and notes that are drawn, the newest: more would hide the lines."""
DEPTH = "depth_bid_1pct_usd"
"""Known of a sector wherever its order books were read: all figures of depth come together."""


@dataclass(frozen=True, slots=True)
class Scene:
    """``states``: sector id -> its state at each of ``at``, None where no interval was stepped."""

    range: Range
    sectors: Sequence[Sector]
    at: Sequence[datetime]
    states: dict[str, list[SectorState | None]]
    rotations: Sequence[Rotation]
    launches: Sequence[MemberEvent]
    notes: Sequence[tuple[datetime, str]]
    blind: Sequence[tuple[datetime, datetime]]

    def values(self, sector: str, figure: str) -> list[float | None]:
        """A figure of a sector at each moment."""
        return [
            getattr(state, figure) if state is not None else None for state in self.states[sector]
        ]

    def knows(self, figure: str) -> bool:
        """Whether any sector proper has it at any moment of the range."""
        proper = [sector.id for sector in self.sectors if not sector.benchmark]
        return any(value is not None for id_ in proper for value in self.values(id_, figure))


def read_scene(
    conn: Connection, universe: Universe, latest: MarketStep, key: str, width: timedelta
) -> Scene:
    """Of a range that ends with the last step; the cost is the range's number of moments, never the history's."""
    span = steps.span(conn) or (latest.close_time, latest.close_time)
    wanted = range_of(key, span, width)
    rows = steps.sector_series(conn, wanted.since, wanted.until, every=wanted.every)
    rows += [(latest.close_time, state) for state in latest.sectors]
    at = sorted({moment for moment, _ in rows})
    place = {moment: i for i, moment in enumerate(at)}
    sectors = by_rank(universe)
    states: dict[str, list[SectorState | None]] = {s.id: [None] * len(at) for s in sectors}
    for moment, state in rows:
        if state.id in states:
            states[state.id][place[moment]] = state
    end = wanted.until + INSTANT
    events = steps.member_events(conn, wanted.since, end)
    return Scene(
        wanted,
        sectors,
        at,
        states,
        [
            r
            for r in rotations.newest_rotations(conn, limit=MOST_MARKS, until=end)
            if (r.closed_at or wanted.until) > wanted.since
        ],
        [e for e in events if e.kind is MemberEventKind.LAUNCH][-MOST_MARKS:],
        notes.read_notes(conn, wanted.since, end)[-MOST_MARKS:],
        _blind(at, states, universe, wanted.every),
    )


def by_rank(universe: Universe) -> list[Sector]:
    """The sectors proper, then the watched market."""
    return sorted(universe.sectors, key=lambda s: (s.benchmark, s.id))


def name_of(sector: Sector) -> str:
    """Its name on one line."""
    return one_line(sector.name) or sector.id


def _blind(
    at: Sequence[datetime],
    states: dict[str, list[SectorState | None]],
    universe: Universe,
    every: timedelta,
) -> list[tuple[datetime, datetime]]:
    """Where no interval was stepped, or no sector had a fresh price."""
    spells = [(a, b) for a, b in pairwise(at) if b - a > every]
    for i, moment in enumerate(at[1:], 1):
        known = [state for s in universe.watched if (state := states[s.id][i]) is not None]
        if known and not any(state.coverage for state in known):
            spells.append((at[i - 1], moment))
    return _joined(sorted(spells))


def _joined(spells: Sequence[Span]) -> list[Span]:
    """Spells that touch as one."""
    found: list[Span] = []
    for begin, end in spells:
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found
