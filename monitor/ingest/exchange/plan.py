"""What a venue's connection is made from, wherever it is made."""

from dataclasses import dataclass
from datetime import timedelta

from monitor.model.universe import Market


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """A venue, the markets that it is asked for, and what is set for it; None leaves the venue's own value."""

    venue: str
    markets: tuple[Market, ...]
    base_url: str | None
    timeout: timedelta
    rate_limit_ms: float | None
