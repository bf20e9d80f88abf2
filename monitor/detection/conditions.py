"""Conditions of a rotation: which hold at which horizon, and what is said of each pair."""

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from monitor.detection.features import Features, Pairs
from monitor.detection.inputs import PairContext
from monitor.detection.parameters import DetectionParameters
from monitor.model.interval import FloatArray, IntArray
from monitor.model.rotation import Condition, PairReading

BoolArray = npt.NDArray[np.bool_]
FULL_PART = 0.9

TOLD = {
    "relative_return": -1.0,
    "from_own_return": 1.0,
    "volume_shift": 1.0,
    "breadth_from": 1.0,
    "coverage": 1.0,
    "score": 1.0,
}
"""The conditions in order, with the sign by which each is told: inside, a relative return is *to* less *from*; people are
told *from* less *to*, negative when *from* lost."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Per pair: the best score among horizons whose other conditions hold (-inf: none), the horizon shown, whether the
    step is known at all, whether coverage allows a judgement, and the score that confirms (higher while the yardstick is young)."""

    score: FloatArray
    horizon: IntArray
    known: BoolArray
    covered: BoolArray
    on: FloatArray
    young: BoolArray
    values: FloatArray  # (6, horizons, pairs)
    met: npt.NDArray[np.bool_]


def judge(
    f: Features, pairs: Pairs, samples: IntArray, context: PairContext, p: DetectionParameters
) -> Judged:
    """Hold every pair and horizon against its bounds. ``samples`` (horizons, pairs): hourly samples in the yardstick."""
    breadth = _breadths(pairs, context, p.horizons_h)
    values = np.stack([f.drift, f.own[:, pairs.source], f.volume, breadth, f.coverage, f.score])
    fewest = samples.min(axis=0)
    young = fewest < p.least_samples
    # an hour lost here and there does not make a yardstick young again
    extra = np.where(fewest < FULL_PART * p.full_samples, p.young_extra, 0.0)
    with np.errstate(invalid="ignore"):
        met = np.stack(
            [
                values[0] >= p.min_relative_return,
                values[1] <= p.max_from_own_return,
                values[2] >= p.min_volume_shift,
                values[3] >= p.min_breadth,
                values[4] >= p.min_coverage,
                values[5] >= p.watch_on,
            ]
        )
    held = met[:5].all(axis=0) & ~np.isnan(f.score) & ~young
    score = np.where(held, f.score, -np.inf)
    # what is shown: the best that qualifies, else the one that meets most, then the highest score
    rank = np.where(held, 100.0 + f.score, met.sum(axis=0) + np.tanh(np.nan_to_num(f.score)) / 2.0)
    return Judged(
        score=score.max(axis=0),
        horizon=rank.argmax(axis=0),
        known=np.asarray(~np.isnan(f.score).all(axis=0)),
        covered=np.asarray((f.coverage >= p.min_coverage).any(axis=0)),
        on=p.on + extra,
        young=young,
        values=values,
        met=met,
    )


def _breadths(pairs: Pairs, context: PairContext, horizons_h: tuple[int, ...]) -> FloatArray:
    """Per (horizon, pair): share of the source's members that fell behind the market; NaN unknown."""
    out = np.full((len(horizons_h), len(pairs.source)), np.nan)
    for sector in np.unique(pairs.source).tolist():
        for k, hours in enumerate(horizons_h):
            found = context.breadth_from(sector, hours)
            out[k, pairs.source == sector] = np.nan if found is None else found
    return out


def conditions_of(
    judged: Judged, pair: int, k: int, p: DetectionParameters
) -> tuple[Condition, ...]:
    """All six at one horizon in people's signs; the score's bound is the one that opens."""
    bounds = (
        p.min_relative_return,
        p.max_from_own_return,
        p.min_volume_shift,
        p.min_breadth,
        p.min_coverage,
        p.watch_on,
    )
    values, met = judged.values[:, k, pair].tolist(), judged.met[:, k, pair].tolist()
    return tuple(
        Condition(name, number_or_none(sign * value), sign * bound, held)
        for (name, sign), value, bound, held in zip(TOLD.items(), values, bounds, met, strict=True)
    )


def reading(
    judged: Judged, f: Features, pairs: Pairs, pair: int, at: datetime, p: DetectionParameters
) -> PairReading:
    """What was seen of one pair in this step."""
    k = int(judged.horizon[pair])
    source, target = pairs.names[pair]
    return PairReading(
        from_sector=source,
        to_sector=target,
        at=at,
        window_h=p.horizons_h[k],
        score=number_or_none(float(f.score[k, pair])),
        qualified=bool(np.isfinite(judged.score[pair])),
        conditions=conditions_of(judged, pair, k, p),
        price_witness=number_or_none(float(f.price[k, pair])),
        volume_witness=number_or_none(float(f.volume[k, pair])),
        flow_witness=number_or_none(float(f.flow[k, pair])),
    )


def number_or_none(value: float) -> float | None:
    """NaN is unknown; and no minus before a nought."""
    return None if math.isnan(value) else value + 0.0
