"""A data provider's last prices of a coin, as long as they are of about now."""

from collections.abc import Mapping
from datetime import datetime

from monitor.clock import Clock
from monitor.ingest.validation.acceptance import SAME_TIME


class ReferencePrices:
    """Token -> price of a coin in dollars; empty once the reading is older than :data:`SAME_TIME`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._prices: Mapping[str, float] = {}
        self._read_at: datetime | None = None

    def note(self, prices: Mapping[str, float]) -> None:
        """A reading has come; it takes the place of the one before."""
        self._prices, self._read_at = dict(prices), self._clock.now()

    def __call__(self) -> Mapping[str, float]:
        """Prices that still tell coins apart."""
        if self._read_at is None or self._clock.now() - self._read_at > SAME_TIME:
            return {}
        return self._prices
