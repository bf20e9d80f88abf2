"""Sums over windows of the last hours, unknown where too little of the window is known."""

import numpy as np

from monitor.analytics.window import sums
from monitor.model.interval import FloatArray


def total(rows: FloatArray, least_known: float) -> FloatArray:
    """Sum down the rows, scaled up for unknown ones; NaN where fewer than ``least_known`` of them are known."""
    summed, known = sums(rows)
    part = known / len(rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(part >= least_known, summed / part, np.nan)


def drift(rows: FloatArray, least_known: float) -> FloatArray:
    """Sum of log returns down the rows, not scaled: what was not seen is in the first return after it."""
    summed, known = sums(rows)
    return np.where(known >= least_known * len(rows), summed, np.nan)


def none_or(value: float) -> float | None:
    """None for NaN."""
    return None if np.isnan(value) else float(value)


def listed(values: FloatArray) -> list[float | None]:
    """As a list, None for NaN."""
    plain: list[float | None] = values.tolist()
    for i in np.flatnonzero(np.isnan(values)).tolist():
        plain[i] = None
    return plain
