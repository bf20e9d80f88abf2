"""What a sector's trading says of it beside its amounts: volume out of the ordinary, and how far a dollar moves it.

METHOD, chapter 5; illiquidity after Amihud 2002.
"""

import numpy as np

from monitor.model.interval import FloatArray

PER_USD = 1e6
"""Illiquidity is told per million dollars."""


def abnormal_volume(usual: FloatArray, shares: FloatArray, volumes: FloatArray) -> FloatArray:
    """USD (sectors) that each sector traded beyond its usual part of what all traded; they sum to 0.

    ``usual``: shares of volume (samples, sectors) of an earlier time, whose medians, made to sum to 1, are the usual
    parts; ``shares``: now; ``volumes``: USD of now. All NaN where a sector's share or volume is unknown.
    """
    median = np.median(usual, axis=0)
    whole = median.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        found: FloatArray = (shares - median / whole) * volumes.sum()
    return found


def illiquidity(log_returns: FloatArray, volumes: FloatArray, least_known: float) -> FloatArray:
    """Mean over hours of ``|r| / V``: simple return (fraction) per million USD, (sectors).

    ``log_returns``, ``volumes``: (hours, sectors), NaN unknown. An hour without trading has none; NaN where fewer than
    ``least_known`` (a fraction) of the hours have one.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        hourly = np.abs(np.expm1(log_returns)) / np.where(volumes > 0, volumes, np.nan) * PER_USD
    known = ~np.isnan(hourly)
    count = known.sum(axis=0)
    mean = np.where(known, hourly, 0.0).sum(axis=0) / np.maximum(count, 1)
    return np.where(count >= max(least_known * len(hourly), 1), mean, np.nan)
