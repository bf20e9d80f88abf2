"""Volume and net flow of a step, from venues to tokens to sectors (METHOD, chapter 5)."""

from dataclasses import dataclass

import numpy as np

from monitor.analytics.flow import TokenFlow, token_flow, token_volume
from monitor.analytics.index import by_sector
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import Places
from monitor.engine.prices import Priced
from monitor.engine.state import EngineState
from monitor.model.interval import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """Per token its flow, and what its venues ``usual``-ly trade in a step (USD)."""

    token: TokenFlow
    usual: FloatArray


def token_flows(
    state: EngineState,
    priced: Priced,
    places: Places,
    step_return: FloatArray,
    parameters: AnalyticsParameters,
) -> Flows:
    """All that was traded counts; venues that are missing are made up for."""
    expected = priced.expected
    usual = np.where(expected, places.spread(priced.usual, 0.0), 0.0)
    volume = places.spread(priced.volume, np.nan)
    taker_buy = places.spread(priced.taker_buy, np.nan)
    total, _ = token_volume(volume, usual, expected, parameters.least_venue_share)
    sd = np.sqrt(state.spread.get())
    return Flows(token_flow(volume, taker_buy, expected, total, step_return, sd), usual.sum(axis=1))


def sector_sum(
    values: FloatArray,
    sector: IntArray,
    cap_share: FloatArray,
    usual: FloatArray,
    sectors: int,
    least_known: float,
) -> FloatArray:
    """Sum per sector; NaN where under ``least_known`` of the cap is known.

    Members whose value is unknown are made up for by what they usually trade beside those that are known.
    """
    known = ~np.isnan(values)
    part = by_sector(np.where(known, cap_share, 0.0), sector, sectors)
    summed = by_sector(np.where(known, values, 0.0), sector, sectors)
    seen = by_sector(np.where(known, usual, 0.0), sector, sectors)
    whole = by_sector(usual, sector, sectors)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where((seen > 0) & (seen < whole), whole / seen, 1.0)
    return np.where(part >= least_known, summed * scale, np.nan)
