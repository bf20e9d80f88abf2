"""One step of prices: from venues' closes to one accepted price a token."""

from dataclasses import dataclass

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import BoolArray, Places, consolidate
from monitor.engine.state import NEVER, EngineState
from monitor.model.bars import Slot
from monitor.model.interval import FloatArray, IntArray, IntervalInput


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Per market: USD volume and taker-buy volume; per (token, k): which venues counted; per token: flags."""

    volume: FloatArray
    taker_buy: FloatArray
    counted: BoolArray
    fresh: BoolArray
    conflict: BoolArray
    guarded: BoolArray
    unseen: bool  # nobody answered for any market


def accept_prices(
    state: EngineState,
    interval: IntervalInput,
    rate: FloatArray,
    places: Places,
    parameters: AnalyticsParameters,
) -> Priced:
    """Move the state's prices, ages and venue memories on by one interval."""
    close = interval.close * rate / state.layout.multiplier
    volume = interval.quote_volume * rate
    traded = interval.slot == Slot.TRADED
    answered = traded | (interval.slot == Slot.QUIET)
    moved = answered & ~np.isnan(close) & (close != state.market_close)
    state.market_close = np.where(answered & ~np.isnan(close), close, state.market_close)
    state.market_idle = np.where(traded | moved, 0, state.market_idle + 1)
    width_min = interval.width.total_seconds() / 60
    awake = (state.market_idle == 0) | (state.market_idle * width_min < parameters.stale_after_min)
    fresh = answered & awake & (state.market_close > 0)
    state.market_volume.push(volume)
    state.market_usual.add(volume)
    weight = np.nansum(state.market_volume.last(state.market_volume.length), axis=0)
    found = consolidate(
        places.spread(state.market_close, np.nan),
        places.spread(weight, 0.0),
        places.spread_flags(fresh),
        places.spread_flags(state.market_outlying),
        state.price,
        parameters,
    )
    state.market_outlying = places.gather(found.outlying, len(close))
    accepted, guarded = _gate(state, found.close, found.agreeing, parameters)
    state.price = np.where(accepted, found.close, state.price)
    state.age = np.where(accepted, 0, np.where(state.age < NEVER, state.age + 1, NEVER))
    state.seen = np.where(accepted | (state.seen >= 0), state.seen + 1, -1)
    return Priced(
        volume=volume,
        taker_buy=interval.taker_buy_quote * rate,
        counted=found.counted,
        fresh=accepted,
        conflict=found.conflict,
        guarded=guarded,
        unseen=not answered.any(),
    )


def _gate(
    state: EngineState, close: FloatArray, agreeing: IntArray, parameters: AnalyticsParameters
) -> tuple[BoolArray, BoolArray]:
    """Which candidates are accepted, and which a migration's guard held back.

    A jump that fewer than two venues bear out is held for two steps and believed at the third.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        jump = np.abs(np.log(close / state.price)) > parameters.jump_gate
        strange = np.abs(close / state.guarded - 1.0) > parameters.migration_guard
    known = ~np.isnan(close)
    doubtful = known & jump & (agreeing < 2) & (state.hold < parameters.jump_hold_steps)
    guarded = known & strange
    state.hold = np.where(doubtful, state.hold + 1, 0)
    accepted = known & ~doubtful & ~guarded
    state.guarded = np.where(accepted, np.nan, state.guarded)
    return accepted, guarded
