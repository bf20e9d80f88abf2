"""What a venue's connection is made from, wherever it is made."""

from dataclasses import dataclass
from datetime import timedelta

from monitor.model.universe import Market


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """A venue, the markets that it is asked for, and what is set for it; None leaves the venue's own value.

    ``possible``: markets that are looked for in its table and not missed.
    """

    venue: str
    markets: tuple[Market, ...]
    base_url: str | None
    timeout: timedelta
    rate_limit_ms: float | None
    possible: tuple[Market, ...] = ()
