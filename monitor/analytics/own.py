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
        return self.corrected(self.value, self.count)

    def corrected(self, value: FloatArray, count: FloatArray) -> FloatArray:
        """What :meth:`get` would give of such values and counts."""
        seen = np.minimum(count, self._full)
        if seen.all():
            return np.asarray(value / (1.0 - (1.0 - self.alpha) ** seen))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(seen > 0, value / (1.0 - (1.0 - self.alpha) ** seen), np.nan)

    def add(self, x: FloatArray) -> None:
        """One more value of each series."""
        unknown = np.isnan(x)
        moved = (1.0 - self.alpha) * self.value + self.alpha * x
        if unknown.any():
            self.value = np.where(unknown, self.value, moved)
            self.count = self.count + ~unknown
        else:
            self.value, self.count = moved, self.count + 1.0

    def run(self, x: FloatArray) -> FloatArray:
        """Add rows (steps, series), one after the other; gives the corrected means as they stood before each."""
        before, count = follow(self.alpha, self.value, self.count, x)
        self.value, self.count = before[-1], count[-1]
        return self.corrected(before[:-1], count[:-1])

    def arrays(self) -> tuple[FloatArray, FloatArray]:
        """What is to be stored."""
        return self.value, self.count


def follow(
    alpha: float, value: FloatArray, count: FloatArray, x: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(steps + 1, series) of a mean's values and counts before each row of ``x`` and after the last."""
    values = np.empty((len(x) + 1, len(value)))
    values[0] = value
    unknown, part, keep = np.isnan(x), alpha * x, 1.0 - alpha
    if unknown.any():
        for t, (missing, row) in enumerate(zip(unknown, part, strict=True)):
            values[t + 1] = np.where(missing, values[t], keep * values[t] + row)
    else:
        for t, row in enumerate(part):
            np.multiply(values[t], keep, out=values[t + 1])
            values[t + 1] += row
    counts = np.concatenate([count[None], count + np.cumsum(~unknown, axis=0)])
    return values, counts


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
        return self._held(self._all.get()[self._sectors + 1 :], self.product.count)

    def _held(self, means: FloatArray, count: FloatArray) -> FloatArray:
        p, sectors = self._parameters, self._sectors
        with np.errstate(invalid="ignore", divide="ignore"):
            raw = means[..., :sectors] / means[..., sectors:]
        young = count * self._step_h < PRIOR_ONLY_H
        held = np.clip((1.0 - p.beta_shrink) * raw + p.beta_shrink * p.beta_prior, 0.0, p.beta_max)
        return np.where(young | ~np.isfinite(raw), p.beta_prior, held)

    def add(self, hourly_sector: FloatArray, hourly_market: float) -> None:
        """One step's overlapping hourly log returns; a sector whose own is NaN is left out."""
        self.run(hourly_sector[None], np.array([hourly_market]))

    def run(self, hourly_sector: FloatArray, hourly_market: FloatArray) -> FloatArray:
        """Add the steps' overlapping hourly log returns, (steps, sectors) and (steps,), one after the other; NaN is left
        out. Gives the betas as they stood before each."""
        whole, squares = self._all, self._sectors + 1
        hourly = np.concatenate([hourly_sector, hourly_market[:, None]], axis=1)
        value, count = follow(
            whole.alpha, whole.value[:squares], whole.count[:squares], hourly * hourly
        )
        held = winsorised(hourly, np.sqrt(whole.corrected(value[:-1], count[:-1])))
        of_sectors, of_market = held[:, :-1], held[:, -1:]
        beside = np.where(np.isnan(of_sectors), np.nan, of_market * of_market)
        pairs = np.concatenate([of_sectors * of_market, beside], axis=1)
        means, counts = follow(whole.alpha, whole.value[squares:], whole.count[squares:], pairs)
        whole.value = np.concatenate([value[-1], means[-1]])
        whole.count = np.concatenate([count[-1], counts[-1]])
        return self._held(whole.corrected(means[:-1], counts[:-1]), counts[:-1, : self._sectors])


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
