"""Funding and open interest of perpetual contracts."""

from dataclasses import dataclass
from datetime import datetime

FUNDING_H = 8.0
"""Funding is told for so many hours, whatever interval a venue pays it in."""
FUNDINGS_A_YEAR = 365 * 24 / FUNDING_H


@dataclass(frozen=True, slots=True)
class DerivativeReading:
    """A perpetual as of ``at``, when it was asked for. ``funding_rate``: a fraction paid by longs to shorts each
    ``interval_h`` hours, as the venue gives both; ``open_interest_usd``: of one side. None is unknown."""

    market_id: str
    at: datetime
    funding_rate: float | None
    interval_h: float | None
    open_interest_usd: float | None

    @property
    def funding_rate_8h(self) -> float | None:
        """The rate for 8 hours; None where the venue names no interval."""
        if self.funding_rate is None or not self.interval_h:
            return None
        return self.funding_rate * FUNDING_H / self.interval_h
