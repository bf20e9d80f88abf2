"""Prices of many steps in one go, where each candidate is believed at once and no venue begins or ceases to stand apart.

What :func:`monitor.engine.prices.accept_prices` does one step after the other, for the steps in which nothing is decided by
what the step before left behind: no jump that few bear out, no two venues that disagree, no guard.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import numpy as np

from monitor.analytics.flow import Sample, sample_of
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import BoolArray, Consolidated, Places, consolidate
from monitor.analytics.window import known_or_zero, sums
from monitor.engine.ages import Ages
from monitor.engine.prices import USUAL_MIN, Priced
from monitor.engine.state import NEVER, EngineState
from monitor.engine.taken import Intake
from monitor.model.bars import Slot
from monitor.model.grid import is_aligned
from monitor.model.interval import FloatArray, IntArray, IntervalInput

HOUR = timedelta(hours=1)


class PlainPrices:
    """Takes stretches in; what depends on the universe alone is worked out once."""

    def __init__(self, places: Places, ages: Ages, parameters: AnalyticsParameters) -> None:
        self._places = places
        self._ages = ages
        self._parameters = parameters

    def may_take(self, state: EngineState) -> bool:
        """Whether that can be tried."""
        return state.first_seen is not None and bool(np.isnan(state.guarded).all())

    def take(
        self, state: EngineState, intervals: Sequence[IntervalInput], rate: FloatArray
    ) -> Intake | int:
        """Move the state on by all of them; or give how many of the first ones there are before something is to be decided:
        then the state is to be put back. ``rate``: USD of each market's quote in all of them, NaN unknown."""
        p, places = self._parameters, self._places
        steps, width = len(intervals), intervals[0].width
        minutes = width / timedelta(minutes=1)
        told = np.array([interval.close for interval in intervals]) / state.layout.multiplier
        slot = np.array([interval.slot for interval in intervals])
        volume = np.array([interval.quote_volume for interval in intervals]) * rate
        traded = slot == Slot.TRADED
        answered = traded | (slot == Slot.QUIET)
        unseen = ~answered.any(axis=1)
        spoken = answered & ~np.isnan(told)
        closes = _carried(state.market_close, told, spoken)
        moved = spoken & (told != closes[:-1])
        close = closes[1:]
        idle = _since(state.market_idle, traded | moved)
        awake = (idle == 0) | (idle * minutes < p.stale_after_min)
        fresh = answered & awake & (close > 0) & ~np.isnan(rate)
        weight = self._weights(state, intervals, volume)
        found = self._consolidated(state, close * rate, weight, fresh)
        known = ~np.isnan(found.close)
        prices = _carried(state.price, found.close, known)
        seen = _since_first(state.seen, known)
        ever = state.steps + np.arange(steps)[:, None] - (state.first_seen or 0)
        now = [interval.close_time for interval in intervals]
        before = np.concatenate([state.seen[None], seen[:-1]])
        young = self._ages.hours_of(before + 1, ever, now) <= p.launch_hours
        bound = np.where(young, p.launch_jump_gate, p.jump_gate)
        with np.errstate(invalid="ignore", divide="ignore"):
            jump = np.abs(np.log(found.close / prices[:-1])) > bound
        outlying = places.gather(found.outlying, volume.shape[1])
        strange = (known & jump & (found.agreeing < 2)) | found.conflict
        odd = strange.any(axis=1) | (outlying != state.market_outlying).any(axis=1)
        if odd.any():
            return int(odd.argmax())
        ages = np.minimum(_since(state.age, known), NEVER)
        ages_before = np.concatenate([state.age[None], ages[:-1]])
        dark = _since(state.market_dark, ~np.isnan(volume))
        expected = (slot != Slot.UNLISTED) & (dark * minutes <= USUAL_MIN)
        gap = np.concatenate([[state.gap], _since(np.array([state.gap]), ~unseen[:, None])[:, 0]])
        absent = _since(state.absent, known, ~unseen[:, None])
        sample = self._sample(intervals)
        carry_min = p.carry_max_h * 60
        priced = Priced(
            volume=volume,
            taker_buy=np.array([interval.taker_buy_quote for interval in intervals]) * rate,
            seen=sample.seen,
            imbalance=sample.imbalance,
            usual=known_or_zero(state.market_usual.run(volume)),
            counted=found.counted,
            expected=places.spread_flags(expected),
            fresh=known,
            steady=known & (ages_before == 0),
            lost=ages * minutes > carry_min,
            was_lost=ages_before * minutes > carry_min,
            conflict=found.conflict,
            guarded=np.zeros(known.shape, dtype=np.bool_),
            unseen=unseen,
        )
        some = known.any(axis=0)
        state.market_close, state.market_idle, state.market_dark = close[-1], idle[-1], dark[-1]
        state.market_known = _known_steps(state.market_known, expected, volume)
        state.hold, state.hold_price = (
            np.where(some, 0, state.hold),
            np.where(some, np.nan, state.hold_price),
        )
        state.price, state.age, state.absent, state.seen = (
            rows[-1].copy() for rows in (prices, ages, absent, seen)
        )
        state.last_open, state.gap = intervals[-1].open_time, int(gap[-1])
        state.steps += steps
        return Intake(
            intervals,
            priced,
            prices[1:],
            ages,
            absent,
            seen,
            self._ages.hours_of(seen, ever, now),
            np.array([interval.supply for interval in intervals]),
            slot,
            gap[:-1],
        )

    def _weights(
        self, state: EngineState, intervals: Sequence[IntervalInput], volume: FloatArray
    ) -> FloatArray:
        """Per step and market USD of the last 23 whole clock hours and of the present one; moves the hours on."""
        weight, traded = np.empty(volume.shape), known_or_zero(volume)
        opens = [t for t, i in enumerate(intervals) if is_aligned(i.open_time, HOUR)]
        bounds = sorted({0, *opens, len(intervals)})
        for begin, end in pairwise(bounds):
            if begin in opens:
                state.market_hours.push(state.market_hour)
                state.market_hour = np.zeros(volume.shape[1])
                state.market_before = None
            if state.market_before is None:
                state.market_before, _ = sums(state.market_hours.last(state.market_hours.length))
            rows = np.concatenate([state.market_hour[None], traded[begin:end]])
            hour = np.add.accumulate(rows)[1:]
            state.market_hour = hour[-1]
            weight[begin:end] = state.market_before + hour
        return weight

    def _consolidated(
        self, state: EngineState, close: FloatArray, weight: FloatArray, fresh: BoolArray
    ) -> Consolidated:
        """Every token of every step a row; the last accepted price is asked for only where two venues disagree."""
        places, k = self._places, self._places.market.shape[1]
        shape = (len(close), len(places.market))
        was = np.broadcast_to(places.spread_flags(state.market_outlying), (*shape, k))
        found = consolidate(
            places.spread(close, np.nan).reshape(-1, k),
            places.spread(weight, 0.0).reshape(-1, k),
            places.spread_flags(fresh).reshape(-1, k),
            was.reshape(-1, k),
            np.full(shape[0] * shape[1], np.nan),
            self._parameters,
        )
        return Consolidated(
            found.close.reshape(shape),
            found.agreeing.reshape(shape),
            found.conflict.reshape(shape),
            found.counted.reshape(*shape, k),
            found.outlying.reshape(*shape, k),
        )

    def _sample(self, intervals: Sequence[IntervalInput]) -> Sample:
        volume = np.array([interval.quote_volume for interval in intervals])
        unread = np.full(volume.shape[1], np.nan)
        if all(interval.trades is None for interval in intervals):
            nothing = np.full(volume.shape, np.nan)
            return Sample(nothing, nothing)
        read = [i.trades for i in intervals]
        quote = np.array([unread if trades is None else trades.quote for trades in read])
        bought = np.array([unread if trades is None else trades.buy_quote for trades in read])
        return sample_of(volume, quote, bought, self._parameters.least_trades_seen)


