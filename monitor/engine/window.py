"""Sums over windows of the last hours, unknown where too little of the window is known."""

import numpy as np

from monitor.model.interval import FloatArray


def total(rows: FloatArray, least_known: float) -> FloatArray:
    """Sum down the rows, scaled up for unknown ones; NaN where fewer than ``least_known`` of them are known."""
    known = (~np.isnan(rows)).sum(axis=0)
    part = known / len(rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(part >= least_known, np.nansum(rows, axis=0) / part, np.nan)


def drift(rows: FloatArray, least_known: float) -> FloatArray:
    """Sum of log returns down the rows, not scaled: what was not seen is in the first return after it."""
    known = (~np.isnan(rows)).sum(axis=0)
    return np.where(known >= least_known * len(rows), np.nansum(rows, axis=0), np.nan)


def none_or(value: float) -> float | None:
    """None for NaN."""
    return None if np.isnan(value) else float(value)
