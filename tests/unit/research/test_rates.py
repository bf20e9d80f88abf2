"""Intervals of rates and parts against known values."""

import numpy as np
import pytest

from monitor.research.rates import gamma_quantile, overdispersion, rate_interval, student_95, wilson


@pytest.mark.parametrize(
    ("q", "shape", "value"),
    # half the chi-square quantiles of tables: 5 % and 95 % at 2, 6, 8 and 1001 degrees of freedom
    [(0.95, 1.0, 2.99573), (0.05, 3.0, 0.81769), (0.95, 4.0, 7.75366), (0.95, 500.5, 537.8581)],
)
def test_gamma_quantiles_are_those_of_the_tables(q: float, shape: float, value: float) -> None:
    assert gamma_quantile(q, shape) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(("free", "value"), [(1, 6.3138), (2, 2.9200), (5, 2.0150), (30, 1.6973)])
def test_student_quantiles_are_those_of_the_tables(free: int, value: float) -> None:
    assert student_95(free) == pytest.approx(value, rel=1e-3)


def test_a_poisson_count_has_garwoods_limits() -> None:
    low, high = rate_interval([3.0], [1.0])
    assert low == pytest.approx(0.8177, rel=1e-3)
    assert high == pytest.approx(7.7537, rel=1e-3)
    low, high = rate_interval([0, 0, 0], [1, 1, 1])
    assert low == 0.0
    assert high == pytest.approx(2.9957 / 3, rel=1e-4)


def test_units_that_differ_widen_it() -> None:
    alike = rate_interval([2, 2, 2, 2], [1, 1, 1, 1])
    unlike = rate_interval([8, 0, 0, 0], [1, 1, 1, 1])
    assert unlike[0] < alike[0]
    assert unlike[1] > alike[1]
    assert overdispersion(np.array([2.0, 2.0]), np.array([1.0, 1.0])) == 1.0


def test_no_exposure_is_no_rate() -> None:
    with pytest.raises(ValueError, match="exposure"):
        rate_interval([0.0], [0.0])


def test_a_recall_has_wilsons_interval() -> None:
    assert list(wilson(8, 10) or ()) == pytest.approx([0.541, 0.931], abs=2e-3)
    assert wilson(0, 0) is None
    assert list(wilson(0, 5) or ()) == pytest.approx([0.0, 0.351], abs=2e-3)
