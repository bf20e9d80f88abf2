"""Taker pressure estimated from the price, and how far it is shrunk."""

from datetime import timedelta

import numpy as np
import pytest

from monitor.analytics.bulk_volume import MEASURED, bulk_imbalance, shrinkage

NAN = float("nan")


@pytest.mark.parametrize(
    ("sds", "part"),
    [
        (1.0, 0.682689492137086),
        (2.0, 0.954499736103642),
        (-0.5, -0.382924922548026),
        (0.0, 0.0),
    ],
)
def test_it_follows_the_normal_distribution(sds: float, part: float) -> None:
    # the part of a normal population within so many standard deviations, from printed tables
    found = bulk_imbalance(np.array([sds * 0.02]), np.array([0.02]))
    assert found[0] == pytest.approx(part, rel=1e-12)


def test_it_is_unknown_without_a_return_or_its_size() -> None:
    found = bulk_imbalance(np.array([NAN, 0.01, 0.0]), np.array([0.02, NAN, 0.0]))
    assert np.isnan(found).all()


@pytest.mark.parametrize(
    ("minutes", "measured"), [(1, 5), (5, 5), (10, 15), (15, 15), (20, 30), (30, 30), (60, 60)]
)
def test_a_width_between_two_is_shrunk_like_the_wider_one(minutes: int, measured: int) -> None:
    assert shrinkage(timedelta(minutes=minutes)) is MEASURED[measured]


def test_the_wider_the_bar_the_more_is_shrunk() -> None:
    factors = [MEASURED[width].factor for width in sorted(MEASURED)]
    assert factors == sorted(factors, reverse=True)
