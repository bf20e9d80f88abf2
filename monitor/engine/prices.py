"""One step of prices: from venues' closes to one accepted price a token."""

from dataclasses import dataclass

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import BoolArray, Places, consolidate
from monitor.analytics.window import sums
from monitor.engine.state import NEVER, EngineState
from monitor.model.bars import Slot
from monitor.model.interval import FloatArray, IntArray, IntervalInput

USUAL_MIN = 7 * 24 * 60
"""A venue whose volume is unknown for longer has no part in the trailing week and is no longer made up for."""


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Per market: USD volume, taker-buy volume, and what was usual for a step before this one; per (token, k): which venues counted and which can be expected to
    have traded; per token: flags. ``steady``: a price was accepted in this step and in the one before."""

    volume: FloatArray
    taker_buy: FloatArray
    usual: FloatArray
    counted: BoolArray
    expected: BoolArray
    fresh: BoolArray
    steady: BoolArray
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
    close = interval.close / state.layout.multiplier
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
    usual = np.nan_to_num(state.market_usual.get())
    state.market_usual.add(volume)
    state.market_dark = np.where(np.isnan(volume), state.market_dark + 1, 0)
    expected = (interval.slot != Slot.UNLISTED) & (state.market_dark * width_min <= USUAL_MIN)
    weight, _ = sums(state.market_volume.last(state.market_volume.length))
    found = consolidate(
        places.spread(state.market_close * rate, np.nan),
        places.spread(weight, 0.0),
        places.spread_flags(fresh),
        places.spread_flags(state.market_outlying),
        state.price,
        parameters,
    )
    state.market_outlying = places.gather(found.outlying, len(close))
    accepted, guarded = _gate(state, found.close, found.agreeing, parameters)
    steady = accepted & (state.age == 0)
    state.price = np.where(accepted, found.close, state.price)
    state.age = np.where(accepted, 0, np.where(state.age < NEVER, state.age + 1, NEVER))
    state.seen = np.where(accepted | (state.seen >= 0), state.seen + 1, -1)
    return Priced(
        volume=volume,
        taker_buy=interval.taker_buy_quote * rate,
        usual=usual,
        counted=found.counted,
        expected=places.spread_flags(expected),
        fresh=accepted,
        steady=steady,
        conflict=found.conflict,
        guarded=guarded,
        unseen=not answered.any(),
    )


def _gate(
    state: EngineState, close: FloatArray, agreeing: IntArray, parameters: AnalyticsParameters
) -> tuple[BoolArray, BoolArray]:
    """Which candidates are accepted, and which a migration's guard held back.

    A jump that fewer than two venues bear out is held for two steps and believed at the third; a step without a candidate
    neither counts nor starts anew.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        jump = np.abs(np.log(close / state.price)) > parameters.jump_gate
        strange = np.abs(close / state.guarded - 1.0) > parameters.migration_guard
    known = ~np.isnan(close)
    doubtful = known & jump & (agreeing < 2) & (state.hold < parameters.jump_hold_steps)
    guarded = known & strange
    state.hold = np.where(doubtful, state.hold + 1, np.where(known, 0, state.hold))
    accepted = known & ~doubtful & ~guarded
    state.guarded = np.where(accepted, np.nan, state.guarded)
    return accepted, guarded
