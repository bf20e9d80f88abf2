"""Exponential means and slow betas (METHOD, chapters 1 and 6)."""

import numpy as np
import pytest

from monitor.analytics.own import Betas, Mean, decay, winsorised
from monitor.analytics.parameters import AnalyticsParameters

NAN = float("nan")


def test_a_half_life_halves_the_weight() -> None:
    assert decay(1.0, 1.0) == 0.5
    assert (1.0 - decay(96.0, 0.25)) ** (96 * 4) == pytest.approx(0.5)


def test_the_mean_is_corrected_for_its_start() -> None:
    mean = Mean(0.5, 2)
    assert np.isnan(mean.get()).all()
    mean.add(np.array([1.0, 8.0]))
    assert mean.get().tolist() == [1.0, 8.0]
    mean.add(np.array([3.0, NAN]))
    # 1 with weight 1/4 and 3 with weight 1/2, over 3/4; the unknown leaves the other untouched
    assert mean.get().tolist() == [pytest.approx(7.0 / 3.0), 8.0]


def betas(hours: int, factor: float, *, half_life_h: float = 168.0) -> Betas:
    """Two sectors: the first moves ``factor`` times the market, the second with it."""
    found = Betas(2, 1.0, AnalyticsParameters(beta_half_life_h=half_life_h))
    for i in range(hours):
        market = 0.01 if i % 2 else -0.01
        found.add(np.array([factor * market, market]), market)
    return found


def test_beta_is_the_prior_in_the_first_day() -> None:
    assert betas(23, 2.0).current().tolist() == [1.3, 1.3]
    assert betas(24, 2.0).current() == pytest.approx([1.86, 1.06])  # 0.8 x 2 + 0.26, 0.8 + 0.26


@pytest.mark.parametrize(("factor", "expected"), [(5.0, 3.0), (-2.0, 0.0)])
def test_beta_is_held_between_nought_and_three(factor: float, expected: float) -> None:
    assert betas(48, factor).current()[0] == expected


def test_a_wild_hour_enters_at_four_times_the_usual_size() -> None:
    found = betas(24, 1.0, half_life_h=1.0)
    found.add(np.array([0.0, 1.0]), 1.0)
    # products 1/2 x 1e-4 and 1/2 x (1e-4 + 16e-4); market 1/2 x 17e-4: raw 1/17 and 1
    assert found.current() == pytest.approx([0.8 / 17 + 0.26, 1.06], rel=1e-6)


def test_after_standstill_a_first_move_is_not_held_at_nought() -> None:
    held = winsorised(np.array([0.3, 0.3, -0.3]), np.array([0.0, NAN, 0.05]))
    assert held.tolist() == [0.3, 0.3, -0.2]


def test_a_sector_that_comes_later_has_its_own_first_day() -> None:
    found = Betas(2, 1.0, AnalyticsParameters())
    for i in range(72):
        market = 0.03 if i < 48 else 0.01
        found.add(np.array([market, 2.0 * market if i >= 60 else NAN]), market)
    assert found.current().tolist() == [pytest.approx(1.06), 1.3]
    for _ in range(12):
        found.add(np.array([0.01, 0.02]), 0.01)
    # against the market of its own hours, not of those before it was there
    assert found.current()[1] == pytest.approx(1.86)


def test_a_market_that_stands_still_leaves_the_prior() -> None:
    found = Betas(1, 1.0, AnalyticsParameters())
    for _ in range(30):
        found.add(np.array([0.01]), 0.0)
    assert found.current().tolist() == [1.3]


def test_parameters_tell_themselves_apart() -> None:
    names = {AnalyticsParameters().fingerprint(), AnalyticsParameters(beta_max=2.9).fingerprint()}
    assert len(names) == 2
