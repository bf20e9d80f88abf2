"""A second opinion on circulating supplies from CoinPaprika: market cap over price, without a key.

`tickers/{id}` as documented at api.coinpaprika.com. Its free plan names no circulating supply, but both figures that are
made of it: their quotient is rounded as they are, far finer than what two sources agree by.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from monitor.clock import Clock
from monitor.ingest.errors import BadVenueData, VenueError
from monitor.ingest.supply_reading import SuppliesRead, known
from monitor.ingest.vendor_http import VendorHttp
from monitor.model.universe import Supply, Token
from monitor.network import VENDOR_TIMEOUT

SOURCE = "coinpaprika"
BASE = "https://api.coinpaprika.com/v1"


class CoinPaprika:
    """Reads one coin after the other; a coin that fails is left to the next reading."""

    def __init__(
        self,
        clock: Clock,
        *,
        base_url: str | None = None,
        timeout: timedelta = VENDOR_TIMEOUT,
        attempts: int = 3,
    ) -> None:
        self._clock = clock
        self._http = VendorHttp(SOURCE, base_url or BASE, clock, timeout=timeout, attempts=attempts)

    @property
    def name(self) -> str:
        """``coinpaprika``."""
        return SOURCE

    async def read(self, tokens: Sequence[Token]) -> SuppliesRead:
        """One reading of every token that names its id here. Raises VenueError where none was answered."""
        ids = {t.coinpaprika_id: t.id for t in tokens if t.coinpaprika_id is not None}
        supplies: list[Supply] = []
        prices: dict[str, float] = {}
        unknown: list[str] = []
        failed: VenueError | None = None
        for coin, token in sorted(ids.items()):
            try:
                quote = _quote(await self._http.get(f"/tickers/{coin}", {"quotes": "USD"}))
            except VenueError as error:
                if error.stops_venue:
                    raise
                failed = error
                unknown.append(coin)
                continue
            price, cap = known(quote.get("price")), known(quote.get("market_cap"))
            if price is not None:
                prices[token] = price
            if price is not None and cap is not None:
                now = self._clock.now()
                supplies.append(Supply(token, cap / price, now, now, SOURCE))
        if failed is not None and len(unknown) == len(ids):
            raise failed
        return SuppliesRead(tuple(supplies), prices, unknown_ids=tuple(unknown))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def _quote(answer: Any) -> dict[str, Any]:
    quotes = answer.get("quotes") if isinstance(answer, dict) else None
    quote = quotes.get("USD") if isinstance(quotes, dict) else None
    if not isinstance(quote, dict):
        raise BadVenueData(SOURCE, "gave no quote in USD")
    return quote
