"""Sums of many windows at a time: the same to the bit as each window's own."""

import numpy as np
import pytest

from monitor.analytics.window import (
    drift,
    sliding,
    sliding_by_column,
    sliding_drift,
    sliding_sums,
    sliding_total,
    sums,
    total,
)

STEPS = 40


def rows(width: int, count: int, holes: float) -> np.ndarray:
    """Of very different sizes, so that another order of additions shows; some of them unknown."""
    rng = np.random.default_rng([width, count])
    shape = (count + STEPS - 1, width)
    found = rng.normal(size=shape) * 10.0 ** rng.integers(-6, 6, size=shape)
    found[rng.random(shape) < holes] = np.nan
    return found


@pytest.mark.parametrize("steps", [1, STEPS])
@pytest.mark.parametrize("holes", [0.0, 0.02, 0.4])
@pytest.mark.parametrize("count", [1, 3, 12, 60])
@pytest.mark.parametrize("width", [1, 2, 5, 28])
def test_sums_of_all_windows_are_those_of_each(
    width: int, count: int, holes: float, steps: int
) -> None:
    given = rows(width, count, holes)[: count + steps - 1]
    windows = [given[t : t + count] for t in range(steps)]
    assert sliding(given, count).tobytes() == np.array([w.sum(axis=0) for w in windows]).tobytes()
    for each, of_all in ((total, sliding_total), (drift, sliding_drift)):
        expected = np.array([each(w, 0.7) for w in windows])
        assert of_all(given, count, 0.7).tobytes() == expected.tobytes()
    found, known = sliding_sums(given, count)
    assert found.tobytes() == np.array([sums(w)[0] for w in windows]).tobytes()
    assert known.tolist() == [sums(w)[1].tolist() for w in windows]


@pytest.mark.parametrize("count", [1, 7, 8, 48, 288])
@pytest.mark.parametrize("width", [1, 2, 6])
def test_columns_that_were_picked_are_summed_as_numpy_sums_them(width: int, count: int) -> None:
    picked = rows(3, count, 0.0)[:, np.arange(width) % 3]
    expected = np.array([picked[t : t + count].sum(axis=0) for t in range(STEPS)])
    assert np.ascontiguousarray(sliding_by_column(picked, count)).tobytes() == expected.tobytes()
