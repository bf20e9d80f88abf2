"""Volume over matched markets: chained where the set of markets changes, as the index is chained over members.

A venue that is switched on, a further listing of a token, an outage or a delisting shifts the observer, not the market.
A market counts in its sector's chain once it has been known for a day beside the others, and is linked in by that day's
volumes; one that leaves is linked out by what it usually traded. The first markets of a launched token count from their
first bar without a link: before it their volume was 0.
"""

from dataclasses import dataclass

import numpy as np

from monitor.analytics.flow import token_volume
from monitor.analytics.index import by_sector
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import BoolArray, Places
from monitor.analytics.window import known_or_zero, total
from monitor.engine.flows import known_volume
from monitor.engine.prices import Priced
from monitor.engine.state import EngineState
from monitor.model.interval import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Per market the sector in whose chain it counts, or -1. Per sector: ``link``, log of chain units a USD (NaN before
    the first market), and ``volume``, each step's in chain units."""

    sector: IntArray
    link: FloatArray
    volume: FloatArray


def same_markets(state: EngineState, volume: FloatArray) -> Chain:
    """The chain after steps in which the same markets count as before them."""
    counted, sectors = state.market_sector, len(state.level)
    link = _begun(state.link, counted, sectors)
    return Chain(counted, link, volume * np.exp(link))


def chained_volume(
    state: EngineState,
    priced: Priced,
    places: Places,
    home: IntArray,
    sector: IntArray,
    cap_share: FloatArray,
    launched: BoolArray,
    volume: FloatArray,
    parameters: AnalyticsParameters,
) -> Chain:
    """The chain after one step. ``home``: per market the sector that it trades for now, or -1; ``sector``, ``cap_share``,
    ``launched``: per token, as of now; ``volume``: USD per sector of all that is traded, taken where all of it is counted."""
    (home,), (sector,), (cap_share,), (launched,) = home, sector, cap_share, launched
    traded, typical = priced.volume[0], priced.usual[0]
    sectors = len(state.level)
    token = state.layout.market_token
    stays = (state.market_sector >= 0) & (state.market_sector == home)
    link = state.link - _left(state, stays, typical, sectors)
    starts = (home >= 0) & ~stays & ~np.isnan(traded)
    if starts.any():
        going_on = np.zeros(len(sector), dtype=np.bool_)
        going_on[token[stays]] = True
        begun = ~np.isnan(link)
        starts &= ~begun[home] | (launched & ~going_on)[token]
    counted = np.where(stays | starts, home, -1)
    link = _begun(link, counted, sectors)
    if (counted == home).all():
        return Chain(counted, link, volume * np.exp(link))
    held = places.spread_flags(counted >= 0)
    usual = np.where(held, places.spread(typical, 0.0), 0.0)
    amounts, _ = token_volume(
        places.spread(traded, np.nan), usual, held, parameters.least_venue_share
    )
    inside = np.where(held.any(axis=1), sector, -1)
    base = by_sector(cap_share, inside, sectors)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(inside >= 0, cap_share / base[inside], 0.0)
    usd = known_volume(amounts, usual.sum(axis=1), inside, share, sectors, parameters.least_known)
    return Chain(counted, link, (usd * np.exp(link))[None])


def _begun(link: FloatArray, counted: IntArray, sectors: int) -> FloatArray:
    """A sector's chain begins with its first market, at a unit a USD."""
    some = by_sector(np.ones(len(counted)), counted, sectors) > 0
    return np.where(some, known_or_zero(link), link)


def join(state: EngineState, home: IntArray) -> None:
    """Link in the markets that have been known for a day, at the end of a clock hour; they count from the next step on.

    ``home``: per market the sector that it trades for now, or -1.
    """
    day = state.sector_rings["volume"].length
    ready = (home >= 0) & (state.market_sector < 0) & (state.market_known >= day)
    if not ready.any():
        return
    past = state.market_hours.last(state.market_hours.length)
    usd = np.nan_to_num(past).sum(axis=0) + state.market_hour
    where = np.where(ready, home, -1)
    came = by_sector(usd, where, len(state.link))
    there = total(state.sector_rings["matched"].last(day), 0.7)
    counts = by_sector(np.ones(len(home)), state.market_sector, len(state.link)) > 0
    carried = (
        day * state.matched_usual.get()
    )  # where no market is known in both, the level is carried
    there = np.where(counts, there, carried)
    with np.errstate(invalid="ignore", divide="ignore"):
        now = np.where(counts, there * np.exp(-state.link), 0.0) + came
        link = np.log(there / now)
    linked = (came > 0) & np.isfinite(link)
    state.link = np.where(linked, link, state.link)
    state.market_sector = np.where(ready & linked[home], home, state.market_sector)


def _left(state: EngineState, stays: BoolArray, usual: FloatArray, sectors: int) -> FloatArray:
    """Per sector the log of what is left of the usual volume when the markets that do not stay leave the chain."""
    if (stays | (state.market_sector < 0)).all():
        return np.zeros(sectors)
    return left_of(usual, state.market_sector, stays, sectors)


def left_of(usual: FloatArray, sector: IntArray, stays: BoolArray, sectors: int) -> FloatArray:
    """Log of the part of each sector's usual volume that stays; 0 where nothing does, or nothing is usual."""
    whole = by_sector(usual, sector, sectors)
    rest = by_sector(usual, np.where(stays, sector, -1), sectors)
    some = (rest > 0) & (whole > 0)
    return np.where(some, np.log(np.where(some, rest, 1.0) / np.where(some, whole, 1.0)), 0.0)
