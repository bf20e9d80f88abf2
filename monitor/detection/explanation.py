"""Evidence in people's signs, when a move began, and what would end a rotation."""

from datetime import datetime, timedelta

import numpy as np

from monitor.detection.conditions import number_or_none
from monitor.detection.parameters import DetectionParameters
from monitor.detection.score import combined
from monitor.detection.step_view import StepView
from monitor.detection.tallies import Tallies
from monitor.detection.windows import DetectionWindows
from monitor.model.interval import FloatArray
from monitor.model.rotation import (
    MARKET,
    Condition,
    Evidence,
    Kind,
    Rotation,
    SideEvidence,
    Status,
)

LOOK_BACK_H = 12


def evidence_of(m: StepView, pair: int, k: int) -> tuple[Evidence, datetime]:
    """Why the pair was flagged at its horizon, and the best estimate of when it began."""
    memory, hours = m.memory, m.p.horizons_h[k]
    source, target = int(m.pairs.source[pair]), int(m.pairs.target[pair])
    from_side, to_side = m.context.side(source, hours), m.context.side(target, hours)
    r, e = _returns(memory, hours)
    began, moved = _began(e[:, target] - e[:, source], r[:, source], e[:, source])
    score = number_or_none(float(m.features.score[k, pair]))
    rank, of = (None, None) if score is None else score_rank(m.tallies, score)
    evidence = Evidence(
        window_h=hours,
        relative_return=_less(from_side, to_side),
        market_return=m.context.market_return(hours),
        from_side=from_side,
        to_side=to_side,
        moved_before_detection_pp=moved,
        conditions=m.judged.shown.held.conditions(k, pair),
        price_witness=number_or_none(float(m.features.price[k, pair])),
        volume_witness=number_or_none(float(m.features.volume[k, pair])),
        flow_witness=number_or_none(float(m.features.flow[k, pair])),
        score_rank=rank,
        score_rank_of=of,
        launches=(*m.context.launches(source, 72), *m.context.launches(target, 72)),
        at=m.at,
        moved_before_now_pp=moved,
    )
    return evidence, m.at - timedelta(hours=began / memory.per_hour)


def one_sided_evidence(
    m: StepView, sector: int, k: int, conditions: tuple[Condition, ...], *, gains: bool
) -> tuple[Evidence, datetime]:
    """Evidence of a sector that loses to nobody, or gains from nobody, in particular, and when it began."""
    memory, hours = m.memory, m.p.horizons_h[k]
    side = m.context.side(sector, hours)
    r, e = _returns(memory, hours)
    began, lost = _began(e[:, sector] if gains else -e[:, sector], r[:, sector], e[:, sector])
    moved = -lost if gains else lost
    evidence = Evidence(
        window_h=hours,
        relative_return=None if gains else side.own_return,
        market_return=m.context.market_return(hours),
        from_side=no_side() if gains else side,
        to_side=side if gains else None,
        moved_before_detection_pp=moved,
        conditions=conditions,
        price_witness=None,
        volume_witness=None,
        flow_witness=None,
        score_rank=None,
        score_rank_of=None,
        launches=m.context.launches(sector, 72),
        at=m.at,
        moved_before_now_pp=moved,
        own_z=number_or_none(float(m.features.own_z[k, sector])),
    )
    return evidence, m.at - timedelta(hours=began / memory.per_hour)


def no_side() -> SideEvidence:
    """The rest of the watched market as a side: nothing is said of it."""
    return SideEvidence(
        sector=MARKET,
        total_return=None,
        own_return=None,
        market_part=None,
        beta=None,
        market_cap_usd=None,
        share_pp=None,
        share_change_pp=None,
        share_split_pp=None,
        volume_usd=None,
        volume_share_pp=None,
        volume_share_change_pp=None,
        net_flow_usd=None,
        flow_grade=None,
        breadth_behind=0,
        breadth_of=0,
        contributors=(),
    )


def score_rank(tallies: Tallies, score: float) -> tuple[int, int]:
    """(place, of how many) among the hourly maxima of the last 30 days; 1 is the strongest."""
    known = tallies.maxima.last(tallies.maxima.length)
    known = known[~np.isnan(known)]
    return int((known > score).sum()) + 1, len(known) + 1


def ends_at(rotation: Rotation, p: DetectionParameters) -> tuple[float, float]:
    """(score, hours): under this score for so long, it fades."""
    hours = p.open_fade_h if rotation.status is Status.OPEN else p.confirmed_fade_h
    return p.off, hours


def end_level(rotation: Rotation, p: DetectionParameters) -> float | None:
    """About where the own move that is told, all else as it is, no longer holds the rotation up, over its window.

    Between two sectors: own return of *from* less that of *to* at which the score is ``off``. Of a loss to nobody in
    particular: the own return at which the first condition of it fails. None where no level can be told, as of a drain.
    """
    evidence = rotation.evidence
    if rotation.kind is Kind.INFLOW:
        return None
    if rotation.to_sector == MARKET:
        held = {c.name: c for c in evidence.conditions}
        own, spread = held.get("from_own_return"), held.get("from_own_z")
        levels = [own.bound] if own else []
        if own and spread and own.value is not None and spread.value:
            levels.append(own.value * spread.bound / spread.value)
        return min(levels, default=None)
    price, moved, score = evidence.price_witness, evidence.relative_return, rotation.score
    if not price or moved is None or score is None or evidence.volume_witness is None:
        return None
    at = np.array([price])
    volume, flow = (np.array([x or 0.0]) for x in (evidence.volume_witness, evidence.flow_witness))
    weights = np.linspace(0.0, 1.0, 101) if evidence.flow_witness is not None else np.zeros(1)
    # the flow's weight is not stored: it is the one that makes this score
    weight = weights[[np.abs(combined(at, volume, flow, weights) - score).argmin()]]
    lower = np.linspace(-4.0, min(price, 4.0), 2001)
    under = lower[combined(lower, volume, flow, weight) < p.off]
    return moved * float(under[-1]) / price if len(under) else None


def _returns(memory: DetectionWindows, hours: int) -> tuple[FloatArray, FloatArray]:
    """(log return, own log return) of every sector, per step of the window and of the half day before it."""
    steps = (hours + LOOK_BACK_H) * memory.per_hour
    return memory.rows["r"].last(steps), memory.rows["e"].last(steps)


def _began(x: FloatArray, r: FloatArray, e: FloatArray) -> tuple[int, float]:
    """Steps since the running sum of ``x`` was lowest, and the pp of own return that were lost from there on.

    Own return as everywhere: the simple return less the market's part of it.
    """
    running = np.concatenate([[0.0], np.cumsum(np.nan_to_num(x))])
    turn = len(running) - 1 - int(np.argmin(running[::-1]))
    whole, own = float(np.nansum(r[turn:])), float(np.nansum(e[turn:]))
    return len(x) - turn, -100.0 * float(np.expm1(whole) - np.expm1(whole - own))


def _less(source: SideEvidence, target: SideEvidence) -> float | None:
    """*from* less *to* of own returns, in people's sign: negative when *from* lost."""
    if source.own_return is None or target.own_return is None:
        return None
    return source.own_return - target.own_return
