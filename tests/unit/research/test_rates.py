"""Intervals of rates and parts: known values, and that they hold their level where series differ."""

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


@pytest.mark.parametrize("series", [6, 12, 60])
@pytest.mark.parametrize("rate", [0.3, 0.8, 2.0])
@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_the_interval_holds_its_level(series: int, rate: float, spread: float) -> None:
    """Poisson counts whose rates scatter between series by ``spread`` of their mean (gamma), 3 pair-months each."""
    rng = np.random.default_rng([series, int(10 * rate), int(10 * spread)])
    tries, held = 400, 0
    for _ in range(tries):
        mean = np.full(series, rate)
        if spread:
            mean = rng.gamma(1 / spread**2, rate * spread**2, series)
        low, high = rate_interval(rng.poisson(3 * mean).tolist(), [3.0] * series)
        held += low <= rate <= high
    # one standard error of a coverage of .9 in 400 tries is 1.5 points
    assert held / tries >= 0.87


def test_a_recall_has_wilsons_interval() -> None:
    assert list(wilson(8, 10) or ()) == pytest.approx([0.541, 0.931], abs=2e-3)
    assert wilson(0, 0) is None
    assert list(wilson(0, 5) or ()) == pytest.approx([0.0, 0.351], abs=2e-3)
