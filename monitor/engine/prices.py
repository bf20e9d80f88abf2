"""One step of prices: from venues' closes to one accepted price a token."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import BoolArray, Places, consolidate
from monitor.analytics.window import sums
from monitor.engine.state import NEVER, EngineState
from monitor.model.bars import Slot
from monitor.model.grid import is_aligned
from monitor.model.interval import FloatArray, IntArray, IntervalInput

HOUR = timedelta(hours=1)
USUAL_MIN = 7 * 24 * 60
"""A venue whose volume is unknown for longer has no part in the trailing week and is no longer made up for."""


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Per market: USD volume, taker-buy volume, and what was usual for a step before this one; per (token, k): which
    venues counted and which can be expected to have traded; per token: flags.

    ``fresh``: a price was accepted in this step, ``steady``: and in the one before. ``lost``: none was for longer than
    ``carry_max``, ``was_lost``: the same in the step before. ``guarded``: a migration's guard holds the line.
    """

    volume: FloatArray
    taker_buy: FloatArray
    usual: FloatArray
    counted: BoolArray
    expected: BoolArray
    fresh: BoolArray
    steady: BoolArray
    lost: BoolArray
    was_lost: BoolArray
    conflict: BoolArray
    guarded: BoolArray
    unseen: bool  # nobody answered for any market


def accept_prices(
    state: EngineState,
    interval: IntervalInput,
    rate: FloatArray,
    places: Places,
    young: BoolArray,
    parameters: AnalyticsParameters,
) -> Priced:
    """Move the state's prices, ages and venue memories on by one interval. ``young``: tokens in their market's first
    day, whose prices may leap further."""
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
    weight = _day_volume(state, interval, volume)
    usual = np.nan_to_num(state.market_usual.get())
    state.market_usual.add(volume)
    state.market_dark = np.where(np.isnan(volume), state.market_dark + 1, 0)
    expected = (interval.slot != Slot.UNLISTED) & (state.market_dark * width_min <= USUAL_MIN)
    traded_ever = (state.market_known > 0) | (volume > 0)
    state.market_known = np.where(
        expected, state.market_known + (traded_ever & ~np.isnan(volume)), 0
    )
    found = consolidate(
        places.spread(state.market_close * rate, np.nan),
        places.spread(weight, 0.0),
        places.spread_flags(fresh),
        places.spread_flags(state.market_outlying),
        state.price,
        parameters,
    )
    state.market_outlying = places.gather(found.outlying, len(close))
    traded_now = places.spread_flags(volume > 0).any(axis=1)
    hold = _hold_steps(width_min, parameters)
    held_for = np.where(traded_now & (width_min > parameters.jump_hold_min), 0, hold)
    accepted, guarded = _gate(state, found.close, found.agreeing, held_for, young, parameters)
    steady = accepted & (state.age == 0)
    carry_min = parameters.carry_max_h * 60
    was_lost = state.age * width_min > carry_min
    unseen = not answered.any()
    state.price = np.where(accepted, found.close, state.price)
    state.age = np.where(accepted, 0, np.where(state.age < NEVER, state.age + 1, NEVER))
    state.absent = np.where(accepted, 0, state.absent + (not unseen))
    state.seen = np.where(accepted | (state.seen >= 0), state.seen + 1, -1)
    return Priced(
        volume=volume,
        taker_buy=interval.taker_buy_quote * rate,
        usual=usual,
        counted=found.counted,
        expected=places.spread_flags(expected),
        fresh=accepted,
        steady=steady,
        lost=state.age * width_min > carry_min,
        was_lost=was_lost,
        conflict=found.conflict,
        guarded=guarded,
        unseen=unseen,
    )


def _day_volume(state: EngineState, interval: IntervalInput, volume: FloatArray) -> FloatArray:
    """USD per market in the present clock hour and the 23 before it."""
    if is_aligned(interval.open_time, HOUR):
        state.market_hours.push(state.market_hour)
        state.market_hour = np.zeros(len(volume))
    state.market_hour = state.market_hour + np.nan_to_num(volume)
    past, _ = sums(state.market_hours.last(state.market_hours.length))
    return past + state.market_hour


def _hold_steps(width_min: float, parameters: AnalyticsParameters) -> int:
    """Steps for which a jump is held: two, of those that end within ten minutes; at least one."""
    return max(1, min(parameters.jump_hold_steps, int(parameters.jump_hold_min // width_min)))


def _gate(
    state: EngineState,
    close: FloatArray,
    agreeing: IntArray,
    hold_steps: IntArray,
    young: BoolArray,
    parameters: AnalyticsParameters,
) -> tuple[BoolArray, BoolArray]:
    """Which candidates are accepted, and which a migration's guard held back.

    A jump that fewer than two venues bear out is held for ``hold_steps`` and believed after, if it is the same one: a
    price that leaps about stays out. Bars longer than the longest hold are believed at once where they traded. A step without a candidate neither counts nor starts anew. The guard is lifted from
    a token that left its sector: it may come back only as an entry, which moves no index.
    """
    guard = np.where(state.book_sector >= 0, state.guarded, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        bound = np.where(young, parameters.launch_jump_gate, parameters.jump_gate)
        jump = np.abs(np.log(close / state.price)) > bound
        same = np.abs(np.log(close / state.hold_price)) <= parameters.jump_gate
        strange = np.abs(close / guard - 1.0) > parameters.migration_guard
    known = ~np.isnan(close)
    tries = np.where(same, state.hold + 1, 1)
    doubtful = known & jump & (agreeing < 2) & (tries <= hold_steps)
    guarded = known & strange
    state.hold = np.where(doubtful, tries, np.where(known, 0, state.hold))
    state.hold_price = np.where(doubtful, close, np.where(known, np.nan, state.hold_price))
    accepted = known & ~doubtful & ~guarded
    state.guarded = np.where(accepted, np.nan, guard)
    return accepted, guarded
