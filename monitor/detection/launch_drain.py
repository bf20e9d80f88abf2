"""A destination too young for a yardstick whose launch drains the source: told as watch, never higher."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from monitor.detection.conditions import number_or_none
from monitor.detection.step_view import StepView
from monitor.model.rotation import Condition

LAUNCHED_WITHIN_H = 72


@dataclass(frozen=True, slots=True)
class Drain:
    """The first horizon at which all conditions of the rule hold, with them."""

    horizon: int
    conditions: tuple[Condition, ...]


def launch_drain(m: StepView, pair: int) -> Drain | None:
    """The drain that the rule sees in this step, if any."""
    source, target = int(m.pairs.source[pair]), int(m.pairs.target[pair])
    if not m.judged.young[pair] or not m.context.launches(target, LAUNCHED_WITHIN_H):
        return None
    lost = m.context.launch_share_loss(source, LAUNCHED_WITHIN_H)
    if not lost >= m.p.launch_share_loss_pp:
        return None
    for k in range(len(m.p.horizons_h)):
        conditions = (
            _at_least("launch_share_loss", lost, m.p.launch_share_loss_pp),
            *_conditions(m, k, source, target),
        )
        if all(condition.met for condition in conditions):
            return Drain(k, conditions)
    return None


def _conditions(m: StepView, k: int, source: int, target: int) -> Iterator[Condition]:
    hours = m.p.horizons_h[k]
    breadth = m.context.breadth_from(source, hours)
    share = float(m.context.volume_share(hours)[target])
    before = float(np.nan_to_num(m.context.volume_share(24, before=hours)[target]))
    yield _at_most("from_own_return", float(m.features.own[k, source]), m.p.one_sided_own_return)
    yield _at_most("from_own_z", float(m.features.own_z[k, source]), m.p.launch_z)
    yield _at_least("breadth_from", np.nan if breadth is None else breadth, m.p.min_breadth)
    yield _at_least("to_volume_share", share, max(m.p.launch_volume_share, before))


def _at_least(name: str, value: float, bound: float) -> Condition:
    return Condition(name, number_or_none(value), bound, value >= bound)


def _at_most(name: str, value: float, bound: float) -> Condition:
    return Condition(name, number_or_none(value), bound, value <= bound)
