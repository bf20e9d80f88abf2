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


class Betas:
    """Beta of each sector against the watched market, from overlapping hourly sums."""

    def __init__(self, sectors: int, step_h: float, parameters: AnalyticsParameters) -> None:
        alpha = decay(parameters.beta_half_life_h, step_h)
        self._parameters = parameters
        self.square = Mean(alpha, sectors)
        self.market_square = Mean(alpha, 1)
        self.product = Mean(alpha, sectors)
        self.market = Mean(
            alpha, sectors
        )  # of the winsorised h_m squared, when the sector was known
        self._step_h = step_h

    def current(self) -> FloatArray:
        """As of the step before: shrunk to the prior, clipped; the prior itself in a sector's first 24 h."""
        p = self._parameters
        with np.errstate(invalid="ignore", divide="ignore"):
            raw = self.product.get() / self.market.get()
        young = self.product.count * self._step_h < PRIOR_ONLY_H
        held = np.clip((1.0 - p.beta_shrink) * raw + p.beta_shrink * p.beta_prior, 0.0, p.beta_max)
        return np.where(young | ~np.isfinite(raw), p.beta_prior, held)

    def add(self, hourly_sector: FloatArray, hourly_market: float) -> None:
        """One step's overlapping hourly log returns; a sector whose own is NaN is left out."""
        market = np.array([hourly_market])
        held = winsorised(hourly_sector, np.sqrt(self.square.get()))
        held_market = winsorised(market, np.sqrt(self.market_square.get()))
        self.square.add(hourly_sector * hourly_sector)
        self.market_square.add(market * market)
        self.product.add(held * held_market)
        self.market.add(np.where(np.isnan(held), np.nan, held_market * held_market))


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
