"""Intervals taken in one after the other: prices accepted, and what is remembered of markets moved on."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import Places
from monitor.engine.ages import Ages
from monitor.engine.prices import Priced, accept_prices, listen
from monitor.engine.rates import Rates
from monitor.engine.state import EngineState
from monitor.model.interval import FloatArray, IntArray, IntervalInput, SlotArray

MOVED = (
    "steps", "last_open", "gap", "first_seen",
    "market_close", "market_idle", "market_dark", "market_outlying", "market_hour", "market_before", "market_known",
    "price", "age", "absent", "hold", "hold_price", "guarded", "seen",
)  # fmt: skip
"""Of the state: each step puts new values and arrays in the place of the old."""


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """What intervals brought, a row each. Per token: the accepted ``price``, and ``age``, ``absent`` and ``seen`` as the
    state counts them; ``market_age_h``, hours. ``supply`` and ``slot`` as the intervals tell them. ``after_gap``: the
    steps before one, in a row, in which nobody answered."""

    intervals: Sequence[IntervalInput]
    priced: Priced
    price: FloatArray
    age: IntArray
    absent: IntArray
    seen: IntArray
    market_age_h: FloatArray
    supply: FloatArray
    slot: SlotArray
    after_gap: IntArray


class Prices:
    """Takes intervals in; what depends on the universe alone is worked out once."""

    def __init__(
        self, rates: Rates, places: Places, ages: Ages, parameters: AnalyticsParameters
    ) -> None:
        self._rates = rates
        self._places = places
        self._ages = ages
        self._parameters = parameters

    def take(self, state: EngineState, intervals: Sequence[IntervalInput]) -> Intake:
        """Move the state's markets, prices and counts of steps on."""
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


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """All that :meth:`Prices.take` moves in the state, as it stood before."""

    values: dict[str, Any]
    usual: tuple[FloatArray, FloatArray]
    hours: int

    @classmethod
    def of(cls, state: EngineState, steps: int) -> "Kept":
        """Before so many steps: a ring of whole hours takes no more rows than steps."""
        ring = state.market_hours
        ring.reserve(min(steps, ring.length))
        return cls({n: getattr(state, n) for n in MOVED}, state.market_usual.arrays(), ring.end)

    def put_back(self, state: EngineState) -> None:
        """Undo the steps."""
        for name, value in self.values.items():
            setattr(state, name, value)
        state.market_usual.value, state.market_usual.count = self.usual
        state.market_hours.drop(state.market_hours.end - self.hours)


def _stacked(steps: Sequence[Priced]) -> Priced:
    """The same with a first axis of steps."""
    return Priced(**{f.name: np.array([getattr(p, f.name) for p in steps]) for f in fields(Priced)})
