"""One step of prices: from venues' closes to one accepted price a token."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from monitor.analytics.flow import Sample, sample_of
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import BoolArray, Consolidated, Places, consolidate
from monitor.analytics.window import known_or_zero, sums
from monitor.engine.state import NEVER, EngineState
from monitor.model.bars import Slot
from monitor.model.grid import is_aligned
from monitor.model.interval import FloatArray, IntArray, IntervalInput

HOUR = timedelta(hours=1)
USUAL_MIN = 7 * 24 * 60
"""A venue whose volume is unknown for longer has no part in the trailing week and is no longer made up for."""


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Per market: USD volume, taker-buy volume, what trades that were read say (the part ``seen`` and its ``imbalance``), and
    what was usual for a step before this one; per (token, k): which venues counted and which can be expected to have traded; per token: flags.

    ``fresh``: a price was accepted in this step, ``steady``: and in the one before. ``lost``: none was for longer than
    ``carry_max``, ``was_lost``: the same in the step before. ``guarded``: a migration's guard holds the line.
    """

    volume: FloatArray
    taker_buy: FloatArray
    seen: FloatArray
    imbalance: FloatArray
    usual: FloatArray
    counted: BoolArray
    expected: BoolArray
    fresh: BoolArray
    steady: BoolArray
    lost: BoolArray
    was_lost: BoolArray
    conflict: BoolArray
    guarded: BoolArray
    unseen: BoolArray  # of the step: nobody answered for any market


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What venues said, per market and in their quote currency: the last close, the step's volume, whether the close is
    fresh; ``before``: USD of the 23 clock hours before the present one. ``unseen``: nobody answered."""

    close: FloatArray
    volume: FloatArray
    fresh: BoolArray
    before: FloatArray
    unseen: bool


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Per token: the candidate price, whether it is accepted, held back as a doubtful jump or by a migration's guard."""

    found: Consolidated
    accepted: BoolArray
    doubtful: BoolArray
    guarded: BoolArray
    guard: FloatArray
    tries: IntArray


def listen(state: EngineState, interval: IntervalInput, parameters: AnalyticsParameters) -> Heard:
    """Move what is remembered of markets on by one interval, as far as it needs no rate."""
    close = interval.close / state.layout.multiplier
    traded = interval.slot == Slot.TRADED
    answered = traded | (interval.slot == Slot.QUIET)
    moved = answered & ~np.isnan(close) & (close != state.market_close)
    state.market_close = np.where(answered & ~np.isnan(close), close, state.market_close)
    state.market_idle = np.where(traded | moved, 0, state.market_idle + 1)
    width_min = _minutes(interval.width)
    awake = (state.market_idle == 0) | (state.market_idle * width_min < parameters.stale_after_min)
    if is_aligned(interval.open_time, HOUR):
        state.market_hours.push(state.market_hour)
        state.market_hour = np.zeros(len(close))
        state.market_before = None
    if state.market_before is None:
        state.market_before, _ = sums(state.market_hours.last(state.market_hours.length))
    return Heard(
        close=state.market_close,
        volume=interval.quote_volume,
        fresh=answered & awake & (state.market_close > 0),
        before=state.market_before,
        unseen=not answered.any(),
    )


def judge(
    state: EngineState,
    heard: Heard,
    rate: FloatArray,
    places: Places,
    tokens: IntArray,
    young: BoolArray,
    width: timedelta,
    parameters: AnalyticsParameters,
) -> Judged:
    """The candidate prices of ``tokens``, and which are believed; changes nothing.

    ``rate``: USD of each market's quote, NaN unknown: then its market has no price. ``places``: the tokens' markets.
    ``young``: per token of the layout, in its market's first day, when prices may leap further. A jump that fewer than two
    venues bear out is held for two steps of those that end within ten minutes, and believed after, if it is the same one:
    a price that leaps about stays out. Bars longer than the longest hold are believed at once where they traded. A step
    without a candidate neither counts nor starts anew. The guard is lifted from a token that left its sector: it may come
    back only as an entry, which moves no index.
    """
    volume = heard.volume * rate
    price, minutes = state.price[tokens], _minutes(width)
    found = consolidate(
        places.spread(heard.close * rate, np.nan),
        places.spread(heard.before + (state.market_hour + known_or_zero(volume)), 0.0),
        places.spread_flags(heard.fresh & ~np.isnan(rate)),
        places.spread_flags(state.market_outlying),
        price,
        parameters,
    )
    traded_now = places.spread_flags(volume > 0).any(axis=1)
    at_once = traded_now & (minutes > parameters.jump_hold_min)
    hold_steps = np.where(at_once, 0, _hold_steps(minutes, parameters))
    guard = np.where(state.book_sector[tokens] >= 0, state.guarded[tokens], np.nan)
    bound = np.where(young[tokens], parameters.launch_jump_gate, parameters.jump_gate)
    with np.errstate(invalid="ignore", divide="ignore"):
        jump = np.abs(np.log(found.close / price)) > bound
        same = np.abs(np.log(found.close / state.hold_price[tokens])) <= parameters.jump_gate
        strange = np.abs(found.close / guard - 1.0) > parameters.migration_guard
    known = ~np.isnan(found.close)
    tries = np.where(same, state.hold[tokens] + 1, 1)
    doubtful = known & jump & (found.agreeing < 2) & (tries <= hold_steps)
    guarded = known & strange
    return Judged(found, known & ~doubtful & ~guarded, doubtful, guarded, guard, tries)


