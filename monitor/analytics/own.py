"""Own return: the market taken out with a slow, shrunk beta (METHOD, chapter 6)."""

import math
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.model.interval import FloatArray
from monitor.model.state import SectorState

Series = Sequence[tuple[datetime, SectorState]]

PRIOR_ONLY_H = 24.0


def decay(half_life_h: float, step_h: float) -> float:
    """Weight of the newest value in an exponential mean of that half-life."""
    return float(1.0 - 0.5 ** (step_h / half_life_h))


class Mean:
    """Exponential means of several series, corrected for their start; a NaN leaves its series untouched."""

    __slots__ = ("_full", "alpha", "count", "value")

    def __init__(self, alpha: float, size: int) -> None:
        self.alpha = alpha
        # from so many values on the correction is exactly 1; its powers would sink to numbers too small to be quick with
        self._full = -64.0 / math.log2(1.0 - alpha)
        self.value = np.zeros(size)
        self.count = np.zeros(size)

    def get(self) -> FloatArray:
        """Corrected means; NaN for a series that has seen nothing."""
        seen = np.minimum(self.count, self._full)
        if seen.all():
            return np.asarray(self.value / (1.0 - (1.0 - self.alpha) ** seen))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(seen > 0, self.value / (1.0 - (1.0 - self.alpha) ** seen), np.nan)

    def add(self, x: FloatArray) -> None:
        """One more value of each series."""
        unknown = np.isnan(x)
        moved = (1.0 - self.alpha) * self.value + self.alpha * x
        if unknown.any():
            self.value = np.where(unknown, self.value, moved)
            self.count = self.count + ~unknown
        else:
            self.value, self.count = moved, self.count + 1.0

    def arrays(self) -> tuple[FloatArray, FloatArray]:
        """What is to be stored."""
        return self.value, self.count


class MeanPart:
    """Some neighbours among the series of a :class:`Mean`."""

    __slots__ = ("_place", "_whole")

    def __init__(self, whole: Mean, begin: int, size: int) -> None:
        self._whole = whole
        self._place = slice(begin, begin + size)

    @property
    def value(self) -> FloatArray:
        """As the mean's own."""
        return self._whole.value[self._place]

    @value.setter
    def value(self, value: FloatArray) -> None:
        self._whole.value[self._place] = value

    @property
    def count(self) -> FloatArray:
        """As the mean's own."""
        return self._whole.count[self._place]

    @count.setter
    def count(self, count: FloatArray) -> None:
        self._whole.count[self._place] = count


class Betas:
    """Beta of each sector against the watched market, from overlapping hourly sums."""

    def __init__(self, sectors: int, step_h: float, parameters: AnalyticsParameters) -> None:
        self._parameters = parameters
        self._sectors = sectors
        self._step_h = step_h
        # one after the other in one mean: a step adds to all of them at once
        self._all = Mean(decay(parameters.beta_half_life_h, step_h), 3 * sectors + 1)
        self.square = MeanPart(self._all, 0, sectors)
        self.market_square = MeanPart(self._all, sectors, 1)
        self.product = MeanPart(self._all, sectors + 1, sectors)
        self.market = MeanPart(
            self._all, 2 * sectors + 1, sectors
        )  # of the winsorised h_m squared, when the sector was known

    def current(self) -> FloatArray:
        """As of the step before: shrunk to the prior, clipped; the prior itself in a sector's first 24 h."""
        p = self._parameters
        product, market = self._all.get()[self._sectors + 1 :].reshape(2, -1)
        with np.errstate(invalid="ignore", divide="ignore"):
            raw = product / market
        young = self.product.count * self._step_h < PRIOR_ONLY_H
        held = np.clip((1.0 - p.beta_shrink) * raw + p.beta_shrink * p.beta_prior, 0.0, p.beta_max)
        return np.where(young | ~np.isfinite(raw), p.beta_prior, held)

    def add(self, hourly_sector: FloatArray, hourly_market: float) -> None:
        """One step's overlapping hourly log returns; a sector whose own is NaN is left out."""
        hourly = np.append(hourly_sector, hourly_market)
        held = winsorised(hourly, np.sqrt(self._all.get()[: len(hourly)]))
        of_sectors, of_market = held[:-1], held[-1]
        beside = np.where(np.isnan(of_sectors), np.nan, of_market * of_market)
        self._all.add(np.concatenate([hourly * hourly, of_sectors * of_market, beside]))


def winsorised(x: FloatArray, size: FloatArray) -> FloatArray:
    """Held within 4 of its usual ``size``; as it is while that is unknown or there was only standstill."""
    bound = 4.0 * size
    loose = np.isnan(bound) | (bound == 0.0)
    return np.where(loose, x, within(x, bound))


def within(x: FloatArray, bound: FloatArray | float) -> FloatArray:
    """Held between ``-bound`` and ``bound``; unknown where either is."""
    return np.asarray(np.minimum(np.maximum(x, -bound), bound))


def own_move(series: Series, sector: str, benchmark: str | None, since: datetime) -> float | None:
    """The sector's own return from ``since`` to the end of the series (METHOD, 6): simple return less the market part.

    The market part is summed over the series' steps with the beta of the step before. None where either index is
    unknown at ``since``.
    """
    own = {at: state for at, state in series if state.id == sector and at >= since}
    market = {at: state for at, state in series if state.id == benchmark and at >= since}
    times = sorted(own)
    if len(times) < 2 or any(at not in market for at in times):
        return None
    part = 0.0
    for earlier, later in pairwise(times):
        beta = own[earlier].beta
        part += (1.3 if beta is None else beta) * math.log(
            market[later].index / market[earlier].index
        )
    return own[times[-1]].index / own[times[0]].index - 1.0 - (math.exp(part) - 1.0)
