"""Series of bars that nothing can be said against: what :func:`~monitor.ingest.validation.suspicion.suspicions` would find
nothing in, told from arrays and without a look at other markets. Pure.
"""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from monitor.ingest.validation.recent import HABIT_BARS, LEAST_BARS
from monitor.ingest.validation.suspicion import MOVE, STEP, SURGE
from monitor.model.bar_columns import BarColumns

_US = timedelta(microseconds=1)
_SLACK = 1e-9  # what is this near to a bound is looked at in full


def is_calm(before: BarColumns, mine: BarColumns, width: timedelta) -> bool:
    """Whether no bar of one market's is in doubt for sure; ``before``: its last believed bars, both ascending."""
    known = before.chosen(slice(-HABIT_BARS, None))
    opens = np.concatenate([known.opens, mine.opens])
    figures = np.concatenate([known.figures, mine.figures], axis=1)
    open_, close, volume = figures[0], figures[3], figures[4]
    first = len(known)  # the bars before it are judged already
    if (volume[first:] == 0).any():
        return False
    after, last = slice(max(first, 1), None), slice(max(first, 1) - 1, -1)
    apart = (opens[after] - opens[last]) // (width // _US)
    steps = (apart == 1) & (_off(open_[after], close[last]) > STEP - _SLACK)
    moved = _off(close[after], close[last]) / np.sqrt(np.maximum(apart, 1))
    moved = np.maximum(moved, _off(close[after], open_[after]))
    if steps.any() or (moved > MOVE - _SLACK).any():
        return False
    return not (volume > SURGE * _most_before(volume))[first:].any()


def _off(price: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(price / other, other / price) - 1


def _most_before(volume: NDArray[np.float64]) -> NDArray[np.float64]:
    """The most of the bars that a habit is taken from, before each bar; without bound where they are too few."""
    most = np.concatenate([np.full(HABIT_BARS, -np.inf), volume[:-1]])
    width = 1  # of the window whose most each place is: two that meet or overlap are a wider one
    while width < HABIT_BARS:
        step = min(width, HABIT_BARS - width)
        most = np.maximum(most[:-step], most[step:])
        width += step
    most[:LEAST_BARS] = np.inf
    return most
