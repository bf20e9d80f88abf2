"""The three witnesses of every pair and horizon: price, volume, flow (METHOD, chapter 7)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.analytics.own import within
from monitor.analytics.window import drift, known_or_zero, total
from monitor.detection.parameters import DetectionParameters
from monitor.detection.score import combined
from monitor.detection.seen import BoolArray, Features, Pairs
from monitor.detection.windows import SAMPLES, DetectionWindows
from monitor.model.interval import FloatArray

LEAST_KNOWN = 0.7
WINSOR = 4.0
"""Hourly sums enter the spread no further out than so many of its own size."""


def advance(memory: DetectionWindows, pairs: Pairs, rows: dict[str, FloatArray]) -> None:
    """Take one step of the sectors into the windows and the spreads of overlapping hourly sums.

    An hour counts once all of its steps and the one before it are known: the first step after a hole holds the whole
    return over it and enters no spread.
    """
    memory.rows.push(rows)
    e, q = (_last_hour(memory.rows[name].last(memory.per_hour + 1)) for name in ("e", "q"))
    a, b = pairs.source, pairs.target
    values = np.concatenate([e[b] - e[a], q[b] - q[a], e])  # as the spreads stand
    bound = WINSOR * memory.sigma.whole.ago(0)
    loose = np.isnan(bound) | (bound == 0)  # nothing seen yet, or only standstill
    held = np.where(loose, values, within(values, bound))
    memory.spread.add(held * held)
    memory.sigma.whole.push(np.sqrt(memory.spread.get()))


def _last_hour(rows: FloatArray) -> FloatArray:
    """Sum of all rows but the first; NaN where one is unknown."""
    return np.where(np.isnan(rows[0]), np.nan, rows[1:].sum(axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class Sensed:
    """What one step shows before anything is decided, as :class:`Features`; the volume witness in its two parts.

    ``raw``: this step's samples, (level, change, flow) by horizon and pair. ``weight``: of the flow's grade.
    """

    drift: FloatArray
    price: FloatArray
    level: FloatArray
    change: FloatArray
    flow: FloatArray
    weight: FloatArray
    own: FloatArray
    own_z: FloatArray
    coverage: FloatArray
    sector_coverage: FloatArray
    raw: FloatArray

    def features(self, reversing: BoolArray) -> Features:
        """Witnesses and scores. ``reversing``: pairs whose opposite was confirmed within the reversal window, whose
        volume witness is the larger of level and change."""
        mean = 0.5 * (self.level + self.change)
        volume = np.where(reversing[None, :], np.fmax(self.level, self.change), mean)
        weight = np.where(np.isnan(self.flow), 0.0, self.weight)
        return Features(
            drift=self.drift,
            price=self.price,
            volume=volume,
            flow=self.flow,
            score=combined(self.price, volume, self.flow, weight),
            own=self.own,
            own_z=self.own_z,
            coverage=self.coverage,
            sector_coverage=self.sector_coverage,
        )


def sense(memory: DetectionWindows, pairs: Pairs, p: DetectionParameters) -> Sensed:
    """All witnesses as of the last step."""
    a, b = pairs.source, pairs.target
    before = [hours * memory.per_hour for hours in p.horizons_h]
    windows = sums_over(memory, before)
    e, q = windows.e, windows.q
    drift, tilt = e[:, b] - e[:, a], q[:, b] - q[:, a]
    root = np.sqrt(np.array(p.horizons_h, dtype=np.float64))[:, None]
    spread = np.array([memory.sigma.whole.ago(steps) for steps in before]) * root
    x, y, own = (spread[:, place] for place in memory.sigma.places.values())
    floor = p.sigma_floor * root
    with np.errstate(invalid="ignore", divide="ignore"):
        by_cap, by_member = drift / np.maximum(x, floor), tilt / np.maximum(y, floor)
        price = _finite(np.minimum(by_cap, by_member))
        own_z = _finite(e / own)
    raw = _samples(windows, pairs)
    coverage, sector_coverage = _covered(memory, pairs, before)
    level, change, flow = _over_usual(memory, raw, p)
    return Sensed(
        drift=drift,
        price=price,
        level=level,
        change=change,
        flow=flow,
        weight=np.minimum(windows.weight[:, a], windows.weight[:, b]),
        own=e,
        own_z=own_z,
        coverage=coverage,
        sector_coverage=sector_coverage,
        raw=raw,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What the windows hold, (horizons, sectors); NaN where fewer than 70 % of a window's steps are known.

    ``volume``, ``earlier`` (the 24 h before the window) and ``net``: USD, scaled up for unknown steps. ``weight``: mean
    weight of the flow's grade.
    """

    e: FloatArray
    q: FloatArray
    volume: FloatArray
    earlier: FloatArray
    net: FloatArray
    weight: FloatArray


