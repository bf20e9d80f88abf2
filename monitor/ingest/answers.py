"""What is wanted of a market, and what its venue answered."""

from dataclasses import dataclass, field
from datetime import datetime

from monitor.model.bars import Bar, Coverage, Refusal
from monitor.model.universe import Market


@dataclass(frozen=True, slots=True)
class Want:
    """Bars of a market from ``since`` on; ``trading_since``: from when on it is known to have traded."""

    market: Market
    since: datetime
    trading_since: datetime | None


@dataclass(slots=True)
class MarketAnswer:
    """All that came of one market in one poll, closed bars ascending."""

    market: Market
    bars: list[Bar] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        """Whether the answer holds anything but refusals."""
        return bool(self.bars or self.coverage) or not self.refusals
