"""Traded volume and taker pressure per token, graded (METHOD, chapter 5)."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitor.model.interval import FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]
NONE, GRADE_A, GRADE_B, GRADE_C = range(4)
"""Codes of grades; 4 (D, display only) would follow."""

_A_PART = 0.60
WORST_PART = 0.40
"""A grade counts for a whole as soon as it covers so much of its volume."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenFlow:
    """Per token: USD traded, net taker USD, and the grade's code; NaN where unknown."""

    volume: FloatArray
    net: FloatArray
    grade: IntArray


def token_volume(
    volume: FloatArray, usual: FloatArray, held: BoolArray, least_share: float
) -> tuple[FloatArray, FloatArray]:
    """USD per token from its venues (tokens, k), and the factor that was used for venues that are missing.

    ``usual``: each venue's average of the last week; the venues seen are scaled up by their usual part of the whole
    when that is at least ``least_share``, else the volume is unknown.
    """
    seen = held & ~np.isnan(volume)
    some = seen.any(axis=1)
    total = np.where(held, usual, 0.0).sum(axis=1)
    part = np.where(seen, usual, 0.0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, part / total, np.where(some, 1.0, 0.0))
        factor = np.where(some & (share >= least_share), 1.0 / share, np.nan)
    return np.where(seen, volume, 0.0).sum(axis=1) * factor, factor


def token_flow(
    volume: FloatArray,
    taker_buy: FloatArray,
    held: BoolArray,
    total: FloatArray,
    step_return: FloatArray,
    sd: FloatArray,
) -> TokenFlow:
    """Net flow per token: taker volume where venues with 60 % of the volume give it, else bulk volume classification.

    ``volume``, ``taker_buy``: (tokens, k) USD; ``total``: USD per token as scaled; ``step_return``: log return of the
    step; ``sd``: its usual size. Grade C is V * (2 Phi(r / sd) - 1) (Easley, Lopez de Prado, O'Hara 2012).
    """
    given = held & ~np.isnan(volume) & ~np.isnan(taker_buy)
    seen = np.where(held & ~np.isnan(volume), volume, 0.0).sum(axis=1)
    known = np.where(given, volume, 0.0).sum(axis=1)
    net = np.where(given, 2.0 * taker_buy - volume, 0.0).sum(axis=1)
    direct = given.any(axis=1) & (known >= _A_PART * seen)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.where(known > 0, net * (total / known), 0.0)
        z = step_return / sd
    found = np.where(direct & ~np.isnan(total), scaled, np.where(total == 0.0, 0.0, np.nan))
    classed = np.flatnonzero(~direct & (total > 0.0))
    found[classed] = total[classed] * _two_phi_less_one(z[classed])
    grade = np.where(np.isnan(found), NONE, np.where(direct, GRADE_A, GRADE_C))
    return TokenFlow(total, found, grade)


def sector_grade(volume: FloatArray, grade: IntArray, sector: IntArray, sectors: int) -> IntArray:
    """The worst grade that covers 40 % or more of a sector's volume; 0 where nothing is known."""
    weight = np.where(np.isnan(volume), 0.0, volume)
    held = (sector >= 0) & (grade > 0)
    total = np.bincount(sector[held], weights=weight[held], minlength=sectors)
    worst = np.zeros(sectors, dtype=np.int64)
    for code in range(1, 5):
        this = held & (grade == code)
        part = np.bincount(sector[this], weights=weight[this], minlength=sectors)
        some = np.bincount(sector[this], minlength=sectors) > 0
        worst = np.where(some & (part >= WORST_PART * total), code, worst)
    return worst


def graded_volume(
    volume: FloatArray, grade: IntArray, sector: IntArray, sectors: int
) -> FloatArray:
    """(2, sectors): USD per sector whose net flow is of grade A or B, and of grade C."""
    weight = np.where(np.isnan(volume), 0.0, volume)
    better = (sector >= 0) & ((grade == GRADE_A) | (grade == GRADE_B))
    worse = (sector >= 0) & (grade == GRADE_C)
    return np.stack(
        [
            np.bincount(sector[held], weights=weight[held], minlength=sectors)
            for held in (better, worse)
        ]
    )


def turnover(volume_24h: FloatArray, cap: FloatArray) -> FloatArray:
    """Volume of a day over market cap, per day; NaN without a cap. Over 5 a day is to be flagged as doubtful trading."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(cap > 0, volume_24h / cap, np.nan)


def abnormal_volume(volume: FloatArray, usual_share: FloatArray) -> FloatArray:
    """USD per sector over what is usual at this total; sums to 0.

    ``usual_share``: 14-day medians of each sector's volume share, here rescaled to sum to 1.
    """
    excess: FloatArray = volume - usual_share / usual_share.sum() * volume.sum()
    return excess


def relative_flow_table(net: FloatArray, volume: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Relative flow per sector (sums to 0) and the table from loser to gainer, allocated in proportion.

    ``n_s = N_s - (V_s / sum V) sum N``; ``M[a, b] = |n_a| n_b / sum of gains``. The allocation is a convention, not an
    observation: label it so wherever it shows.
    """
    relative = net - volume / volume.sum() * net.sum()
    gains = np.where(relative > 0, relative, 0.0)
    losses = np.where(relative < 0, -relative, 0.0)
    total = gains.sum()
    table = np.outer(losses, gains / total) if total > 0 else np.zeros((len(net), len(net)))
    return relative, table


def amihud(hourly_returns: FloatArray, hourly_volume: FloatArray) -> float:
    """Mean of |r| / V over hours, times a million: return per USD million (Amihud 2002); NaN without an hour."""
    known = (hourly_volume > 0) & ~np.isnan(hourly_returns)
    if not known.any():
        return math.nan
    return float(np.mean(np.abs(hourly_returns[known]) / hourly_volume[known]) * 1e6)


def _two_phi_less_one(z: FloatArray) -> FloatArray:
    """``2 Phi(z) - 1 = erf(z / sqrt 2)``."""
    return np.array([math.erf(x) for x in (z / math.sqrt(2.0)).tolist()])
