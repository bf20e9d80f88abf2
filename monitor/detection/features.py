"""The three witnesses of every pair and horizon: price, volume, flow (METHOD, chapter 7).

Many steps at a time, each of them as if it were alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from monitor.analytics.own import within
from monitor.analytics.window import (
    FEW,
    known_or_zero,
    sliding,
    sliding_by_column,
    sliding_drift,
    sliding_total,
)
from monitor.detection.parameters import DetectionParameters
from monitor.detection.score import combined
from monitor.detection.seen import BoolArray, Features, Pairs
from monitor.detection.windows import SAMPLES, DetectionWindows
from monitor.model.interval import FloatArray

LEAST_KNOWN = 0.7
WINSOR = 4.0
"""Hourly sums enter the spread no further out than so many of its own size."""


def advance(memory: DetectionWindows, pairs: Pairs, rows: dict[str, FloatArray]) -> FloatArray:
    """Take steps of the sectors, (steps, sectors), into the windows and the spreads of overlapping hourly sums. Gives how many
    hours had entered each spread after every one of them.

    An hour counts once all of its steps and the one before it are known: the first step after a hole holds the whole
    return over it and enters no spread.
    """
    memory.rows.extend(rows)
    e, q = (_hours(memory, name, len(rows["e"])) for name in ("e", "q"))
    a, b = pairs.source, pairs.target
    values = np.concatenate([e[:, b] - e[:, a], q[:, b] - q[:, a], e], axis=1)
    spread, sigma = memory.spread, memory.sigma.whole.ago(0)
    counts, found = np.empty(values.shape), np.empty(values.shape)
    for t, value in enumerate(values):
        bound = WINSOR * sigma  # as the spreads stand
        loose = np.isnan(bound) | (bound == 0)  # nothing seen yet, or only standstill
        held = np.where(loose, value, within(value, bound))
        spread.add(held * held)
        sigma = np.sqrt(spread.get())
        counts[t], found[t] = spread.count, sigma
    memory.sigma.whole.extend(found)
    return counts


def _hours(memory: DetectionWindows, name: str, steps: int) -> FloatArray:
    """Sum of the last hour of each step; NaN where it or the step before it is unknown."""
    rows = memory.rows[name].over(memory.per_hour + 1, steps)
    return np.where(np.isnan(rows[:steps]), np.nan, sliding(rows[1:], memory.per_hour))


@dataclass(frozen=True, slots=True, eq=False)
class Sensed:
    """What steps show before anything is decided, as :class:`Features`, with a first axis of steps; the volume witness in its
    two parts. ``weight``: of the flow's grade."""

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

    def at(self, place: int | slice) -> "Sensed":
        """Of one step, without that axis, or of several."""
        return Sensed(*[getattr(self, f.name)[place] for f in fields(self)])

    def features(self, reversing: BoolArray) -> Features:
        """Witnesses and scores, of one step or of many. ``reversing``: pairs whose opposite was confirmed within the reversal
        window, whose volume witness is the larger of level and change."""
        mean = 0.5 * (self.level + self.change)
        larger = np.fmax(self.level, self.change)
        volume = np.where(reversing[..., None, :], larger, mean)
        weight = np.where(np.isnan(self.flow), 0.0, self.weight)
        pressure = weight * known_or_zero(self.flow)
        return Features(
            drift=self.drift,
            price=self.price,
            volume=volume,
            flow=self.flow,
            pressure=pressure,
            score=combined(self.price, volume, self.flow, weight),
            own=self.own,
            own_z=self.own_z,
            coverage=self.coverage,
            sector_coverage=self.sector_coverage,
        )


