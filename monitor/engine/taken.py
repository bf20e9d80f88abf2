"""What intervals brought, and how to undo that they were taken in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitor.engine.prices import Priced
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
