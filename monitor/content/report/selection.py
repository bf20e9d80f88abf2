"""What of the facts is told: nearest misses, movers, the record, a rotation's move so far."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from monitor.content.report.facts import ReportFacts
from monitor.model.rotation import ChangeReason, PairReading, Rotation, RotationChange, Status
from monitor.model.state import TokenState

_DID = {
    ChangeReason.OPENED: "opened",
    ChangeReason.CONFIRMED: "confirmed",
    ChangeReason.SEVERITY: "critical",
    ChangeReason.REVERSED: "reversed",
    ChangeReason.FADED: "over",
    ChangeReason.EXPIRED: "over",
}
_WEIGHT = ("critical", "confirmed", "over", "reversed", "still on", "opened")
MISSES = 3
MOVERS = 3
RECORD_DAYS = 90


@dataclass(frozen=True, slots=True)
class Record:
    """What became of the flags of 90 days; ``median_24h``: *to* over *from* 24 h after detection, of ``n``."""

    flagged: int
    confirmed: int
    faded: int
    median_24h: float | None
    n: int


def nearest_misses(facts: ReportFacts, most: int = MISSES) -> list[PairReading]:
    """The best reading of each pair that was not on in the day: most conditions met, then highest score."""
    on = {rotation.pair for rotation in facts.rotations}
    best: dict[tuple[str, str], PairReading] = {}
    for reading in facts.readings:
        pair = (reading.from_sector, reading.to_sector)
        if pair not in on and (pair not in best or _nearness(reading) > _nearness(best[pair])):
            best[pair] = reading
    ranked = sorted(best.values(), key=lambda r: (r.from_sector, r.to_sector))
    return sorted(ranked, key=_nearness, reverse=True)[:most]


def conditions_met(reading: PairReading) -> int:
    """How many hold."""
    return sum(condition.met for condition in reading.conditions)


def _nearness(reading: PairReading) -> tuple[int, float]:
    return conditions_met(reading), -math.inf if reading.score is None else reading.score


def movers(facts: ReportFacts, sector: str) -> list[TokenState]:
    """Up to three that lifted the sector and three that weighed on it, from the strongest lift to the heaviest weight."""
    tokens = [
        token
        for token in (facts.close.tokens if facts.close else ())
        if token.sector == sector and token.contribution_24h is not None
    ]
    ranked = sorted(tokens, key=lambda t: (-(t.contribution_24h or 0.0), t.id))
    up = [t for t in ranked if (t.contribution_24h or 0.0) > 0][:MOVERS]
    down = [t for t in ranked if (t.contribution_24h or 0.0) < 0][-MOVERS:]
    return [*up, *down]


def record(past: Sequence[Rotation], until: datetime) -> Record:
    """Of the rotations that were flagged in the 90 days before ``until``; legs of one rotation count once."""
    since = until - timedelta(days=RECORD_DAYS)
    told = [r for r in past if since <= r.detected_at < until and r.joins is None]
    after = [
        outcome.relative_return
        for r in told
        if (outcome := r.outcomes.get("24h")) is not None and outcome.relative_return is not None
    ]
    return Record(
        flagged=len(told),
        confirmed=sum(r.confirmed_at is not None for r in told),
        faded=sum(r.confirmed_at is None and r.status is Status.FADED for r in told),
        median_24h=median(after) if after else None,
        n=len(after),
    )


def main_rotation(facts: ReportFacts) -> tuple[Rotation, str] | None:
    """(rotation, what it did in the day) of the news of the day.

    Of those that were ever confirmed, and then of mere watches, the one about the largest own move of the day, on
    whichever side; among equals what became critical or was confirmed in the day, then what ended, is on, opened.
    """
    did = {c.rotation.id: _DID[c.reason] for c in _in_time(facts.changes) if c.reason in _DID}
    confirmed = {c.rotation.id for c in facts.changes if c.reason is ChangeReason.CONFIRMED}
    ranked = []
    for rotation in facts.rotations:
        what = did.get(rotation.id) or ("still on" if rotation.is_on else "")
        if what in ("opened", "confirmed", "critical") and not rotation.is_on:
            what = "over"
        if not what:
            continue
        if rotation.id in confirmed and rotation.is_on and what != "critical":
            what = "confirmed"
        order = (
            rotation.confirmed_at is None,
            -largest_own_move(rotation, facts, of_day=True)[0],
            _WEIGHT.index(what),
            -(rotation.peak_score or 0.0),
            rotation.id,
        )
        ranked.append((order, rotation, what))
    if not ranked:
        return None
    _, rotation, what = min(ranked, key=lambda row: row[0])
    return rotation, what


def largest_own_move(rotation: Rotation, facts: ReportFacts, *, of_day: bool) -> tuple[float, str]:
    """(size, sector) of the larger own move of its two sides: ``of_day`` where that is known, else of its evidence."""
    moves = _own_moves(rotation, facts if of_day else None)
    found = [(abs(own), sector) for sector, own in moves.items() if own is not None]
    if not found:
        return 0.0, rotation.from_sector
    return max(found, key=lambda part: (part[0], part[1] == rotation.from_sector))


def _own_moves(rotation: Rotation, facts: ReportFacts | None) -> dict[str, float | None]:
    moves: dict[str, float | None] = {}
    sides = (rotation.evidence.from_side, rotation.evidence.to_side)
    for sector, side in zip(rotation.pair, sides, strict=True):
        state = facts.state(sector) if facts is not None else None
        if state is not None and state.own_return_24h is not None:
            moves[sector] = state.own_return_24h
        elif side is not None:
            moves[sector] = side.own_return
    return moves


def _in_time(changes: Sequence[RotationChange]) -> list[RotationChange]:
    return sorted(changes, key=lambda c: c.changed_at)


def hourly_flows(facts: ReportFacts, sector: str) -> list[tuple[datetime, float | None]]:
    """(hour's end, USD net flow): an hour counts from 70 % of its steps known, and is then scaled up."""
    hour = timedelta(hours=1)
    steps = [(at, state.net_flow_step_usd) for at, state in facts.steps if state.id == sector]
    told: list[tuple[datetime, float | None]] = []
    end = facts.since + hour
    while end <= facts.until:
        inside = [flow for at, flow in steps if end - hour < at <= end]
        known = [flow for flow in inside if flow is not None]
        enough = bool(known) and len(known) >= 0.7 * len(inside)
        told.append((end, sum(known) * len(inside) / len(known) if enough else None))
        end += hour
    return told
