"""Evidence in people's signs, when a move began, and what would end a rotation."""

from datetime import datetime, timedelta

import numpy as np

from monitor.detection.conditions import Judged, conditions_of, number_or_none
from monitor.detection.features import Features, Pairs
from monitor.detection.inputs import PairContext
from monitor.detection.parameters import DetectionParameters
from monitor.detection.windows import DetectionWindows
from monitor.model.interval import FloatArray
from monitor.model.rotation import Condition, Evidence, Rotation, SideEvidence, Status

LOOK_BACK_H = 12


def evidence_of(
    memory: DetectionWindows,
    pairs: Pairs,
    judged: Judged,
    f: Features,
    context: PairContext,
    pair: int,
    k: int,
    at: datetime,
    p: DetectionParameters,
) -> tuple[Evidence, datetime]:
    """Why the pair was flagged at its horizon, and the best estimate of when it began."""
    hours = p.horizons_h[k]
    source, target = int(pairs.source[pair]), int(pairs.target[pair])
    from_side, to_side = context.side(source, hours), context.side(target, hours)
    r, e = (memory.rows[name].last(_look_back(memory, hours)) for name in ("r", "e"))
    began, moved = _began(e[:, target] - e[:, source], r[:, source], e[:, source])
    rank, of = score_rank(memory, float(f.score[k, pair]))
    evidence = Evidence(
        window_h=hours,
        relative_return=_less(from_side, to_side),
        market_return=context.market_return(hours),
        from_side=from_side,
        to_side=to_side,
        moved_before_detection_pp=moved,
        conditions=conditions_of(judged, pair, k, p),
        price_witness=number_or_none(float(f.price[k, pair])),
        volume_witness=number_or_none(float(f.volume[k, pair])),
        flow_witness=number_or_none(float(f.flow[k, pair])),
        score_rank=rank,
        score_rank_of=of,
        launches=(*context.launches(source, 72), *context.launches(target, 72)),
        at=at,
    )
    return evidence, at - timedelta(hours=began / memory.per_hour)


def one_sided_evidence(
    memory: DetectionWindows,
    context: PairContext,
    sector: int,
    hours: int,
    conditions: tuple[Condition, ...],
    at: datetime,
) -> tuple[Evidence, datetime]:
    """Evidence of a sector that loses to nobody in particular, and the best estimate of when it began."""
    side = context.side(sector, hours)
    r, e = (memory.rows[name].last(_look_back(memory, hours))[:, sector] for name in ("r", "e"))
    began, moved = _began(-e, r, e)
    evidence = Evidence(
        window_h=hours,
        relative_return=side.own_return,
        market_return=context.market_return(hours),
        from_side=side,
        to_side=None,
        moved_before_detection_pp=moved,
        conditions=conditions,
        price_witness=None,
        volume_witness=None,
        flow_witness=None,
        score_rank=None,
        score_rank_of=None,
        launches=context.launches(sector, 72),
        at=at,
    )
    return evidence, at - timedelta(hours=began / memory.per_hour)


def score_rank(memory: DetectionWindows, score: float) -> tuple[int, int]:
    """(place, of how many) among the hourly maxima of the last 30 days; 1 is the strongest."""
    known = memory.maxima.last(memory.maxima.length)
    known = known[~np.isnan(known)]
    return int((known > score).sum()) + 1, len(known) + 1


def ends_at(rotation: Rotation, p: DetectionParameters) -> tuple[float, float]:
    """(score, hours): under this score for so long, it fades."""
    hours = p.open_fade_h if rotation.status is Status.OPEN else p.confirmed_fade_h
    return p.off, hours


def _look_back(memory: DetectionWindows, hours: int) -> int:
    return (hours + LOOK_BACK_H) * memory.per_hour


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
