"""Intervals of rates hold their level where series differ: 10,800 drawn tables of counts."""

import numpy as np
import pytest

from monitor.research.rates import rate_interval


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
