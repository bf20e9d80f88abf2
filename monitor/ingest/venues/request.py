"""What a candle request is made of: the market, the bars asked for, and the call that a venue's file makes of them.

Asking through ccxt's implicit methods keeps its limiter and error handling, gives the columns that its unified call drops,
and asks for exactly the bars we name: nothing here depends on the machine's own clock.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from monitor.model.universe import Market

Kind = Literal["spot", "swap"]

Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """What a request needs of a market: the venue's id, its kind, the settle currency, the contract's size, and the venue's own
    name of the coin where ccxt keeps one."""

    symbol: str
    market_id: str
    kind: Kind
    settle: str
    contract_size: float
    base_name: str = ""


@dataclass(frozen=True, slots=True)
class CandleQuestion:
    """``count`` bars from ``since_ms`` on; ``interval`` is the venue's own word for the width."""

    market: MarketFacts
    interval: str
    width: timedelta
    since_ms: int
    count: int
    now_ms: int

    @property
    def width_ms(self) -> int:
        """The width in milliseconds."""
        return self.width // timedelta(milliseconds=1)

    @property
    def last_ms(self) -> int:
        """Open of the last bar asked for."""
        return self.since_ms + (self.count - 1) * self.width_ms

    @property
    def end_ms(self) -> int:
        """Close of the last bar asked for."""
        return self.since_ms + self.count * self.width_ms


def kind_of(market: Market) -> Kind:
    """``swap`` for ``VIRTUAL/USDT:USDT``, ``spot`` for ``VIRTUAL/USDT``."""
    return "swap" if ":" in market.symbol else "spot"
