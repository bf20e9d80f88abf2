"""Relative rotation chart: the usual approximation of JdK RS-Ratio and RS-Momentum, for display only (METHOD, 8)."""

import numpy as np

from monitor.model.interval import FloatArray


def rrg(
    index: FloatArray, bench: FloatArray, n: int = 42, k: int = 6
) -> tuple[FloatArray, FloatArray]:
    """Ratio and momentum, each (T, sectors) around 100, NaN before there is history enough.

    ``index`` (T, sectors) and ``bench`` (T,) are levels sampled every 4 h; ``n`` samples of mean and deviation, ``k``
    samples of change. A deviation of 0 gives 100.
    """
    strength = 100.0 * index / bench[:, None]
    ratio = _standard(strength, n)
    growth = np.full_like(ratio, np.nan)
    growth[k:] = ratio[k:] - ratio[:-k]
    return ratio, _standard(growth, n)


def quadrant(ratio: float, momentum: float) -> str:
    """Clockwise: leading, weakening, lagging, improving."""
    if ratio >= 100:
        return "leading" if momentum >= 100 else "weakening"
    return "improving" if momentum >= 100 else "lagging"


def _standard(values: FloatArray, n: int) -> FloatArray:
    out = np.full_like(values, np.nan)
    for t in range(n - 1, len(values)):
        window = values[t - n + 1 : t + 1]
        sd = window.std(axis=0, ddof=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            z = (values[t] - window.mean(axis=0)) / sd
        out[t] = np.where(sd > 0, 100.0 + z, np.where(np.isnan(sd), np.nan, 100.0))
    return out


def daily(points: FloatArray, per_day: int = 6) -> FloatArray:
    """(days, ...) means of each day's samples, counted back from the newest: what is drawn as a dot a day.

    A day with an unknown sample has the mean of the others, NaN where none is known; an incomplete first day is left out.
    """
    days = len(points) // per_day
    whole = points[len(points) - days * per_day :].reshape(days, per_day, *points.shape[1:])
    known = ~np.isnan(whole)
    count = known.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, np.where(known, whole, 0.0).sum(axis=1) / count, np.nan)
