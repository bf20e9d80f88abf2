"""Volume and net flow of a step, from venues to tokens to sectors (METHOD, chapter 5).

Arrays are of one step, or of many along a first axis.
"""

from dataclasses import dataclass

import numpy as np

from monitor.analytics.bulk_volume import bulk_imbalance
from monitor.analytics.flow import Sample, TokenFlow, token_flow, token_volume
from monitor.analytics.index import by_sector
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import Places
from monitor.engine.prices import Priced
from monitor.model.interval import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """Per token its flow, and what its venues ``usual``-ly trade in a step (USD)."""

    token: TokenFlow
    usual: FloatArray


def token_flows(
    priced: Priced,
    places: Places,
    step_return: FloatArray,
    spread: FloatArray,
    shrink: float,
    parameters: AnalyticsParameters,
) -> Flows:
    """All that was traded counts; venues that are missing are made up for. ``spread``: mean square of each token's
    return before the step; ``shrink``: of an estimated imbalance."""
    expected = priced.expected
    usual = np.where(expected, places.spread(priced.usual, 0.0), 0.0)
    volume = places.spread(priced.volume, np.nan)
    taker_buy = places.spread(priced.taker_buy, np.nan)
    total, factor = token_volume(volume, usual, expected, parameters.least_venue_share)
    sample = Sample(*(places.spread(part, np.nan) for part in (priced.seen, priced.imbalance)))
    unread = np.isnan(taker_buy) & np.isnan(sample.imbalance)
    untold = (expected & ~np.isnan(volume) & unread).any(axis=-1)
    imbalance = np.full(total.shape, np.nan)
    if untold.any():
        sd = np.sqrt(spread[untold])
        imbalance[untold] = shrink * bulk_imbalance(step_return[untold], sd)
    flow = token_flow(volume, taker_buy, expected, total, factor, imbalance, sample)
    return Flows(flow, usual.sum(axis=-1))


def known_volume(
    volume: FloatArray,
    usual: FloatArray,
    sector: IntArray,
    cap_share: FloatArray,
    sectors: int,
    least_known: float,
) -> FloatArray:
    """USD traded per sector of tokens' ``volume``; NaN where under ``least_known`` of the cap is known.

    Members whose volume is unknown are made up for by what they ``usual``-ly trade beside those that are known.
    """
    known = ~np.isnan(volume)
    summed = _known_sum(volume, sector, cap_share, sectors, least_known)
    if known.all():
        return summed
    seen = by_sector(np.where(known, usual, 0.0), sector, sectors)
    whole = by_sector(usual, sector, sectors)
    with np.errstate(invalid="ignore", divide="ignore"):
        return summed * np.where((seen > 0) & (seen < whole), whole / seen, 1.0)


def sector_net(
    flows: Flows, sector: IntArray, cap_share: FloatArray, sectors: int, least_known: float
) -> FloatArray:
    """Net taker USD per sector of the members whose flow is known, lent to no other; NaN where under ``least_known`` of
    the cap is."""
    return _known_sum(flows.token.net, sector, cap_share, sectors, least_known)


def _known_sum(
    values: FloatArray, sector: IntArray, cap_share: FloatArray, sectors: int, least_known: float
) -> FloatArray:
    known = ~np.isnan(values)
    part = by_sector(np.where(known, cap_share, 0.0), sector, sectors)
    summed = by_sector(np.where(known, values, 0.0), sector, sectors)
    return np.where(part >= least_known, summed, np.nan)
