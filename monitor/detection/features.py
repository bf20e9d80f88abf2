"""The three witnesses of every pair and horizon: price, volume, flow (METHOD, chapter 7)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitor.detection.memory import SAMPLES, Memory, sum_known
from monitor.detection.parameters import DetectionParameters
from monitor.model.interval import FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]

LEAST_KNOWN = 0.7
RHO = 0.45
"""Correlation of the price and the flow witness under no rotation, as measured."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The ordered pairs that are watched: positions of *from* and *to*, and of each pair's opposite (-1: unwatched)."""

    source: IntArray
    target: IntArray
    opposite: IntArray
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Per (horizon, pair) unless said otherwise; NaN unknown. ``own_from`` and ``own_z`` per (horizon, sector)."""

    drift: FloatArray
    price: FloatArray
    volume: FloatArray
    flow: FloatArray
    flow_weight: FloatArray
    score: FloatArray
    own: FloatArray
    own_z: FloatArray
    coverage: FloatArray


def advance(memory: Memory, pairs: Pairs, rows: dict[str, FloatArray]) -> None:
    """Take one step of the sectors into the windows and the spreads of overlapping hourly sums."""
    for name, row in rows.items():
        memory.rows[name].push(row)
    hour = memory.per_hour
    e, q = memory.rows["e"].last(hour), memory.rows["q"].last(hour)
    hourly_e, hourly_q = e.sum(axis=0), q.sum(axis=0)
    series = {
        "x": hourly_e[pairs.target] - hourly_e[pairs.source],
        "y": hourly_q[pairs.target] - hourly_q[pairs.source],
        "e": hourly_e,
    }
    for name, values in series.items():
        mean = memory.spread[name]
        bound = 4.0 * np.sqrt(mean.get())
        held = np.where(np.isnan(bound), values, np.clip(values, -bound, bound))
        mean.add(held * held)
        memory.sigma[name].push(np.sqrt(mean.get()))


def features(
    memory: Memory,
    pairs: Pairs,
    p: DetectionParameters,
    flow_weight: FloatArray,
    reversing: BoolArray,
) -> tuple[Features, dict[str, FloatArray]]:
    """Witnesses and scores as of the last step, and the raw samples (level, change, flow) per horizon and pair.

    ``flow_weight`` per sector; ``reversing``: pairs whose opposite was confirmed within the reversal window, whose
    volume witness is the larger of level and change.
    """
    count = len(p.horizons_h)
    shape = (count, len(pairs.source))
    drift, price, own, own_z, coverage = (
        np.full(s, np.nan)
        for s in (shape, shape, (count, _sectors(memory)), (count, _sectors(memory)), shape)
    )
    raw = {name: np.full(shape, np.nan) for name in ("level", "change", "flow")}
    for k, hours in enumerate(p.horizons_h):
        steps = hours * memory.per_hour
        e = sum_known(memory.rows["e"].last(steps), LEAST_KNOWN, scaled=False)
        q = sum_known(memory.rows["q"].last(steps), LEAST_KNOWN, scaled=False)
        root = np.sqrt(hours)
        drift[k] = e[pairs.target] - e[pairs.source]
        with np.errstate(invalid="ignore", divide="ignore"):
            zx = drift[k] / (memory.sigma["x"].ago(steps) * root)
            zy = (q[pairs.target] - q[pairs.source]) / (memory.sigma["y"].ago(steps) * root)
            own[k], own_z[k] = e, e / (memory.sigma["e"].ago(steps) * root)
        price[k] = 0.5 * (zx + zy)
        raw["level"][k], raw["change"][k], raw["flow"][k] = _volumes(memory, pairs, steps)
        seen = np.nan_to_num(memory.rows["coverage"].last(steps)).mean(axis=0)
        coverage[k] = np.minimum(seen[pairs.source], seen[pairs.target])
    volume, flow = _witnesses(memory, raw, p, reversing)
    weight = np.minimum(flow_weight[pairs.source], flow_weight[pairs.target])
    score = combined(price, volume, flow, np.where(np.isnan(flow), 0.0, weight))
    return Features(drift, price, volume, flow, weight, score, own, own_z, coverage), raw


def combined(
    price: FloatArray, volume: FloatArray, flow: FloatArray, weight: FloatArray
) -> FloatArray:
    """The score: clipped witnesses over the norm that keeps it at about unit variance under no rotation.

    ``sqrt(3 + 2 rho)`` with flow of grade A, ``sqrt 2`` without flow, and in between by the flow's weight.
    """
    norm = np.sqrt(2.0 + weight * weight + 2.0 * RHO * weight)
    pressure = weight * np.where(weight > 0, np.clip(np.nan_to_num(flow), -3, 3), 0.0)
    return (np.clip(price, -4, 4) + np.clip(volume, -3, 3) + pressure) / norm


def sample(memory: Memory, raw: dict[str, FloatArray], p: DetectionParameters) -> None:
    """Once an hour: keep the raw values and renew the medians, each ended its own horizon ago."""
    for name, values in raw.items():
        memory.samples[name].push(values.reshape(-1))
    cells = raw["level"].size
    per_horizon = cells // len(p.horizons_h)
    for k, hours in enumerate(p.horizons_h):
        cut = slice(k * per_horizon, (k + 1) * per_horizon)
        for i, name in enumerate(("level", "change", "flow")):
            rows = memory.samples[name].last(SAMPLES)[
                SAMPLES - hours - p.full_samples : SAMPLES - hours, cut
            ]
            memory.medians[i, 0, cut], memory.medians[i, 1, cut] = median_and_mad(
                rows, p.least_samples
            )
            if name == "level":
                memory.known[cut] = (~np.isnan(rows)).sum(axis=0)


def median_and_mad(rows: FloatArray, least: int) -> tuple[FloatArray, FloatArray]:
    """Column-wise median and 1.4826 times the median distance from it; NaN under ``least`` known rows."""
    enough = (~np.isnan(rows)).sum(axis=0) >= least
    middle = np.full(rows.shape[1], np.nan)
    spread = middle.copy()
    if enough.any():
        known = rows[:, enough]
        middle[enough] = np.nanmedian(known, axis=0)
        spread[enough] = 1.4826 * np.nanmedian(np.abs(known - middle[enough]), axis=0)
    return middle, spread


def _volumes(memory: Memory, pairs: Pairs, steps: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(level, change, flow difference) of one horizon: log volume ratio, the same less that of the day before, and
    the difference of taker imbalance."""
    day = 24 * memory.per_hour
    volume = sum_known(memory.rows["volume"].last(steps), LEAST_KNOWN, scaled=True)
    net = sum_known(memory.rows["net"].last(steps), LEAST_KNOWN, scaled=True)
    earlier = sum_known(memory.rows["volume"].last(steps + day)[:day], LEAST_KNOWN, scaled=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        now, then, pressure = np.log(volume), np.log(earlier), net / volume
    level = now[pairs.target] - now[pairs.source]
    change = level - (then[pairs.target] - then[pairs.source])
    flow = pressure[pairs.target] - pressure[pairs.source]
    return tuple(np.where(np.isfinite(x), x, np.nan) for x in (level, change, flow))  # type: ignore[return-value]


def _witnesses(
    memory: Memory, raw: dict[str, FloatArray], p: DetectionParameters, reversing: BoolArray
) -> tuple[FloatArray, FloatArray]:
    shape = raw["level"].shape
    middle = memory.medians[:, 0].reshape(3, *shape)
    spread = memory.medians[:, 1].reshape(3, *shape)
    level = (raw["level"] - middle[0]) / np.maximum(spread[0], p.mad_floor_volume)
    change = (raw["change"] - middle[1]) / np.maximum(spread[1], p.mad_floor_volume)
    flow = (raw["flow"] - middle[2]) / np.maximum(spread[2], p.mad_floor_flow)
    return np.where(reversing[None, :], np.fmax(level, change), 0.5 * (level + change)), flow


def _sectors(memory: Memory) -> int:
    return len(memory.levels)
