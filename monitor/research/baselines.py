"""Plain rules to compare with: what they would have said of the same sectors, and when.

Each takes log index levels and traded volumes of the watched sectors, arrays (steps, sectors) with NaN where unknown,
and gives calls in order of time. A rule that is still ringing says nothing for 24 h: per source where it names only
a loser, else per ordered pair.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.model.interval import FloatArray

QUIET_H = 24
DAY_H = 24
WEEK_H = 168
YARDSTICK_H = 336
LEAST_H = 84


@dataclass(frozen=True, slots=True)
class Call:
    """An alarm of a plain rule: position of the step, of the source and of the destination."""

    step: int
    source: int
    target: int


def naive(log_index: FloatArray, per_hour: int, *, threshold: float = -0.10) -> list[Call]:
    """A sector's index fell by ``threshold`` (a simple return) in 24 h; into the best other sector."""
    day = np.expm1(_change(log_index, DAY_H * per_hour))
    return _loser_calls(day, day <= threshold, per_hour)


def naive_with_volume(
    log_index: FloatArray,
    volume: FloatArray,
    per_hour: int,
    *,
    threshold: float = -0.10,
    ratio: float = 1.5,
) -> list[Call]:
    """The same, and 24 h volume of the best other over the loser's is ``ratio`` times its median of 7 days."""
    day = np.expm1(_change(log_index, DAY_H * per_hour))
    traded = _trailing_sum(volume, DAY_H * per_hour)
    rings = np.zeros(day.shape, dtype=np.bool_)
    for step, source in zip(*np.nonzero(day <= threshold), strict=True):
        target = _best_other(day[step], int(source))
        if target is None:
            continue
        week = traded[max(0, step - WEEK_H * per_hour) : step : per_hour]
        with np.errstate(invalid="ignore", divide="ignore"):
            past = week[:, target] / week[:, source]
            now = traded[step, target] / traded[step, source]
        past = past[np.isfinite(past)]
        rings[step, source] = len(past) > 0 and now >= ratio * np.median(past)
    return _loser_calls(day, rings, per_hour)


def rolling_z(log_index: FloatArray, per_hour: int, *, threshold: float = 3.0) -> list[Call]:
    """The 24 h relative return of a pair is ``threshold`` standard deviations from its mean of 14 days."""
    hourly = log_index[per_hour - 1 :: per_hour]
    day = _change(hourly, DAY_H)
    calls = []
    for a, b in unordered(log_index.shape[1]):
        relative = day[:, b] - day[:, a]
        mean, sd = _trailing_moments(relative, YARDSTICK_H)
        with np.errstate(invalid="ignore", divide="ignore"):
            z = (relative - mean) / sd
        calls += pair_calls(z >= threshold, a, b) + pair_calls(z <= -threshold, b, a)
    return in_order(calls, per_hour)


def cusum(
    log_index: FloatArray, per_hour: int, *, slack: float = 0.15, bound: float = 8.0
) -> list[Call]:
    """Cumulated hourly relative returns, each over its sd of 14 days, less ``slack``, pass ``bound``."""
    calls = []
    for a, b in unordered(log_index.shape[1]):
        z = hourly_relative(log_index, per_hour, a, b)
        calls += pair_calls(_passes(z, slack, bound), a, b)
        calls += pair_calls(_passes(-z, slack, bound), b, a)
    return in_order(calls, per_hour)


def hourly_relative(log_index: FloatArray, per_hour: int, a: int, b: int) -> FloatArray:
    """Hourly log returns of sector ``b`` over ``a``, each over the sd of the 14 days before; infinite where that is 0."""
    step = _change(log_index[per_hour - 1 :: per_hour], 1)
    relative = step[:, b] - step[:, a]
    _, sd = _trailing_moments(relative, YARDSTICK_H)
    with np.errstate(invalid="ignore", divide="ignore"):
        z: FloatArray = relative / sd
    return z


def _passes(z: FloatArray, slack: float, bound: float) -> np.ndarray:
    """Where the one-sided sum passes the bound; it begins again at 0."""
    rings = np.zeros(len(z), dtype=np.bool_)
    total = 0.0
    for i, value in enumerate(np.nan_to_num(z, posinf=0.0, neginf=0.0).tolist()):
        total = max(0.0, total + value - slack)
        if total >= bound:
            rings[i], total = True, 0.0
    return rings


def _loser_calls(day: FloatArray, rings: np.ndarray, per_hour: int) -> list[Call]:
    """Calls of rules that see a loser, each into the best other sector."""
    silent_until: dict[int, int] = {}
    calls = []
    for step, source in zip(*(axis.tolist() for axis in np.nonzero(rings)), strict=True):
        target = _best_other(day[step], source)
        if target is not None and step >= silent_until.get(source, 0):
            calls.append(Call(step, source, target))
            silent_until[source] = step + QUIET_H * per_hour
    return calls


def _best_other(day: FloatArray, source: int) -> int | None:
    others = [
        (value, -i) for i, value in enumerate(day.tolist()) if i != source and not math.isnan(value)
    ]
    return -max(others)[1] if others else None


def pair_calls(rings: np.ndarray, source: int, target: int) -> list[Call]:
    """Calls of one ordered pair on an hourly grid; the step is still the hour's number."""
    calls, silent_until = [], 0
    for hour in np.flatnonzero(rings).tolist():
        if hour >= silent_until:
            calls.append(Call(hour, source, target))
            silent_until = hour + QUIET_H
    return calls


def in_order(calls: Sequence[Call], per_hour: int) -> list[Call]:
    """Hours back to steps, in order of time."""
    return sorted(
        (Call(c.step * per_hour + per_hour - 1, c.source, c.target) for c in calls),
        key=lambda c: (c.step, c.source, c.target),
    )


def unordered(sectors: int) -> list[tuple[int, int]]:
    """Every pair of positions once."""
    return [(a, b) for a in range(sectors) for b in range(a + 1, sectors)]


def _change(levels: FloatArray, steps: int) -> FloatArray:
    """Change over ``steps``; NaN before there is a past."""
    out = np.full(levels.shape, np.nan)
    out[steps:] = levels[steps:] - levels[:-steps]
    return out


def _trailing_sum(values: FloatArray, steps: int) -> FloatArray:
    total = np.cumsum(np.nan_to_num(values), axis=0)
    out = np.full(values.shape, np.nan)
    out[steps - 1] = total[steps - 1]
    out[steps:] = total[steps:] - total[:-steps]
    return out


def _trailing_moments(values: FloatArray, length: int) -> tuple[FloatArray, FloatArray]:
    """Mean and sd of the ``length`` values before each; NaN under ``LEAST_H`` known ones."""
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)

    def before(x: FloatArray) -> FloatArray:
        total = np.concatenate([[0.0], np.cumsum(x)])
        last = np.arange(len(x))
        found: FloatArray = total[last] - total[np.maximum(0, last - length)]
        return found

    count = before(known.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = before(filled) / count
        variance = np.maximum(0.0, before(filled * filled) / count - mean * mean)
    enough = count >= LEAST_H
    return np.where(enough, mean, np.nan), np.where(enough, np.sqrt(variance), np.nan)
