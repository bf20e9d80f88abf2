"""Page-Hinkley and ADWIN, river's, as plain rules: over the hourly returns of one sector relative to another.

river is the extra ``research`` of this package and imported when one of them is run. Both get what CUSUM gets, clipped,
and otherwise river's defaults; ADWIN looks at every hour instead of every 32nd, which would make it late for nothing.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec

import numpy as np

from monitor.model.interval import FloatArray
from monitor.research.baselines import (
    Call,
    hourly_relative,
    in_order,
    pair_calls,
    unordered,
)

EXTRA = "research"
CLIP = 4.0
Rings = Callable[[Sequence[float]], tuple[np.ndarray, np.ndarray]]
"""Where it says that the mean rose and where that it fell, of a series with NaN where unknown."""


def has_river() -> bool:
    """Whether the extra is installed."""
    return find_spec("river") is not None


def page_hinkley(log_index: FloatArray, per_hour: int, *, threshold: float = 50.0) -> list[Call]:
    """Cumulated differences from the running mean rise by ``threshold`` over their lowest (Page 1954, Hinkley 1971)."""
    from river.drift import PageHinkley  # noqa: PLC0415  an extra

    def rings(values: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        found = np.zeros((2, len(values)), dtype=np.bool_)
        for row, mode in enumerate(("up", "down")):
            detector = PageHinkley(threshold=threshold, mode=mode)
            for hour, value in enumerate(values):
                if not np.isnan(value):
                    detector.update(value)
                    found[row, hour] = detector.drift_detected
        return found[0], found[1]

    return _calls(log_index, per_hour, rings)


def adwin(log_index: FloatArray, per_hour: int, *, delta: float = 0.002) -> list[Call]:
    """Two parts of a window of adaptive length differ in mean at confidence ``delta`` (Bifet and Gavaldà 2007)."""
    from river.drift import ADWIN  # noqa: PLC0415  an extra

    def rings(values: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        found = np.zeros((2, len(values)), dtype=np.bool_)
        detector = ADWIN(delta=delta, clock=1)
        for hour, value in enumerate(values):
            if not np.isnan(value):
                before = detector.estimation
                detector.update(value)
                found[int(detector.estimation < before), hour] = detector.drift_detected
        return found[0], found[1]

    return _calls(log_index, per_hour, rings)


def _calls(log_index: FloatArray, per_hour: int, rings: Rings) -> list[Call]:
    calls = []
    for a, b in unordered(log_index.shape[1]):
        z = np.clip(hourly_relative(log_index, per_hour, a, b), -CLIP, CLIP)
        rose, fell = rings(z.tolist())
        calls += pair_calls(rose, a, b) + pair_calls(fell, b, a)
    return in_order(calls, per_hour)
