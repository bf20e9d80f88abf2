"""How far bulk volume overstates taker pressure, fitted where the true figure is known."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from monitor.analytics.bulk_volume import bulk_imbalance
from monitor.analytics.own import Mean, decay
from monitor.analytics.parameters import AnalyticsParameters
from monitor.model.interval import FloatArray

LEAST_DAY = 0.95
"""Part of a day's bars that must be known."""


@dataclass(frozen=True, slots=True)
class Fit:
    """``factor``: true over estimated imbalance of a day, with its standard error; ``agree``: part of the pair-days on
    which both have the same sign."""

    factor: float
    error: float
    days: int
    pair_days: int
    agree: float


def daily_imbalance(close: FloatArray, volume: FloatArray, width: timedelta) -> FloatArray:
    """(days, pairs): estimated net flow over traded volume of each day, not shrunk.

    ``close``, ``volume``: (steps, pairs) of bars that begin with a day; NaN unknown. A bar counts where its return and
    the usual size of one are known; a day with under 95 % of its bars is NaN.
    """
    per_day = timedelta(days=1) // width
    step_h = width / timedelta(hours=1)
    spread = Mean(
        decay(AnalyticsParameters().spread_half_life_h, step_h),
        close.shape[1],
    )
    days = len(close) // per_day
    net, known = np.full((2, days * per_day, close.shape[1]), np.nan)
    step = np.diff(np.log(close), axis=0, prepend=np.nan)
    for t in range(days * per_day):
        net[t] = volume[t] * bulk_imbalance(step[t], np.sqrt(spread.get()))
        known[t] = np.where(np.isnan(net[t]), np.nan, volume[t])
        spread.add(step[t] * step[t])
    by_day = (days, per_day, -1)
    counted = (~np.isnan(net)).reshape(by_day).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.nansum(net.reshape(by_day), axis=1) / np.nansum(known.reshape(by_day), axis=1)
    return np.where(counted >= LEAST_DAY * per_day, found, np.nan)


def fit_shrinkage(estimated: FloatArray, true: FloatArray) -> Fit:
    """Least squares through the origin of true on estimated imbalance, both (days, pairs); NaN pair-days are left out.

    The error is clustered by day, since pairs of one day move alike. Raises ValueError with under ten days.
    """
    both = ~(np.isnan(estimated) | np.isnan(true))
    x, y = np.where(both, estimated, 0.0), np.where(both, true, 0.0)
    days = int(both.any(axis=1).sum())
    if days < 10:
        raise ValueError(f"found {days} days of both, expected ten at the least")
    square = float((x * x).sum())
    factor = float((x * y).sum()) / square
    by_day = (x * (y - factor * x)).sum(axis=1)
    count = int(both.sum())
    return Fit(
        factor,
        float(np.sqrt((by_day * by_day).sum())) / square,
        days,
        count,
        float(((x * y) > 0).sum()) / count,
    )
