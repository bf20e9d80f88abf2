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


MOST_TRADES_SEEN = 1.05
"""Trades that are worth more of their bar's volume are not that bar's, or the bar is not whole."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenFlow:
    """Per token: USD traded and net taker USD, NaN where unknown; of that volume the USD whose taker side was ``seen``
    (told with the bar, or in trades that were read), and the USD for which it was ``estimated``; 0 where neither.

    ``sampled``: USD of the bars whose trades were read, of which ``scaled`` were not seen: the seen ones stand for them.
    """

    volume: FloatArray
    net: FloatArray
    seen: FloatArray
    sampled: FloatArray
    scaled: FloatArray
    estimated: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What trades that were read say of a bar: the ``seen`` part of its volume, and the ``imbalance`` of what was seen (bought
    less sold over both); NaN where they say nothing."""

    seen: FloatArray
    imbalance: FloatArray


def sample_of(
    volume: FloatArray, quote: FloatArray, buy_quote: FloatArray, least_seen: float
) -> Sample:
    """Of trades worth ``quote``, of which takers bought ``buy_quote``, in bars of that ``volume`` (all in one currency).

    Nothing is said where under ``least_seen`` of the volume was seen, nor where the trades are worth more than the bar.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        seen = quote / volume
        enough = (volume > 0) & (quote > 0) & (seen >= least_seen) & (seen <= MOST_TRADES_SEEN)
        imbalance = np.where(enough, 2.0 * buy_quote / quote - 1.0, np.nan)
    return Sample(np.where(enough, np.minimum(seen, 1.0), np.nan), imbalance)


def token_volume(
    volume: FloatArray, usual: FloatArray, held: BoolArray, least_share: float
) -> tuple[FloatArray, FloatArray]:
    """USD per token from its venues (tokens, k), of one step or of many, and the factor that was used for venues that are missing.

    ``usual``: each venue's average of the last week; the venues seen are scaled up by their usual part of the whole
    when that is at least ``least_share``, else the volume is unknown.
    """
    seen = held & ~np.isnan(volume)
    some = seen.any(axis=-1)
    total = np.where(held, usual, 0.0).sum(axis=-1)
    part = np.where(seen, usual, 0.0).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, part / total, np.where(some, 1.0, 0.0))
        factor = np.where(some & (share >= least_share), 1.0 / share, np.nan)
    return np.where(seen, volume, 0.0).sum(axis=-1) * factor, factor


def token_flow(
    volume: FloatArray,
    taker_buy: FloatArray,
    held: BoolArray,
    total: FloatArray,
    factor: FloatArray,
    imbalance: FloatArray,
    sample: Sample,
) -> TokenFlow:
    """Net flow per token: the sum of each venue's by its own best measure, its taker figures, its trades or an estimate.

    ``volume``, ``taker_buy`` and those of ``sample``: (tokens, k) USD or parts; ``total``, ``factor``: as
    :func:`token_volume` gives them; ``imbalance``: estimated part of the volume that was net taker buying, NaN unknown. A
    token is unknown where a venue that traded has none of the three.
    """
    known = held & ~np.isnan(volume)
    given = known & ~np.isnan(taker_buy)
    read = known & ~given & ~np.isnan(sample.imbalance)
    estimated = np.where(known & ~given & ~read, volume, 0.0).sum(axis=-1)
    sampled = np.where(read, volume, 0.0)
    in_trades = np.where(read, volume * sample.seen, 0.0)
    seen = (np.where(given, volume, 0.0) + in_trades).sum(axis=-1)
    told = np.where(given, 2.0 * taker_buy - volume, 0.0)
    told = np.where(read, volume * sample.imbalance, told).sum(axis=-1)
    guessed = np.where(estimated > 0.0, estimated * imbalance, 0.0)
    net = np.where(np.isnan(total), np.nan, (told + guessed) * factor)
    some = ~np.isnan(net)
    return TokenFlow(
        total,
        net,
        *(
            np.where(some, part, 0.0)
            for part in (
                seen,
                sampled.sum(axis=-1),
                (sampled - in_trades).sum(axis=-1),
                estimated,
            )
        ),
    )


def worst_grade(told: FloatArray, sampled: FloatArray, estimated: FloatArray) -> IntArray:
    """The worst grade that covers, with worse ones, 40 % or more of what is graded (USD each); 0 where nothing is."""
    graded = told + sampled + estimated
    guessed = (estimated > 0) & (estimated >= WORST_PART * graded)
    read = (sampled > 0) & (sampled + estimated >= WORST_PART * graded)
    best = np.where(graded > 0, GRADE_A, NONE)
    return np.where(guessed, GRADE_C, np.where(read, GRADE_B, best))
