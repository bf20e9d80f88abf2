"""Intervals taken in: prices accepted, and what is remembered of markets moved on.

Many in one go where nothing is to be decided of a price, else one after the other.
"""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import Places
from monitor.engine.ages import Ages
from monitor.engine.plain_prices import PlainPrices
from monitor.engine.prices import Priced, accept_prices, listen
from monitor.engine.rates import Rates
from monitor.engine.state import EngineState
from monitor.engine.taken import Intake, Kept
from monitor.model.interval import FloatArray, IntArray, IntervalInput


class Prices:
    """Takes intervals in; what depends on the universe alone is worked out once."""

    def __init__(
        self, rates: Rates, places: Places, ages: Ages, parameters: AnalyticsParameters
    ) -> None:
        self._rates = rates
        self._places = places
        self._ages = ages
        self._parameters = parameters
        self._plain = PlainPrices(places, ages, parameters)

    def take(self, state: EngineState, intervals: Sequence[IntervalInput]) -> Intake:
        """Move the state's markets, prices and counts of steps on."""
        plain = self._plainly(state, intervals)
        if plain is None:
            return self._one_by_one(state, intervals)
        rest = intervals[len(plain.intervals) :]
        return _joined(plain, self._one_by_one(state, rest)) if rest else plain

    def _plainly(self, state: EngineState, intervals: Sequence[IntervalInput]) -> Intake | None:
        """In one go the first steps, up to one in which something is to be decided; None where it is at once."""
        rate = self._rates.fixed
        if len(intervals) == 1 or rate is None or not self._plain.may_take(state):
            return None
        before = Kept.of(state, len(intervals))
        found = self._plain.take(state, intervals, rate)
        if isinstance(found, Intake):
            return found
        before.put_back(state)
        return self._plainly(state, intervals[:found]) if found > 1 else None

    def _one_by_one(self, state: EngineState, intervals: Sequence[IntervalInput]) -> Intake:
        steps = [self._step(state, interval) for interval in intervals]
        priced, price, age, absent, seen, age_h, gap = zip(*steps, strict=True)
        return Intake(
            intervals,
            _stacked(priced),
            np.array(price),
            np.array(age),
            np.array(absent),
            np.array(seen),
            np.array(age_h),
            np.array([interval.supply for interval in intervals]),
            np.array([interval.slot for interval in intervals]),
            np.array(gap),
        )

    def _step(
        self, state: EngineState, interval: IntervalInput
    ) -> tuple[Priced, FloatArray, IntArray, IntArray, IntArray, FloatArray, int]:
        p = self._parameters
        young = self._ages.hours(state, interval.close_time, before=True) <= p.launch_hours
        heard = listen(state, interval, p)
        rate = self._rates.now(state, heard, young)
        priced = accept_prices(state, interval, heard, rate, self._places, young, p)
        if state.first_seen is None and not priced.unseen:
            state.first_seen = state.steps
        age_h, gap = self._ages.hours(state, interval.close_time), state.gap
        state.last_open = interval.open_time
        state.steps += 1
        state.gap = gap + 1 if priced.unseen else 0
        return priced, state.price, state.age, state.absent, state.seen, age_h, gap


def _stacked(steps: Sequence[Priced]) -> Priced:
    """The same with a first axis of steps."""
    return Priced(**{f.name: np.array([getattr(p, f.name) for p in steps]) for f in fields(Priced)})


def _joined(first: Intake, then: Intake) -> Intake:
    """One behind the other."""
    both = {
        f.name: np.concatenate([getattr(first, f.name), getattr(then, f.name)])
        for f in fields(Intake)
        if f.name not in ("intervals", "priced")
    }
    priced = {
        f.name: np.concatenate([getattr(first.priced, f.name), getattr(then.priced, f.name)])
        for f in fields(Priced)
    }
    return Intake((*first.intervals, *then.intervals), Priced(**priced), **both)
