"""Volume out of the ordinary and what a dollar moves, worked by hand."""

import numpy as np
import pytest

from monitor.analytics.liquidity import abnormal_volume, illiquidity

NAN = np.nan


def test_abnormal_volume_is_what_is_traded_beyond_the_usual_part() -> None:
    usual = np.array([[0.2, 0.8], [0.3, 0.7], [0.9, 0.1]])  # medians .3 and .7
    found = abnormal_volume(usual, np.array([0.5, 0.5]), np.array([50e6, 50e6]))
    assert found == pytest.approx([20e6, -20e6])


def test_medians_are_made_to_sum_to_one_and_abnormal_volumes_to_nought() -> None:
    usual = np.array([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.3, 0.2, 0.5]])  # each .3: a sum of .9
    volumes = np.array([30e6, 20e6, 10e6])
    found = abnormal_volume(usual, volumes / volumes.sum(), volumes)
    assert found == pytest.approx([10e6, 0.0, -10e6], abs=1e-6)
    assert found.sum() == pytest.approx(0.0, abs=1e-6)


def test_an_unknown_share_leaves_all_unknown() -> None:
    found = abnormal_volume(np.array([[0.5, 0.5]]), np.array([NAN, NAN]), np.array([1.0, NAN]))
    assert np.isnan(found).all()


def test_illiquidity_is_the_mean_move_of_an_hour_per_million() -> None:
    returns = np.log1p(np.array([[0.01, -0.02], [-0.03, 0.0]]))
    volumes = np.array([[1e6, 2e6], [2e6, 5e6]])
    assert illiquidity(returns, volumes, 0.7) == pytest.approx([0.0125, 0.005])


def test_hours_without_trading_or_return_say_nothing() -> None:
    returns = np.log1p(
        np.array([[0.01, 0.01, 0.01], [0.5, NAN, 0.5], [0.03, 0.03, NAN], [0.02, 0.02, NAN]])
    )
    volumes = np.array([[1e6, 1e6, 1e6], [0.0, 1e6, NAN], [1e6, 1e6, 1e6], [1e6, 1e6, 1e6]])
    found = illiquidity(returns, volumes, 0.7)
    assert found[:2] == pytest.approx([0.02, 0.02])
    assert np.isnan(found[2]), "one hour of four is too few"
