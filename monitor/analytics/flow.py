"""Traded volume and taker pressure per token, graded (METHOD, chapter 5)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitor.model.interval import FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]
NONE, GRADE_A, GRADE_B, GRADE_C = range(4)
"""Codes of grades; 4 (D, display only) would follow."""

WORST_PART = 0.40
"""A grade counts for a whole as soon as it covers so much of its volume."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenFlow:
    """Per token: USD traded and net taker USD, NaN where unknown; of that volume the USD whose taker side was ``seen``
    and the USD for which it was ``estimated``; 0 where neither."""

    volume: FloatArray
    net: FloatArray
    seen: FloatArray
    estimated: FloatArray


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
    factor: FloatArray,
    imbalance: FloatArray,
) -> TokenFlow:
    """Net flow per token: the sum of each venue's by its own best measure, its taker figures or an estimate.

    ``volume``, ``taker_buy``: (tokens, k) USD; ``total``, ``factor``: as :func:`token_volume` gives them; ``imbalance``:
    estimated part of the volume that was net taker buying, NaN unknown. A token is unknown where a venue that traded has
    neither.
    """
    known = held & ~np.isnan(volume)
    given = known & ~np.isnan(taker_buy)
    seen = np.where(given, volume, 0.0).sum(axis=1)
    estimated = np.where(known & ~given, volume, 0.0).sum(axis=1)
    told = np.where(given, 2.0 * taker_buy - volume, 0.0).sum(axis=1)
    guessed = np.where(estimated > 0.0, estimated * imbalance, 0.0)
    net = np.where(np.isnan(total), np.nan, (told + guessed) * factor)
    some = ~np.isnan(net)
    return TokenFlow(total, net, np.where(some, seen, 0.0), np.where(some, estimated, 0.0))


def worst_grade(seen: FloatArray, estimated: FloatArray) -> IntArray:
    """The worst grade that covers 40 % or more of what is graded (USD each); 0 where nothing is."""
    weak = (estimated > 0) & (estimated >= WORST_PART * (seen + estimated))
    return np.where(weak, GRADE_C, np.where(seen + estimated > 0, GRADE_A, NONE))
