"""A launch that drains a sector into one too young for a yardstick, judged by the loser's own return and trading."""

from dataclasses import dataclass, replace

import numpy as np

from monitor.detection.conditions import Judged, hold, number_or_none
from monitor.detection.parameters import DetectionParameters
from monitor.detection.rules import DRAIN_RULES
from monitor.detection.seen import LAUNCHED_WITHIN_H, Seen
from monitor.model.rotation import Condition, Evidence, PairReading


@dataclass(frozen=True, slots=True)
class Drain:
    """What is seen of one pair at the horizon that shows it best. ``holds``: all conditions that gate are met there.
    ``score``: of the loser's own witnesses; None where they are unknown. ``highest``: of all horizons, whatever gates:
    while it is up a drain that was told goes on, though the launch's part of the trading grows no more."""

    horizon: int
    holds: bool
    score: float | None
    highest: float
    own_z: float | None
    conditions: tuple[Condition, ...]

    def read_as(self, usual: PairReading, horizons_h: tuple[int, ...]) -> PairReading:
        """What is read of the pair, held against this rule."""
        return replace(
            usual,
            window_h=horizons_h[self.horizon],
            score=self.score,
            qualified=self.holds,
            conditions=self.conditions,
        )

    def told_in(self, evidence: Evidence) -> Evidence:
        """Evidence that carries this rule's conditions instead of those between two sectors with yardsticks."""
        return replace(evidence, conditions=self.conditions, own_z=self.own_z)


def drains_seen(judged: Judged, seen: Seen, p: DetectionParameters) -> dict[int, Drain]:
    """By pair, all into young sectors with a launch of three days: whether the launch drains *from*."""
    launched = [
        pair
        for pair in np.flatnonzero(judged.young).tolist()
        if seen.context.hours_since_launch(int(seen.pairs.target[pair]), LAUNCHED_WITHIN_H)
        is not None
    ]
    if not launched:
        return {}
    held = hold(DRAIN_RULES, seen, p)
    scores = np.nan_to_num(seen.drain_score, nan=-np.inf)
    rank = np.where(held.gates, 100.0, held.met.sum(axis=0)) + np.tanh(scores / 10.0)
    best = rank.argmax(axis=0)
    return {
        pair: Drain(
            k,
            bool(held.gates[k, pair]),
            number_or_none(float(seen.drain_score[k, pair])),
            float(scores[:, pair].max()),
            number_or_none(float(seen.features.own_z[k, seen.pairs.source[pair]])),
            held.conditions(k, pair),
        )
        for pair in launched
        for k in [int(best[pair])]
    }
