"""Page-Hinkley and ADWIN as rules: which way they point, when, how strictly, and what is said where they are missing."""

import sys

import numpy as np
import pytest

from monitor.research.drift_detectors import adwin, page_hinkley
from monitor.research.matching import KNOWN, baselines, left_out, rule_named

HOURS = 40 * 24
TURN = 25 * 24


def drifting(per_hour_drift: float = 0.01, seed: int = 3) -> np.ndarray:
    """Two log indices of noise; from ``TURN`` on the second gains on the first every hour."""
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.0, 0.01, (HOURS, 2))
    returns[TURN:, 1] += per_hour_drift
    return np.cumsum(returns, axis=0)


RULES = {
    "Page-Hinkley": lambda index, x: page_hinkley(index, 1, threshold=x),
    "ADWIN": lambda index, x: adwin(index, 1, delta=x),
}
STRICT = {"Page-Hinkley": 40.0, "ADWIN": 0.002}


@pytest.mark.parametrize("name", RULES)
def test_a_change_of_the_mean_is_called_from_the_sector_that_falls_behind(name: str) -> None:
    calls = RULES[name](drifting(), STRICT[name])
    assert (calls[0].source, calls[0].target) == (0, 1)
    assert TURN < calls[0].step <= TURN + 80
    mirrored = RULES[name](drifting()[:, ::-1], STRICT[name])
    assert (mirrored[0].source, mirrored[0].target) == (1, 0)
    assert mirrored[0].step == calls[0].step


@pytest.mark.parametrize("name", RULES)
def test_bars_of_a_quarter_hour_are_looked_at_by_the_hour(name: str) -> None:
    rule = rule_named(name).rule
    index = np.repeat(drifting(), 4, axis=0)
    volume = np.ones(index.shape)
    loosest = rule_named(name).choices[0]
    quarters = rule(index, volume, 4, loosest)
    hours = rule(drifting(), np.ones((HOURS, 2)), 1, loosest)
    assert [call.step for call in quarters] == [4 * call.step + 3 for call in hours]
    assert hours


@pytest.mark.parametrize("name", RULES)
def test_choices_run_from_loose_to_strict(name: str) -> None:
    base = rule_named(name)
    index = np.cumsum(np.random.default_rng(5).standard_t(3, (3000, 3)), axis=0) / 100
    volume = np.ones(index.shape)
    counts = [len(base.rule(index, volume, 1, x)) for x in (base.choices[0], base.choices[-1])]
    assert counts[0] > counts[1]
    assert base.textbook in base.choices


@pytest.mark.parametrize("name", RULES)
def test_hours_of_unknown_price_neither_call_nor_break(name: str) -> None:
    index = drifting()
    index[400:420] = np.nan
    calls = RULES[name](index, STRICT[name])
    assert (calls[0].source, calls[0].target) == (0, 1)
    assert not [call for call in calls if 400 <= call.step < 420]


def test_without_the_extra_they_are_left_out_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert left_out() is None
    assert [base.name for base in baselines()] == [base.name for base in KNOWN]
    monkeypatch.setitem(sys.modules, "river", None)  # how Python is told that it is not there
    assert {base.name for base in KNOWN} - {base.name for base in baselines()} == set(RULES)
    said = left_out()
    assert said is not None
    assert "Page-Hinkley, ADWIN" in said
    assert "sector-rotation-monitor[research]" in said
