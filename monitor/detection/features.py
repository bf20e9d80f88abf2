"""The three witnesses of every pair and horizon: price, volume, flow (METHOD, chapter 7)."""

from collections.abc import Callable
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
    for name, row in rows.items():
        memory.rows[name].push(row)
    hour = memory.per_hour
    sums = {}
    for name in ("e", "q"):
        last = memory.rows[name].last(hour + 1)
        whole = ~np.isnan(last).any(axis=0)
        sums[name] = np.where(whole, last[1:].sum(axis=0), np.nan)
    series = {
        "x": sums["e"][pairs.target] - sums["e"][pairs.source],
        "y": sums["q"][pairs.target] - sums["q"][pairs.source],
        "e": sums["e"],
    }
    for name, values in series.items():
        mean = memory.spread[name]
        bound = WINSOR * np.sqrt(mean.get())
        loose = np.isnan(bound) | (bound == 0)  # nothing seen yet, or only standstill
        held = np.where(loose, values, within(values, bound))
        mean.add(held * held)
        memory.sigma[name].push(np.sqrt(mean.get()))


@dataclass(frozen=True, slots=True, eq=False)
class Sensed:
    """What one step shows before anything is decided, as :class:`Features`; the volume witness in its two parts.

    ``raw``: this step's samples (level, change, flow) per (horizon, pair). ``weight``: of the flow's grade.
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
    raw: dict[str, FloatArray]

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
    windows = [sums_over(memory, hours) for hours in p.horizons_h]
    e = np.array([w.e for w in windows])
    drift = e[:, b] - e[:, a]
    root = np.sqrt(np.array(p.horizons_h, dtype=np.float64))[:, None]
    before = [hours * memory.per_hour for hours in p.horizons_h]
    spread = {
        name: np.array([memory.sigma[name].ago(steps) for steps in before]) * root
        for name in ("x", "y", "e")
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        q = np.array([w.q for w in windows])
        tilt = q[:, b] - q[:, a]
        floor = p.sigma_floor * root
        by_cap = drift / np.maximum(spread["x"], floor)
        by_member = tilt / np.maximum(spread["y"], floor)
        price = _finite(np.minimum(by_cap, by_member))
        own_z = _finite(e / spread["e"])
    raw = _samples(windows, pairs)
    weight = np.array([w.weight for w in windows])
    covered, worse = _covered(memory, pairs, max(before))
    level, change, flow = _over_usual(memory, raw, p)
    return Sensed(
        drift=drift,
        price=price,
        level=level,
        change=change,
        flow=flow,
        weight=np.minimum(weight[:, a], weight[:, b]),
        own=e,
        own_z=own_z,
        coverage=np.array([worse[-steps:].sum(axis=0) / steps for steps in before]),
        sector_coverage=np.array([covered[-steps:].sum(axis=0) / steps for steps in before]),
        raw=raw,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What one window holds per sector; NaN where fewer than 70 % of its steps are known.

    ``volume``, ``earlier`` (the 24 h before the window) and ``net``: USD, scaled up for unknown steps. ``weight``: mean
    weight of the flow's grade.
    """

    e: FloatArray
    q: FloatArray
    volume: FloatArray
    earlier: FloatArray
    net: FloatArray
    weight: FloatArray


def sums_over(memory: DetectionWindows, hours: int) -> Sums:
    """The sums of the window of ``hours`` that ends with the last step."""
    steps, day = hours * memory.per_hour, 24 * memory.per_hour
    e, q = _both(memory, ("e", "q"), steps, drift)
    volume, net = _both(memory, ("volume", "net"), steps, total)
    earlier = total(memory.rows["volume"].last(steps + day)[:day], LEAST_KNOWN)
    weight = memory.rows["weight"].last(steps)
    flows = memory.rows["net"].last(steps)
    known = ~np.isnan(flows)
    if known.all():
        mean_weight = weight.sum(axis=0) / steps
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_weight = np.where(known, weight, 0.0).sum(axis=0) / known.sum(axis=0)
    return Sums(e, q, volume, earlier, net, known_or_zero(mean_weight))


def _both(
    memory: DetectionWindows,
    names: tuple[str, str],
    steps: int,
    add: Callable[[FloatArray, float], FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Two rows of sectors summed side by side."""
    first, second = (memory.rows[name].last(steps) for name in names)
    summed = add(np.concatenate([first, second], axis=1), LEAST_KNOWN)
    middle = first.shape[1]
    return summed[:middle], summed[middle:]


def _covered(memory: DetectionWindows, pairs: Pairs, steps: int) -> tuple[FloatArray, FloatArray]:
    """(steps, sectors) and, of the worse side, (steps, pairs): coverage, 0 where nobody answered."""
    covered = known_or_zero(memory.rows["coverage"].last(steps))
    return covered, np.minimum(covered[:, pairs.source], covered[:, pairs.target])


def sample(memory: DetectionWindows, raw: dict[str, FloatArray], p: DetectionParameters) -> None:
    """Once an hour: keep the raw values and renew the medians, each ended its own horizon ago.

    Between two hours the same samples lie before ``t - H``, so the medians need no other refreshing.
    """
    for name, values in raw.items():
        memory.samples[name].push(values.reshape(-1))
    cells = raw["level"].size
    per_horizon = cells // len(p.horizons_h)
    for i, name in enumerate(("level", "change", "flow")):
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


def _samples(windows: list[Sums], pairs: Pairs) -> dict[str, FloatArray]:
    """Per horizon and pair: log volume ratio, the same less that of the day before the window, and the difference of
    taker imbalance."""
    with np.errstate(invalid="ignore", divide="ignore"):
        volume = np.array([w.volume for w in windows])
        now = np.log(volume)
        rise = now - np.log(np.array([w.earlier for w in windows]))
        pressure = np.array([w.net for w in windows]) / volume
        return {
            name: _finite(per_sector[:, pairs.target] - per_sector[:, pairs.source])
            for name, per_sector in (("level", now), ("change", rise), ("flow", pressure))
        }


def _finite(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, np.nan)


def _over_usual(
    memory: DetectionWindows, raw: dict[str, FloatArray], p: DetectionParameters
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Level, change and flow: how far from their medians, in their usual spreads."""
    shape = raw["level"].shape
    middle = memory.medians[:, 0].reshape(3, *shape)
    spread = memory.medians[:, 1].reshape(3, *shape)
    level = (raw["level"] - middle[0]) / np.maximum(spread[0], p.mad_floor_volume)
    change = (raw["change"] - middle[1]) / np.maximum(spread[1], p.mad_floor_volume)
    flow = (raw["flow"] - middle[2]) / np.maximum(spread[2], p.mad_floor_flow)
    return level, change, flow
