"""Conditions of a rotation: which hold at which horizon, and what is said of each pair."""

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
NAMES = ("relative_return", "from_own_return", "volume_shift", "breadth_from", "coverage", "score")


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Per pair: the best score among horizons whose other conditions hold (-inf: none), the horizon shown, whether the
    step is known at all, whether coverage allows a judgement, and the bounds that apply (higher while the pair is young)."""

    score: FloatArray
    horizon: IntArray
    known: BoolArray
    covered: BoolArray
    on: FloatArray
    watch_on: FloatArray
    young: BoolArray
    values: FloatArray  # (6, horizons, pairs)
    met: npt.NDArray[np.bool_]


def judge(
    f: Features, pairs: Pairs, samples: IntArray, context: PairContext, p: DetectionParameters
) -> Judged:
    """Hold every pair and horizon against its bounds. ``samples`` (horizons, pairs): hourly samples in the yardstick."""
    breadth = np.array(
        [
            [_number(context.breadth_from(int(s), hours)) for s in pairs.source]
            for hours in p.horizons_h
        ]
    ).reshape(f.score.shape)
    values = np.stack([f.drift, f.own[:, pairs.source], f.volume, breadth, f.coverage, f.score])
    young = samples.min(axis=0) < p.least_samples
    extra = np.where(samples.min(axis=0) < p.full_samples, p.young_extra, 0.0)
    with np.errstate(invalid="ignore"):
        met = np.stack(
            [
                values[0] >= p.min_relative_return,
                values[1] <= p.max_from_own_return,
                values[2] >= p.min_volume_shift,
                values[3] >= p.min_breadth,
                values[4] >= p.min_coverage,
                values[5] >= p.watch_on + extra,
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
        watch_on=p.watch_on + extra,
        young=young,
        values=values,
        met=met,
    )


def bounds(judged: Judged, pair: int, p: DetectionParameters) -> tuple[float, ...]:
    """The bound of each condition for this pair now; of the score the one for opening."""
    return (
        p.min_relative_return,
        p.max_from_own_return,
        p.min_volume_shift,
        p.min_breadth,
        p.min_coverage,
        float(judged.watch_on[pair]),
    )


def conditions_of(
    judged: Judged, pair: int, k: int, p: DetectionParameters
) -> tuple[Condition, ...]:
    """All six at one horizon, with value, bound, met."""
    return tuple(
        Condition(
            name, _none_or(float(judged.values[i, k, pair])), bound, bool(judged.met[i, k, pair])
        )
        for i, (name, bound) in enumerate(zip(NAMES, bounds(judged, pair, p), strict=True))
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
        score=_none_or(float(f.score[k, pair])),
        qualified=bool(np.isfinite(judged.score[pair])),
        conditions=conditions_of(judged, pair, k, p),
        price_witness=_none_or(float(f.price[k, pair])),
        volume_witness=_none_or(float(f.volume[k, pair])),
        flow_witness=_none_or(float(f.flow[k, pair])),
    )


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _none_or(value: float) -> float | None:
    return None if np.isnan(value) else value
