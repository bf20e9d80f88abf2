"""Returns of a step: the watched market's, and each token's own (METHOD, chapter 6)."""

from dataclasses import dataclass

import numpy as np

from monitor.analytics.index import Book, by_sector
from monitor.analytics.own import winsorised
from monitor.analytics.price import BoolArray
from monitor.engine.prices import Priced
from monitor.engine.state import EngineState
from monitor.model.interval import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class WatchedMarket:
    """Per sector: log return of the market it is measured against, and its beta, one step old."""

    r: FloatArray
    beta: FloatArray
    missing: bool


def watched_market(
    state: EngineState, before: Book, after: Book, priced: Priced, watched: int
) -> WatchedMarket:
    """From the benchmark's tokens whose price is known at both ends of the step.

    A token carried for longer than ``carry_max`` stands still on paper and leaps when it returns: either would be told
    as a loss or a gain of the sectors' own. Without a priced benchmark the market of a sector is the common index of the
    others, with beta 1. Over a hole of the whole market the line is carried, and all returns span it alike.
    """
    sectors = len(state.level)
    kept = (before.sector >= 0) & (before.sector == after.sector)
    known = ~(priced.lost | priced.was_lost) | priced.unseen | (state.gap > 0)
    sector = np.where(kept, before.sector, -1)
    benchmark = np.where(known & (sector >= watched), sector, -1)
    base, now = _moved(before, after, benchmark, sectors)
    if base.sum() > 0:
        beta = state.betas.current()
        beta[watched:] = 1.0
        r = np.log(now.sum() / base.sum())
        return WatchedMarket(np.full(sectors, r), beta, missing=False)
    base, now = _moved(before, after, np.where(sector < watched, sector, -1), sectors)
    others, others_now = base.sum() - base, now.sum() - now
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where(others > 0, np.log(others_now / np.where(others > 0, others, 1.0)), 0.0)
    return WatchedMarket(r, np.ones(sectors), missing=True)


@dataclass(frozen=True, slots=True, eq=False)
class TokenReturns:
    """Per token: ``step``, log return, and ``own``, less the market's part; NaN while its price is unknown.

    ``pending``: the market's part of the steps in which it was, to be taken off the return that ends them. Per sector
    ``q``: equal-weight own log return of the members over a day old.
    """

    step: FloatArray
    own: FloatArray
    pending: FloatArray
    q: FloatArray


def token_returns(
    state: EngineState,
    before: Book,
    after: Book,
    market: WatchedMarket,
    priced: Priced,
    old: BoolArray,
) -> TokenReturns:
    """``old``: tokens whose market is old enough for breadth."""
    kept = (before.sector >= 0) & (before.sector == after.sector)
    known = ~priced.lost & (not priced.unseen)
    with np.errstate(invalid="ignore", divide="ignore"):
        step = np.where(known, np.log(after.price / before.price), np.nan)
    part = np.where(kept, state.pending + (market.beta * market.r)[after.sector], 0.0)
    own = np.where(kept, step - part, np.nan)
    sd = np.sqrt(state.own_spread.get())
    held = winsorised(own, sd)
    counted = old & ~np.isnan(held)
    sector = np.where(counted, after.sector, -1)
    count = np.bincount(sector[counted], minlength=len(market.r))
    with np.errstate(invalid="ignore", divide="ignore"):
        q = np.where(count > 0, by_sector(held, sector, len(market.r)) / count, np.nan)
    return TokenReturns(step, own, np.where(known, 0.0, part), q)


def _moved(
    before: Book, after: Book, sector: np.ndarray, sectors: int
) -> tuple[FloatArray, FloatArray]:
    """Per sector the caps before and now, both with the supply before, of the tokens that have a sector here."""
    held = sector >= 0
    base = np.where(held, before.price * before.supply, 0.0)
    now = np.where(held, after.price * before.supply, 0.0)
    return by_sector(base, sector, sectors), by_sector(now, sector, sectors)