def sense(
    memory: DetectionWindows,
    pairs: Pairs,
    p: DetectionParameters,
    windows: "Sums",
    usual: FloatArray,
) -> Sensed:
    """What the memory shows of the steps that ``windows`` are of. ``usual``: their raw samples :func:`over_usual`."""
    a, b = pairs.source, pairs.target
    before, steps = _in_steps(memory, p), usual.shape[1]
    e, q = windows.e, windows.q
    drift, tilt = e[..., b] - e[..., a], q[..., b] - q[..., a]
    root = np.sqrt(np.array(p.horizons_h, dtype=np.float64))[:, None]
    sigma = memory.sigma.whole
    spread = np.stack([sigma.over(ago + 1, steps)[:steps] for ago in before], axis=1) * root
    x, y, own = (spread[..., place] for place in memory.sigma.places.values())
    floor = p.sigma_floor * root
    with np.errstate(invalid="ignore", divide="ignore"):
        by_cap, by_member = drift / np.maximum(x, floor), tilt / np.maximum(y, floor)
        price = _finite(np.minimum(by_cap, by_member))
        own_z = _finite(e / own)
    coverage, sector_coverage = _covered(memory, pairs, before, steps)
    level, change, flow = usual
    return Sensed(
        drift=drift,
        price=price,
        level=level,
        change=change,
        flow=flow,
        weight=np.minimum(windows.weight[..., a], windows.weight[..., b]),
        own=e,
        own_z=own_z,
        coverage=coverage,
        sector_coverage=sector_coverage,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What the windows hold, (steps, horizons, sectors); NaN where fewer than 70 % of a window's steps are known.

    ``volume``, ``earlier`` (the 24 h before the window) and ``net``: USD, scaled up for unknown steps. ``weight``: mean
    weight of the flow's grade.
    """

    e: FloatArray
    q: FloatArray
    volume: FloatArray
    earlier: FloatArray
    net: FloatArray
    weight: FloatArray


def sums_over(memory: DetectionWindows, p: DetectionParameters, steps: int) -> Sums:
    """The sums of the horizons' windows that end with each of the last ``steps``."""
    windows = _in_steps(memory, p)
    returns = _both(memory, ("e", "q"), windows, steps, sliding_drift)
    amounts = _both(memory, ("volume", "net"), windows, steps, sliding_total)
    weight = np.stack([_mean_weight(memory, window, steps) for window in windows], axis=1)
    earlier = _days_before(memory, windows, steps)
    return Sums(*returns, amounts[0], np.stack(earlier, axis=1), amounts[1], weight)


def _in_steps(memory: DetectionWindows, p: DetectionParameters) -> list[int]:
    """How long the horizons' windows are, in steps."""
    return [hours * memory.per_hour for hours in p.horizons_h]


def _days_before(memory: DetectionWindows, windows: Sequence[int], steps: int) -> list[FloatArray]:
    """By window the volume of the day before it, (steps, sectors)."""
    day, longest, traded = 24 * memory.per_hour, max(windows), memory.rows["volume"]
    if steps < FEW:
        rows = [traded.over(window + day, steps)[: day + steps - 1] for window in windows]
        return [sliding_total(of_day, day, LEAST_KNOWN) for of_day in rows]
    days = sliding_total(traded.over(day + longest, steps), day, LEAST_KNOWN)
    return [days[longest - window : longest - window + steps] for window in windows]


def _mean_weight(memory: DetectionWindows, window: int, steps: int) -> FloatArray:
    """Over the steps whose flow is known; 0 without any."""
    weight, flows = (memory.rows[name].over(window, steps) for name in ("weight", "net"))
    known = ~np.isnan(flows)
    summed = sliding(np.where(known, weight, 0.0), window)
    with np.errstate(invalid="ignore", divide="ignore"):
        return known_or_zero(summed / sliding(known.astype(np.float64), window))


def _both(
    memory: DetectionWindows,
    names: tuple[str, str],
    windows: Sequence[int],
    steps: int,
    add: Callable[[FloatArray, int, float], FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Two rows of sectors summed side by side."""
    rows = [
        np.concatenate([memory.rows[name].over(window, steps) for name in names], axis=1)
        for window in windows
    ]
    summed = np.stack(
        [add(r, window, LEAST_KNOWN) for r, window in zip(rows, windows, strict=True)], axis=1
    )
    middle = summed.shape[2] // 2
    return summed[..., :middle], summed[..., middle:]


def _covered(
    memory: DetectionWindows, pairs: Pairs, windows: Sequence[int], steps: int
) -> tuple[FloatArray, FloatArray]:
    """Mean coverage per (step, window, pair), of the worse side, and per (step, window, sector); 0 where nobody answered."""
    longest = max(windows)
    covered = known_or_zero(memory.rows["coverage"].over(longest, steps))
    worse = np.minimum(covered[:, pairs.source], covered[:, pairs.target])
    of_pairs, of_sectors = (
        np.stack([add(rows[longest - window :], window) / window for window in windows], axis=1)
        for rows, add in ((worse, sliding_by_column), (covered, sliding))
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


def samples(windows: Sums, pairs: Pairs) -> FloatArray:
    """(3, steps, horizons, pairs): log volume ratio, the same less that of the day before the window, and the difference of
    taker imbalance."""
    with np.errstate(invalid="ignore", divide="ignore"):
        now = np.log(windows.volume)
        rise = now - np.log(windows.earlier)
        per_sector = np.array([now, rise, windows.net / windows.volume])
        return _finite(per_sector[..., pairs.target] - per_sector[..., pairs.source])


def _finite(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, np.nan)


def over_usual(memory: DetectionWindows, raw: FloatArray, p: DetectionParameters) -> FloatArray:
    """Level, change and flow (3, steps, horizons, pairs): how far from their medians, in their usual spreads."""
    shape = (3, 1, *raw.shape[2:])
    middle, spread = (memory.medians[:, i].reshape(shape) for i in (0, 1))
    floor = np.array([p.mad_floor_volume, p.mad_floor_volume, p.mad_floor_flow])
    usual: FloatArray = (raw - middle) / np.maximum(spread, floor[:, None, None, None])
    return usual
