"""What would end a rotation."""

import numpy as np
import pytest

from monitor.detection.explanation import end_level, ends_at
from monitor.detection.parameters import DetectionParameters
from monitor.detection.score import WITHOUT_FLOW, combined
from monitor.model.rotation import MARKET, Condition
from tests.kit import rotations as samples
from tests.unit.detection.stage import Stage

PAIR = ("ai", "memes")


def test_an_open_rotation_ends_after_two_hours_under_the_bound() -> None:
    (opened,) = Stage().steps(2, {PAIR: 2.6})
    assert ends_at(opened.rotation, DetectionParameters()) == (1.2, 2.0)


def test_a_confirmed_rotation_ends_when_the_hours_that_are_set_are_over() -> None:
    confirmed = Stage().hours(1, {PAIR: 3.4})[-1]
    assert ends_at(confirmed.rotation, DetectionParameters(off=1.0)) == (1.0, 18.0)


def test_the_level_that_ends_it_is_where_its_own_score_is_the_bound() -> None:
    """Two witnesses and no flow: the price witness that is left over for a score of ``off``."""
    p = DetectionParameters()
    evidence = samples.evidence(
        relative_return=-0.12, price_witness=3.0, volume_witness=1.0, flow_witness=None
    )
    norm = WITHOUT_FLOW * 2**0.5
    found = end_level(samples.confirmed(evidence=evidence, score=4.0 / norm), p)
    assert found == pytest.approx(-0.12 * (p.off * norm - 1.0) / 3.0, abs=2e-4)


def test_the_level_takes_the_weight_of_the_flow_from_the_score() -> None:
    p = DetectionParameters()
    price, volume, flow, weight = (np.array([x]) for x in (3.0, 1.0, 0.5, 0.5))
    score = float(combined(price, volume, flow, weight)[0])
    evidence = samples.evidence(
        relative_return=-0.12, price_witness=3.0, volume_witness=1.0, flow_witness=0.5
    )
    found = end_level(samples.confirmed(evidence=evidence, score=score), p)
    assert found is not None
    there = combined(np.array([found / -0.12 * 3.0]), volume, flow, weight)
    assert float(there[0]) == pytest.approx(p.off, abs=0.02)


def test_no_level_is_told_where_no_price_alone_would_end_it() -> None:
    p = DetectionParameters(off=-9.0)
    evidence = samples.evidence(price_witness=3.0, volume_witness=1.0, flow_witness=None)
    assert end_level(samples.confirmed(evidence=evidence), p) is None


def test_a_loss_to_nobody_ends_where_its_first_condition_fails() -> None:
    conditions = (
        Condition("from_own_return", -0.10, -0.05, met=True),
        Condition("from_own_z", -4.0, -3.0, met=True),
    )
    rotation = samples.confirmed(
        to_sector=MARKET, evidence=samples.evidence(to_side=None, conditions=conditions)
    )
    assert end_level(rotation, DetectionParameters()) == pytest.approx(-0.075)