def accept_prices(
    state: EngineState,
    interval: IntervalInput,
    heard: Heard,
    rate: FloatArray,
    places: Places,
    young: BoolArray,
    parameters: AnalyticsParameters,
) -> Priced:
    """Move the state's prices, ages and venue memories on by one interval. Arguments as :func:`judge` takes them."""
    tokens = np.arange(len(state.price))
    seen = judge(state, heard, rate, places, tokens, young, interval.width, parameters)
    found, accepted = seen.found, seen.accepted
    volume = heard.volume * rate
    state.market_hour = state.market_hour + known_or_zero(volume)
    usual = known_or_zero(state.market_usual.get())
    state.market_usual.add(volume)
    state.market_dark = np.where(np.isnan(volume), state.market_dark + 1, 0)
    width_min = _minutes(interval.width)
    expected = may_trade(state, interval)
    traded_ever = (state.market_known > 0) | (volume > 0)
    state.market_known = np.where(
        expected, state.market_known + (traded_ever & ~np.isnan(volume)), 0
    )
    state.market_outlying = places.gather(found.outlying, len(volume))
    known = ~np.isnan(found.close)
    state.hold = np.where(seen.doubtful, seen.tries, np.where(known, 0, state.hold))
    state.hold_price = np.where(
        seen.doubtful, found.close, np.where(known, np.nan, state.hold_price)
    )
    state.guarded = np.where(accepted, np.nan, seen.guard)
    steady = accepted & (state.age == 0)
    carry_min = parameters.carry_max_h * 60
    was_lost = state.age * width_min > carry_min
    state.price = np.where(accepted, found.close, state.price)
    state.age = np.where(accepted, 0, np.where(state.age < NEVER, state.age + 1, NEVER))
    state.absent = np.where(accepted, 0, state.absent + (not heard.unseen))
    state.seen = np.where(accepted | (state.seen >= 0), state.seen + 1, -1)
    sample = _sample(interval, parameters.least_trades_seen)
    return Priced(
        volume=volume,
        taker_buy=interval.taker_buy_quote * rate,
        seen=sample.seen,
        imbalance=sample.imbalance,
        usual=usual,
        counted=found.counted,
        expected=places.spread_flags(expected),
        fresh=accepted,
        steady=steady,
        lost=state.age * width_min > carry_min,
        was_lost=was_lost,
        conflict=found.conflict,
        guarded=seen.guarded,
        unseen=np.asarray(heard.unseen),
    )


def may_trade(state: EngineState, interval: IntervalInput) -> BoolArray:
    """Per market whether it can be expected to have traded in the interval, as far as is known of it."""
    dark_min = state.market_dark * _minutes(interval.width)
    return np.asarray((interval.slot != Slot.UNLISTED) & (dark_min <= USUAL_MIN))


def _sample(interval: IntervalInput, least_seen: float) -> Sample:
    volume, read = interval.quote_volume, interval.trades
    if read is None:
        unread = np.full(len(volume), np.nan)
        return Sample(unread, unread)
    return sample_of(volume, read.quote, read.buy_quote, least_seen)


def _minutes(width: timedelta) -> float:
    return width.total_seconds() / 60


def _hold_steps(width_min: float, parameters: AnalyticsParameters) -> int:
    """Steps for which a jump is held: two, of those that end within ten minutes; at least one."""
    return max(1, min(parameters.jump_hold_steps, int(parameters.jump_hold_min // width_min)))