def _carried(before: FloatArray, values: FloatArray, known: BoolArray) -> FloatArray:
    """(steps + 1, n): what stood before, and after each step the last value that was known."""
    rows = np.concatenate([before[None], values])
    there = np.concatenate([np.ones((1, len(before)), dtype=np.bool_), known])
    last = np.maximum.accumulate(np.where(there, np.arange(len(rows))[:, None], 0))
    return np.take_along_axis(rows, last, axis=0)


def _since(count: IntArray, ends: BoolArray, counts: BoolArray | None = None) -> IntArray:
    """(steps, n): steps in a row, of those that count, since one in which the row ``ends``; ``count``: as it stood before."""
    counted = np.broadcast_to(True if counts is None else counts, ends.shape)
    passed: IntArray = np.cumsum(counted, axis=0, dtype=np.int64)
    at_end = np.maximum.accumulate(np.where(ends, passed, 0))
    ended = np.logical_or.accumulate(ends)
    since: IntArray = np.where(ended, passed - at_end, count + passed)
    return since


def _since_first(count: IntArray, known: BoolArray) -> IntArray:
    """(steps, n): steps since the first one that was ``known``, -1 before it; ``count``: as it stood before."""
    there = np.logical_or.accumulate(known | (count >= 0))
    since: IntArray = np.where(there, count + np.cumsum(there, axis=0), -1)
    return since


def _known_steps(count: IntArray, expected: BoolArray, volume: FloatArray) -> IntArray:
    """Steps with a known volume since a market first traded, after these; none where it cannot be expected to trade."""
    for can, usd in zip(expected, volume, strict=True):
        ever = (count > 0) | (usd > 0)
        count = np.where(can, count + (ever & ~np.isnan(usd)), 0)
    return count
