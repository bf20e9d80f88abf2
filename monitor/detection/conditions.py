"""Conditions of a rotation: which hold at which horizon, and what is said of each pair."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

import numpy as np

from monitor.detection.parameters import DetectionParameters
from monitor.detection.rules import PAIR_RULES, Rule
from monitor.detection.seen import BoolArray, Features, Pairs, Seen
from monitor.model.interval import FloatArray, IntArray
from monitor.model.rotation import Condition, PairReading

FULL_PART = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Rules against what was seen, each (rules, horizons, pairs or sectors), in the rules' order."""

    rules: Sequence[Rule]
    values: FloatArray
    bounds: FloatArray
    met: BoolArray

    @property
    def gates(self) -> BoolArray:
        """Where every rule that gates is met."""
        rows = [i for i, rule in enumerate(self.rules) if rule.gates]
        through: BoolArray = np.asarray(self.met[rows].all(axis=0))
        return through

    def conditions(self, k: int, i: int) -> tuple[Condition, ...]:
        """All of them at one horizon of one pair or sector."""
        return tuple(
            Condition(rule.name, number_or_none(value), bound, met, rule.unit)
            for rule, value, bound, met in zip(
                self.rules,
                self.values[:, k, i].tolist(),
                self.bounds[:, k, i].tolist(),
                self.met[:, k, i].tolist(),
                strict=True,
            )
        )


def hold(rules: Sequence[Rule], seen: Seen, p: DetectionParameters) -> Held:
    """Hold what was seen against every rule; what is unknown meets none."""
    values = np.array([seen.value(rule) for rule in rules])
    bounds = np.empty_like(values)
    met = np.empty(values.shape, dtype=np.bool_)
    for i, rule in enumerate(rules):
        bounds[i] = _bound(rule, seen, p)
        met[i] = _met(rule, values[i], bounds[i])
    return Held(rules, values, bounds, met)


def holds_nowhere(rules: Sequence[Rule], seen: Seen, p: DetectionParameters) -> bool:
    """Whether no pair or sector is through the gates at any horizon; asked of one rule after the other, since in most
    steps the first tells."""
    if id(rules) in seen.ruled_out:
        return True
    through: BoolArray = np.ones(1, dtype=np.bool_)
    for rule in rules:
        if rule.gates:
            through = through & _met(rule, seen.value(rule), _bound(rule, seen, p))
            if not through.any():
                return True
    return False


def may_hold(rules: Sequence[Rule], seen: Seen, p: DetectionParameters) -> BoolArray:
    """(steps,) of what was seen of many: whether any pair or sector is through the gates at any horizon, but for those whose
    value is asked of the past."""
    through: BoolArray = np.ones(1, dtype=np.bool_)
    for rule in rules:
        if rule.gates and not rule.asks:
            through = through & _met(rule, seen.value(rule), _bound(rule, seen, p))
    return np.asarray(through.any(axis=(1, 2)))


def _bound(rule: Rule, seen: Seen, p: DetectionParameters) -> FloatArray | float:
    bound: FloatArray | float = -p.bound(rule.key) if rule.mirrored else p.bound(rule.key)
    if rule.returning is not None:
        bound = np.where(seen.returning[..., None, :], rule.returning, bound)
    if rule.flowing is not None:
        bound = np.where(seen.flow_tells, np.minimum(rule.flowing * bound, bound), bound)
    return bound


def _met(rule: Rule, values: FloatArray, bounds: FloatArray | float) -> BoolArray:
    with np.errstate(invalid="ignore"):
        return values <= bounds if rule.at_most else values >= bounds


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Per pair the horizon that is shown; and all rules against what was seen."""

    horizon: IntArray
    held: Held


@dataclass(frozen=True, eq=False)
class Judged:
    """Per pair: the best score among horizons whose other conditions hold (-inf: none), whether the step is known at
    all, whether coverage allows a judgement, and the score that confirms (higher while the yardstick is young).

    ``show``: what is asked only of pairs of which something is to be said.
    """

    score: FloatArray
    known: BoolArray
    covered: BoolArray
    on: FloatArray
    young: BoolArray
    show: Callable[[], Shown]

    @cached_property
    def shown(self) -> Shown:
        """Worked out once."""
        return self.show()


def judge(seen: Seen, samples: IntArray, p: DetectionParameters) -> Judged:
    """Hold every pair and horizon against its bounds. ``samples`` (horizons, pairs): hourly samples in the yardstick."""
    f = seen.features
    fewest = samples.min(axis=0)
    young = fewest < p.least_samples
    # an hour lost here and there does not make a yardstick young again
    extra = np.where(fewest < FULL_PART * p.full_samples, p.young_extra, 0.0)
    unknown = np.isnan(f.score)

    def show(held: Held | None = None) -> Shown:
        held = held or hold(PAIR_RULES, seen, p)
        # the best that qualifies, else the one that meets most, then the highest score
        nearest = held.met.sum(axis=0) + np.tanh(np.nan_to_num(f.score)) / 2.0
        rank = np.where(held.gates & ~unknown & ~young, 100.0 + f.score, nearest)
        return Shown(rank.argmax(axis=0), held)

    best = np.full(len(young), -np.inf)
    if not holds_nowhere(PAIR_RULES, seen, p):
        held = hold(PAIR_RULES, seen, p)
        through = held.gates & ~unknown & ~young
        best = np.where(through, f.score, -np.inf).max(axis=0)
        show = partial(show, held)
    return Judged(
        score=best,
        known=np.asarray(~unknown.all(axis=0)),
        covered=np.asarray((f.coverage >= p.bound("min_coverage")).any(axis=0)),
        on=p.on + extra,
        young=young,
        show=show,
    )


def reading(
    judged: Judged, f: Features, pairs: Pairs, pair: int, at: datetime, p: DetectionParameters
) -> PairReading:
    """What was seen of one pair in this step."""
    shown = judged.shown
    k = int(shown.horizon[pair])
    source, target = pairs.names[pair]
    return PairReading(
        from_sector=source,
        to_sector=target,
        at=at,
        window_h=p.horizons_h[k],
        score=number_or_none(float(f.score[k, pair])),
        qualified=bool(np.isfinite(judged.score[pair])),
        conditions=shown.held.conditions(k, pair),
        price_witness=number_or_none(float(f.price[k, pair])),
        volume_witness=number_or_none(float(f.volume[k, pair])),
        flow_witness=number_or_none(float(f.flow[k, pair])),
    )


def number_or_none(value: float) -> float | None:
    """NaN is unknown; and no minus before a nought."""
    return None if math.isnan(value) else value + 0.0
