"""A destination too young for a yardstick whose launch drains the source: told as watch, never higher."""

from dataclasses import dataclass

import numpy as np

from monitor.detection.conditions import hold
from monitor.detection.rules import DRAIN_RULES
from monitor.detection.seen import LAUNCHED_WITHIN_H
from monitor.detection.step_view import StepView
from monitor.model.rotation import Condition


@dataclass(frozen=True, slots=True)
class Drain:
    """The first horizon at which all conditions of the rule hold, with them."""

    horizon: int
    conditions: tuple[Condition, ...]


def launch_drains(m: StepView) -> dict[int, Drain]:
    """The drains that the rule sees in this step, by pair."""
    young = [
        pair
        for pair in np.flatnonzero(m.judged.young).tolist()
        if m.context.launches(int(m.pairs.target[pair]), LAUNCHED_WITHIN_H)
    ]
    if not young:
        return {}
    held = hold(DRAIN_RULES, m.seen, m.p)
    through = held.gates
    return {
        pair: Drain(k, held.conditions(k, pair))
        for pair in young
        for k in np.flatnonzero(through[:, pair])[:1].tolist()
    }
