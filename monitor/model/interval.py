"""What the engine is handed for one interval, in the fixed order of the universe."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from monitor.model.universe import Universe

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
SlotArray = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The fixed order of every array: markets by id, tokens by id, sectors by id (benchmark last).

    ``market_token[m]`` is the position of market m's token in ``tokens``.
    """

    markets: tuple[str, ...]
    tokens: tuple[str, ...]
    sectors: tuple[str, ...]
    market_token: IntArray
    multiplier: FloatArray

    @classmethod
    def of(cls, universe: Universe) -> "Layout":
        """The layout of a universe; equal universes give equal layouts."""
        tokens = tuple(sorted(t.id for t in universe.tokens))
        position = {token: i for i, token in enumerate(tokens)}
        markets = universe.markets
        sectors = sorted(universe.sectors, key=lambda s: (s.benchmark, s.id))
        return cls(
            markets=tuple(m.id for m in markets),
            tokens=tokens,
            sectors=tuple(s.id for s in sectors),
            market_token=np.array([position[m.token] for m in markets], dtype=np.int64),
            multiplier=np.array([m.multiplier for m in markets], dtype=np.float64),
        )


@dataclass(frozen=True, slots=True, eq=False)
class TradesRead:
    """Per market what was read of an interval's trades, in the quote currency: all, and what takers bought; NaN where none
    were read."""

    quote: FloatArray
    buy_quote: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class IntervalInput:
    """All that is known of one interval ``[open_time, open_time + width)`` when it is stepped.

    Arrays are float64 in the layout's order, NaN where unknown. Per market: ``close``, ``high``, ``low`` in the
    quote currency per unit, ``quote_volume`` and ``taker_buy_quote`` in the quote currency, ``slot`` as
    :class:`monitor.model.bars.Slot`. Per token: ``supply`` in circulating units, as known for this interval, and
    ``supply_age_h``, hours since that figure became valid. ``trades``: None where none of the interval were read.
    """

    open_time: datetime
    width: timedelta
    close: FloatArray
    high: FloatArray
    low: FloatArray
    quote_volume: FloatArray
    taker_buy_quote: FloatArray
    slot: SlotArray
    supply: FloatArray
    supply_age_h: FloatArray
    trades: TradesRead | None = None

    @property
    def close_time(self) -> datetime:
        """When the interval's values became knowable."""
        return self.open_time + self.width
