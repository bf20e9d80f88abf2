"""What is wanted of a market, and what its venue answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.model.bars import Bar, Coverage, Refusal
from monitor.model.universe import Market


@dataclass(frozen=True, slots=True)
class Want:
    """Bars of a market that open in ``[since, until)``; ``trading_since``: from when on it is known to have traded.

    ``until`` None: all up to now; with an end it asks again for what was asked before.
    """

    market: Market
    since: datetime
    trading_since: datetime | None
    until: datetime | None = None

    @property
    def again(self) -> bool:
        """Whether it asks for times that were asked for before."""
        return self.until is not None


@dataclass(slots=True)
class MarketAnswer:
    """All that came for one want of a market, closed bars ascending, and bars still forming.

    ``again``: it answers for times that were asked for before.
    """

    market: Market
    bars: Sequence[Bar] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)
    forming: list[Bar] = field(default_factory=list)
    again: bool = False

    @property
    def usable(self) -> bool:
        """Whether the answer holds anything but refusals."""
        return bool(self.bars or self.coverage) or not self.refusals
