"""Venues that were silent while others answered: since when, who covered their tokens, what nobody saw.

An answer that came late tells of a silence too, since the interval had been decided without it; but where nobody
answered in time the monitor itself was away, and what was filled in later counts as answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from monitor.content.report import Outage
from monitor.model.bars import VenueHealth
from monitor.model.grid import opens_between
from monitor.model.universe import Market, Universe
from monitor.store import coverage, venue_health
from monitor.store.coverage import Piece

Mask = npt.NDArray[np.bool_]

QUARTER = timedelta(minutes=15)
ENOUGH = 0.9
"""A token is covered in a spell where others answered for this part of its intervals."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Per interval of the day: who was listed and who answered. ``in_time`` is within ``ever``."""

    opens: Sequence[datetime]
    width: timedelta
    listed: Mapping[str, Mask]  # by market id, as the next two
    in_time: Mapping[str, Mask]
    ever: Mapping[str, Mask]
    running: Mask  # somebody answered in time

    @property
    def answered(self) -> dict[str, Mask]:
        """What counts as an answer: in time, or at all where nobody answered in time."""
        return {m: self.in_time[m] | (self.ever[m] & ~self.running) for m in self.listed}


def outages_of(
    conn: Connection,
    universe: Universe,
    width: timedelta,
    *,
    begin: datetime,
    end: datetime,
    now: datetime,
) -> tuple[Outage, ...]:
    """Silences of three intervals, or of a quarter of an hour, in ``[begin, end)``, by venue and time.

    ``until`` is None, and ``why`` told, where the venue is down still. Nothing where no coverage is stored at all.
    """
    markets = _member_markets(universe, begin, end)
    opens = list(opens_between(begin, end, width))
    if not opens or not markets:
        return ()
    seen = _seen(coverage.all_pieces(conn, width, begin, end), markets, opens, width)
    health = {h.venue: h for h in venue_health.read_health(conn)}
    found: list[Outage] = []
    for venue in sorted({m.venue for m in markets}):
        for first, last in _silences(venue, markets, seen):
            found.append(_outage(venue, (first, last), markets, seen))
    latest = now - (opens[-1] + width) < timedelta(days=2)
    return tuple(_still(o, health.get(o.venue), opens, width) if latest else o for o in found)


def _member_markets(universe: Universe, begin: datetime, end: datetime) -> list[Market]:
    """Markets of tokens that are in a sector at some time of the day."""
    members = {
        m.token for s in universe.sectors for m in s.members if m.since < end and m.until > begin
    }
    return [m for m in universe.markets if m.token in members]


def _seen(
    pieces: Mapping[str, Sequence[Piece]],
    markets: Sequence[Market],
    opens: Sequence[datetime],
    width: timedelta,
) -> _Seen:
    blank = np.zeros(len(opens), dtype=np.bool_)
    in_time, ever, listed = {}, {}, {}
    running = blank.copy()
    for market in markets:
        listed[market.id] = np.array([market.listed_at(moment) for moment in opens])
        told, spoken = blank.copy(), blank.copy()
        for piece in pieces.get(market.id, ()):
            part = _slice(piece, opens, width)
            spoken[part] = True
            if piece.known_at is None:
                told[part] = True
        in_time[market.id], ever[market.id] = told, spoken
        running |= told
    return _Seen(opens, width, listed, in_time, ever, running)


def _slice(piece: Piece, opens: Sequence[datetime], width: timedelta) -> slice:
    """Intervals of the grid that lie in the piece."""
    begin = -(-(piece.since - opens[0]) // width)
    return slice(max(0, begin), max(0, (piece.until - opens[0]) // width))


def _silences(venue: str, markets: Sequence[Market], seen: _Seen) -> list[tuple[int, int]]:
    """(first, one after the last) interval of each spell in which the venue was listed and silent, others not."""
    answered = seen.answered
    own = [m.id for m in markets if m.venue == venue]
    anybody = np.logical_or.reduce([answered[m.id] for m in markets])
    silent = (
        np.logical_or.reduce([seen.listed[m] for m in own])
        & ~np.logical_or.reduce([answered[m] for m in own])
        & anybody
    )
    edges = np.flatnonzero(np.diff(np.concatenate(([False], silent, [False])).astype(np.int8)))
    least = min(3 * seen.width, QUARTER)
    return [
        (int(a), int(b))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
        if (b - a) * seen.width >= least
    ]


def _outage(venue: str, spell: tuple[int, int], markets: Sequence[Market], seen: _Seen) -> Outage:
    part = slice(*spell)
    answered = seen.answered
    stood_in: set[str] = set()
    lost = []
    mine = {m.token for m in markets if m.venue == venue and seen.listed[m.id][part].any()}
    for token in sorted(mine):
        others = [m for m in markets if m.token == token and m.venue != venue]
        covered = [m for m in others if answered[m.id][part].any()]
        union = np.logical_or.reduce([answered[m.id][part] for m in covered]) if covered else False
        if np.mean(union) < ENOUGH:
            lost.append(token)
        else:
            stood_in |= {m.venue for m in covered}
    return Outage(
        venue,
        seen.opens[spell[0]],
        seen.opens[spell[1] - 1] + seen.width,
        covered_by=tuple(sorted(stood_in)),
        lost=tuple(lost),
    )


def _still(
    outage: Outage, health: VenueHealth | None, opens: Sequence[datetime], width: timedelta
) -> Outage:
    """The last spell of a venue that has not come back since."""
    reaches_end = outage.until == opens[-1] + width
    if not reaches_end or health is None or not health.state.is_away or outage.until is None:
        return outage
    if health.since > outage.until:
        return outage
    since = min(outage.since, health.since) if outage.since == opens[0] else outage.since
    return Outage(outage.venue, since, None, health.error or "", outage.covered_by, outage.lost)