def sums_over(memory: DetectionWindows, windows: Sequence[int]) -> Sums:
    """The sums of windows of so many steps that end with the last one."""
    rows, day = memory.rows, 24 * memory.per_hour
    whole = np.array([rows.whole.last(steps).sum(axis=0) for steps in windows])
    e, q, volume, net = (whole[:, rows.places[name]] for name in ("e", "q", "volume", "net"))
    if np.isnan(e).any() or np.isnan(q).any():
        e, q = _both(memory, ("e", "q"), windows, drift)
    weight = whole[:, rows.places["weight"]] / np.array(windows)[:, None]
    if np.isnan(net).any():
        weight = np.array([_mean_weight(memory, steps) for steps in windows])
    if np.isnan(volume).any() or np.isnan(net).any():
        volume, net = _both(memory, ("volume", "net"), windows, total)
    traded = rows["volume"]
    earlier = [total(traded.last(steps + day)[:day], LEAST_KNOWN) for steps in windows]
    return Sums(e, q, volume, np.array(earlier), net, weight)


def _mean_weight(memory: DetectionWindows, steps: int) -> FloatArray:
    """Over the steps whose flow is known; 0 without any."""
    weight, flows = (memory.rows[name].last(steps) for name in ("weight", "net"))
    known = ~np.isnan(flows)
    if known.all():
        mean: FloatArray = weight.sum(axis=0) / steps
        return mean
    with np.errstate(invalid="ignore", divide="ignore"):
        return known_or_zero(np.where(known, weight, 0.0).sum(axis=0) / known.sum(axis=0))


def _both(
    memory: DetectionWindows,
    names: tuple[str, str],
    windows: Sequence[int],
    add: Callable[[FloatArray, float], FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Two rows of sectors summed side by side, cell by cell where some are unknown."""
    first, second = (memory.rows[name] for name in names)
    summed = np.array(
        [
            add(np.concatenate([first.last(steps), second.last(steps)], axis=1), LEAST_KNOWN)
            for steps in windows
        ]
    )
    middle = summed.shape[1] // 2
    return summed[:, :middle], summed[:, middle:]


def _covered(
    memory: DetectionWindows, pairs: Pairs, windows: Sequence[int]
) -> tuple[FloatArray, FloatArray]:
    """Mean coverage per (window, pair), of the worse side, and per (window, sector); 0 where nobody answered."""
    covered = known_or_zero(memory.rows["coverage"].last(max(windows)))
    worse = np.minimum(covered[:, pairs.source], covered[:, pairs.target])
    of_pairs, of_sectors = (
        np.array([rows[-steps:].sum(axis=0) / steps for steps in windows])
        for rows in (worse, covered)
    )
    return of_pairs, of_sectors


def sample(memory: DetectionWindows, raw: FloatArray, p: DetectionParameters) -> None:
    """Once an hour: keep the raw values and renew the medians, each ended its own horizon ago.

    Between two hours the same samples lie before ``t - H``, so the medians need no other refreshing.
    """
    per_horizon = raw.shape[2]
    for i, name in enumerate(("level", "change", "flow")):
        memory.samples[name].push(raw[i].reshape(-1))
        stored = memory.samples[name].last(SAMPLES)
        ended = np.concatenate(
            [
                stored[SAMPLES - hours - p.full_samples : SAMPLES - hours][
                    :, k * per_horizon : (k + 1) * per_horizon
                ]
                for k, hours in enumerate(p.horizons_h)
            ],
            axis=1,
        )
        memory.medians[i] = median_and_mad(ended, p.least_samples)
        if name == "level":
            memory.known = (~np.isnan(ended)).sum(axis=0)


def median_and_mad(rows: FloatArray, least: int) -> tuple[FloatArray, FloatArray]:
    """Column-wise median and 1.4826 times the median distance from it; NaN under ``least`` known rows."""
    middle = _median(rows, least)
    return middle, 1.4826 * _median(np.abs(rows - middle), least)


def _median(rows: FloatArray, least: int) -> FloatArray:
    """Medians of what is known: sorting puts the unknown last, and is many times faster than masking."""
    known = (~np.isnan(rows)).sum(axis=0)
    ordered, columns = np.sort(rows, axis=0), np.arange(rows.shape[1])
    low, high = np.maximum(known - 1, 0) // 2, np.minimum(known // 2, len(rows) - 1)
    middle = 0.5 * (ordered[low, columns] + ordered[high, columns])
    return np.where(known >= least, middle, np.nan)


def _samples(windows: Sums, pairs: Pairs) -> FloatArray:
    """(3, horizons, pairs): log volume ratio, the same less that of the day before the window, and the difference of
    taker imbalance."""
    with np.errstate(invalid="ignore", divide="ignore"):
        now = np.log(windows.volume)
        rise = now - np.log(windows.earlier)
        per_sector = np.array([now, rise, windows.net / windows.volume])
        return _finite(per_sector[..., pairs.target] - per_sector[..., pairs.source])


def _finite(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, np.nan)


def _over_usual(memory: DetectionWindows, raw: FloatArray, p: DetectionParameters) -> FloatArray:
    """Level, change and flow: how far from their medians, in their usual spreads."""
    middle, spread = (memory.medians[:, i].reshape(raw.shape) for i in (0, 1))
    floor = np.array([p.mad_floor_volume, p.mad_floor_volume, p.mad_floor_flow])
    usual: FloatArray = (raw - middle) / np.maximum(spread, floor[:, None, None])
    return usual
