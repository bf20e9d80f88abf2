"""What steps work out before they are put into words."""

from dataclasses import dataclass, fields
from typing import Generic, TypeVar

import numpy as np

from monitor.analytics.index import Book
from monitor.analytics.price import BoolArray
from monitor.engine.matched import Chain
from monitor.model.interval import FloatArray

Flag = TypeVar("Flag", bool, BoolArray)


@dataclass(frozen=True, slots=True, eq=False)
class Values(Generic[Flag]):
    """Of one step, or of many along a first axis: arrays in the layout's order; returns are log returns of the step, shares
    fractions, money USD. ``marked``, ``unseen``, ``benchmark_missing``: of a step, so one each, or one a step."""

    before: Book
    after: Book
    steady: BoolArray
    conflict: BoolArray
    counted_market: BoolArray
    market_expected: BoolArray
    token_return: FloatArray
    token_own: FloatArray
    token_pending: FloatArray
    token_volume: FloatArray
    token_net: FloatArray
    token_seen: FloatArray
    token_sampled: FloatArray
    token_scaled: FloatArray
    r: FloatArray
    e: FloatArray
    q: FloatArray
    market: FloatArray
    beta: FloatArray
    volume: FloatArray
    chain: Chain
    net: FloatArray
    seen: FloatArray  # USD whose taker side was seen
    sampled: FloatArray  # USD of bars whose trades were read
    scaled: FloatArray  # of which not seen
    estimated: FloatArray  # USD for which it was estimated
    coverage: FloatArray
    stale: FloatArray
    caps: FloatArray
    share: FloatArray
    parts: FloatArray
    launched: BoolArray
    has_members: BoolArray
    marked: Flag
    unseen: Flag
    benchmark_missing: Flag

    def at(self, t: int) -> "Values[bool]":
        """Of one of many steps."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        one = {name: value[t] for name, value in found.items() if isinstance(value, np.ndarray)}
        for book in ("before", "after"):
            one[book] = Book(found[book].price[t], found[book].supply[t], found[book].sector[t])
        chain = found["chain"]
        one["chain"] = Chain(chain.sector, chain.link, chain.volume[t])
        for flag in ("marked", "unseen", "benchmark_missing"):
            one[flag] = bool(one[flag])
        return Values(**one)


StepValues = Values[bool]
"""Of one step: arrays without that axis."""
ManyValues = Values[BoolArray]
"""Of many steps."""
