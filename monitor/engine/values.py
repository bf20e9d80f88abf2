"""What one step works out before it is put into words."""

from dataclasses import dataclass

from monitor.analytics.index import Book
from monitor.analytics.price import BoolArray
from monitor.engine.matched import Chain
from monitor.model.interval import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class StepValues:
    """Arrays in the layout's order; returns are log returns of the step, shares fractions, money USD."""

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
    marked: bool
    unseen: bool
    benchmark_missing: bool
