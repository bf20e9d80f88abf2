"""The three witnesses of every ordered pair and horizon, and the score (chapter 7).

Where the method's table and what real bars taught differ, the later stands: the price witness is the lesser of its two
halves, each over no less than 6 % a day; without flow the norm is 0.8 of root 2, and with flow of grade A
0.97 of root(3 + 2 rho); flow of grade C weighs nothing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd

from tests.integration.research.independent.frames import Tables, amount, drift, log, window
from tests.integration.research.independent.sectors import Sectors
from tests.integration.research.independent.volumes import Volumes

HORIZONS = (4, 8, 12, 24)
RHO = 0.45
FLOOR = 0.0125
"""Log return per root hour."""
WEIGHT = {"A": 1.0, "B": 1.0, "C": 0.0}


@dataclass(frozen=True, eq=False)
class Witnesses:
    """Of one horizon. Columns are (from, to), or sectors for ``own`` and ``own_z``."""

    drift: pd.DataFrame
    price: pd.DataFrame
    level: pd.DataFrame
    change: pd.DataFrame
    flow: pd.DataFrame
    weight: pd.DataFrame
    own: pd.DataFrame
    own_z: pd.DataFrame
    coverage: pd.DataFrame


def witnesses_of(
    t: Tables, s: Sectors, v: Volumes, grade: pd.DataFrame
) -> Iterator[tuple[int, Witnesses]]:
    """By horizon. ``grade``: of each sector's flow over the trailing day."""
    known = pd.DataFrame(dict.fromkeys(t.every_sector, ~t.unseen))
    e, q = s.e.where(known), s.q.where(known)
    per_usd = (v.matched / v.volume).where(v.volume > 0, 1.0)
    weight = pd.DataFrame({c: grade[c].map(WEIGHT).fillna(0.0) for c in t.every_sector})
    weight = weight.where(v.net.notna(), 0.0).astype(float)
    net = (v.net * per_usd).where(weight > 0)
    covered = v.coverage.where(known, 0.0)
    pairs = list(permutations(t.sectors, 2))
    n = t.per_hour
    hour_e, hour_q = (whole_hours(x, n) for x in (e, q))
    sigma_x = spread(across(hour_e, pairs), t)
    sigma_y = spread(across(hour_q, pairs), t)
    sigma_e = spread(hour_e, t)
    day_volume = amount(v.matched, 24 * n)
    for hours in HORIZONS:
        steps, root_h = hours * n, math.sqrt(hours)
        by_cap, by_member = across(drift(e, steps), pairs), across(drift(q, steps), pairs)
        volume = amount(v.matched, steps)
        level = log(volume.where(volume > 0))
        usual = day_volume.shift(steps)
        rise = level - log(usual.where(usual > 0))
        pressure = amount(net, steps) / volume.where(volume > 0)
        counted, graded = window(weight.where(net.notna()), steps)[0], window(net, steps)[1]
        mean_weight = (counted / graded.where(graded > 0)).fillna(0.0)
        worse = pd.DataFrame({(a, b): covered[[a, b]].min(axis=1) for a, b in pairs})
        own = drift(e, steps)
        z = [
            by_cap / (sigma_x.shift(steps).clip(lower=FLOOR) * root_h),
            by_member / (sigma_y.shift(steps).clip(lower=FLOOR) * root_h),
        ]
        yield (
            hours,
            Witnesses(
                drift=by_cap,
                price=z[0].where(z[0] < z[1], z[1]).where(z[0].notna()),
                level=unusual(across(level, pairs), hours, t, 0.30),
                change=unusual(across(rise, pairs), hours, t, 0.30),
                flow=unusual(across(pressure, pairs), hours, t, 0.015),
                weight=pd.DataFrame({(a, b): mean_weight[[a, b]].min(axis=1) for a, b in pairs}),
                own=own,
                own_z=own / (sigma_e.shift(steps).where(sigma_e.shift(steps) > 0) * root_h),
                coverage=window(worse, steps)[0] / steps,
            ),
        )


