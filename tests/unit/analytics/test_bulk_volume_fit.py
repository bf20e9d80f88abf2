"""The fit of bulk volume to true taker flow, on made-up bars whose truth is known."""

from datetime import timedelta

import numpy as np
import pytest

from tests.kit.bulk_volume_fit import daily_imbalance, fit_shrinkage


def test_the_fit_finds_the_factor_and_an_error_that_holds() -> None:
    rng = np.random.default_rng(4)
    misses = 0
    for _ in range(200):
        x = rng.normal(0.0, 0.2, (40, 5))
        noise = rng.normal(0.0, 0.03, (40, 1)) + rng.normal(0.0, 0.02, (40, 5))
        fit = fit_shrinkage(x, 0.3 * x + noise)
        misses += abs(fit.factor - 0.3) > 1.645 * fit.error
    assert misses / 200 == pytest.approx(0.10, abs=0.06)
    assert (fit.days, fit.pair_days) == (40, 200)
    assert fit.agree > 0.8


def test_what_is_unknown_of_either_is_left_out_and_too_little_is_refused() -> None:
    x = np.full((12, 2), 0.1)
    x[:, 1] = np.nan
    y = np.full((12, 2), 0.05)
    fit = fit_shrinkage(x, y)
    assert fit.factor == pytest.approx(0.5)
    assert fit.pair_days == 12
    with pytest.raises(ValueError, match="found 9 days of both, expected ten"):
        fit_shrinkage(x[:9], y[:9])


def test_a_days_imbalance_is_its_estimated_flow_over_its_volume() -> None:
    steps = 4 * 24
    sign = np.where(np.arange(steps) % 2, 1.0, -1.0)
    close = np.exp(np.cumsum(0.01 * sign))[:, None]
    volume = np.where(sign > 0, 300.0, 100.0)[:, None]
    found = daily_imbalance(close, volume, timedelta(hours=1))
    # every step is of its usual size: 68.27 % of 300 bought, of 100 sold
    assert np.isnan(found[0, 0]) or found[0, 0] == pytest.approx(0.6827 * 0.5, abs=0.02)
    assert found[1:, 0] == pytest.approx(0.6827 * 0.5, abs=1e-4)
    volume[30:33] = np.nan
    assert np.isnan(daily_imbalance(close, volume, timedelta(hours=1))[1, 0])
