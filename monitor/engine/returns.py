"""Returns of steps: the watched market's, and each token's own (METHOD, chapter 6).

Arrays are of many steps along a first axis, each of them worked out as if it were alone.
"""

from dataclasses import dataclass

import numpy as np

from monitor.analytics.index import Book, by_sector, of_sector
from monitor.analytics.own import winsorised
from monitor.analytics.price import BoolArray
from monitor.engine.prices import Priced
from monitor.model.interval import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class MarketReturn:
    """``benchmark``: log return of the benchmark's tokens, (steps,), NaN where ``missing``; ``others``: per sector that of
    the common index of all others, for the steps in which the benchmark is missing."""

    benchmark: FloatArray
    others: FloatArray
    missing: BoolArray


def market_return(
    before: Book, after: Book, known: BoolArray, watched: int, sectors: int
) -> MarketReturn:
    """From the benchmark's tokens whose price is ``known`` at both ends of the step.

    A token carried for longer than ``carry_max`` stands still on paper and leaps when it returns: either would be told
    as a loss or a gain of the sectors' own. Without a priced benchmark the market of a sector is the common index of the
    others. Over a hole of the whole market the line is carried, and all returns span it alike.
    """
    kept = (before.sector >= 0) & (before.sector == after.sector)
    sector = np.where(kept, before.sector, -1)
    base, now = _moved(before, after, np.where(known & (sector >= watched), sector, -1), sectors)
    base_of_all, now_of_all = base.sum(axis=-1), now.sum(axis=-1)
    missing = ~(base_of_all > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        benchmark = np.where(missing, np.nan, np.log(now_of_all / base_of_all))
    others = np.zeros_like(base)
    if missing.any():
        base, now = _moved(before, after, np.where(sector < watched, sector, -1), sectors)
        rest, rest_now = (caps.sum(axis=-1, keepdims=True) - caps for caps in (base, now))
        with np.errstate(divide="ignore", invalid="ignore"):
            r = np.log(rest_now / np.where(rest > 0, rest, 1.0))
            others = np.where(rest > 0, r, 0.0)
    return MarketReturn(benchmark, others, missing)


@dataclass(frozen=True, slots=True, eq=False)
class WatchedMarket:
    """Per sector: log return of the market it is measured against, and its beta, one step old."""

    r: FloatArray
    beta: FloatArray


def watched_market(market: MarketReturn, beta: FloatArray, watched: int) -> WatchedMarket:
    """``beta``: of each sector before the step; against the common index of the others it is 1."""
    missing = market.missing[:, None]
    used = np.where(missing, 1.0, beta)
    used[:, watched:] = 1.0
    return WatchedMarket(np.where(missing, market.others, market.benchmark[:, None]), used)


@dataclass(frozen=True, slots=True, eq=False)
class TokenReturns:
    """Per token: ``step``, log return, and ``own``, less the market's part; NaN while its price is unknown.

    ``pending``: the market's part of the steps in which it was, to be taken off the return that ends them.
    """

    step: FloatArray
    own: FloatArray
    pending: FloatArray


def token_returns(
    pending: FloatArray, before: Book, after: Book, market: WatchedMarket, priced: Priced
) -> TokenReturns:
    """``pending``: as it stood before the first step."""
    kept = (before.sector >= 0) & (before.sector == after.sector)
    known = ~priced.lost & ~priced.unseen[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        step = np.where(known, np.log(after.price / before.price), np.nan)
    moved = of_sector(market.beta * market.r, after.sector)
    waiting, left = np.zeros(moved.shape), np.zeros(moved.shape)
    waiting[0] = pending
    if not known.all():
        for t in range(len(moved)):
            if t:
                waiting[t] = left[t - 1]
            left[t] = np.where(known[t], 0.0, np.where(kept[t], waiting[t] + moved[t], 0.0))
    part = np.where(kept, waiting + moved, 0.0)
    return TokenReturns(step, np.where(kept, step - part, np.nan), left)


def equal_weight(
    own: FloatArray, spread: FloatArray, sector: np.ndarray, old: BoolArray, sectors: int
) -> FloatArray:
    """Per sector the equal-weight own log return of the members whose market is ``old`` enough for breadth.

    ``spread``: mean square of each token's own return before the step.
    """
    held = winsorised(own, np.sqrt(spread))
    counted = old & ~np.isnan(held)
    place = np.where(counted, sector, -1)
    count = by_sector(counted.astype(np.float64), place, sectors)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, by_sector(held, place, sectors) / count, np.nan)


def _moved(
    before: Book, after: Book, sector: np.ndarray, sectors: int
) -> tuple[FloatArray, FloatArray]:
    """Per sector the caps before and now, both with the supply before, of the tokens that have a sector here."""
    held = sector >= 0
    base = np.where(held, before.price * before.supply, 0.0)
    now = np.where(held, after.price * before.supply, 0.0)
    return by_sector(base, sector, sectors), by_sector(now, sector, sectors)