def score(w: Witnesses, volume: pd.DataFrame) -> pd.DataFrame:
    """Clipped witnesses over their norm, which flow's weight moves from 0.8 root 2 to 0.97 root(3 + 2 rho)."""
    weight = w.weight.where(w.flow.notna(), 0.0)
    norm = (0.8 + 0.17 * weight) * np.sqrt(2.0 + weight * weight + 2.0 * RHO * weight)
    flow = weight * w.flow.clip(-3, 3).fillna(0.0)
    return (w.price.clip(-4, 4) + volume.clip(-3, 3) + flow) / norm


def across(values: pd.DataFrame, pairs: list[tuple[str, str]]) -> pd.DataFrame:
    """To less from."""
    return pd.DataFrame({(a, b): values[b] - values[a] for a, b in pairs})


def whole_hours(values: pd.DataFrame, per_hour: int) -> pd.DataFrame:
    """Sums of the last hour, where it and the step before it are wholly known: the first step after a hole holds the
    whole return over it."""
    whole = window(values, per_hour + 1)[1] == per_hour + 1
    return window(values, per_hour)[0].where(whole)


def spread(hourly: pd.DataFrame, t: Tables) -> pd.DataFrame:
    """Root of the EWMA of squares, each hour held within four times the spread so far; half-life 4 days."""
    alpha = 1.0 - 0.5 ** (t.step_h / 96.0)
    total, norm = np.zeros(hourly.shape[1]), np.zeros(hourly.shape[1])
    rows = []
    for row in hourly.to_numpy():
        with np.errstate(invalid="ignore", divide="ignore"):
            bound = 4.0 * np.sqrt(total / norm)
        bound = np.where(bound > 0, bound, np.inf)
        held = np.clip(row, -bound, bound)
        told = ~np.isnan(held)
        total = np.where(told, (1 - alpha) * total + alpha * held * held, total)
        norm = np.where(told, (1 - alpha) * norm + alpha, norm)
        with np.errstate(invalid="ignore", divide="ignore"):
            rows.append(np.sqrt(total / norm))
    return pd.DataFrame(rows, index=hourly.index, columns=hourly.columns)


def unusual(values: pd.DataFrame, hours: int, t: Tables, floor: float) -> pd.DataFrame:
    """How far from the median of 14 days of hourly samples that ended ``hours`` before, in their MADs.

    The yardstick of a step is the one of the last clock hour that closed before it."""
    hourly = values[t.closes_hour]
    length = 336
    padded = np.vstack([np.full((length - 1, values.shape[1]), np.nan), hourly.to_numpy()])
    views = np.lib.stride_tricks.sliding_window_view(padded, length, axis=0)
    enough = (~np.isnan(views)).sum(axis=-1) >= 84
    middle = nan_median(views)
    away = 1.4826 * nan_median(np.abs(views - middle[..., None]))
    tables = []
    for found in (np.where(enough, middle, np.nan), np.where(enough, away, np.nan)):
        frame = pd.DataFrame(found, index=hourly.index, columns=values.columns).shift(hours)
        # an hour without a yardstick has none: it is not filled from the one before
        slot = pd.Series(range(len(hourly)), index=hourly.index).reindex(values.index).ffill()
        slot = slot.shift(1)
        lined = frame.to_numpy()[slot.fillna(0).astype(int).to_numpy()]
        lined[slot.isna().to_numpy()] = np.nan
        tables.append(pd.DataFrame(lined, index=values.index, columns=values.columns))
    return (values - tables[0]) / tables[1].clip(lower=floor)


def nan_median(views: np.ndarray) -> np.ndarray:
    """Along the last axis, of what is known; NaN of nothing."""
    known = ~np.isnan(views)
    out = np.full(views.shape[:-1], np.nan)
    some = known.any(axis=-1)
    out[some] = np.nanmedian(views[some], axis=-1)
    return out
