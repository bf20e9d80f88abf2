"""Market cap and its change in 24 h of our sectors, as CoinGecko's categories have them; works without a key.

`coins/categories` as documented at docs.coingecko.com: one answer with all of them, changes in per cent.
"""

from collections.abc import Mapping
from datetime import timedelta

from monitor.clock import Clock
from monitor.ingest.coingecko import SOURCE, Plan, gecko_http
from monitor.ingest.errors import BadVenueData
from monitor.ingest.vendor_source import Gathered, VendorRead, number, records
from monitor.model.vendor_reading import VendorFigure, VendorReading
from monitor.network import VENDOR_TIMEOUT


class CoinGeckoCategories:
    """Reads all categories at once; ``categories``: its id by our sector."""

    def __init__(
        self,
        clock: Clock,
        categories: Mapping[str, str],
        *,
        plan: Plan = "none",
        key: str | None = None,
        base_url: str | None = None,
        timeout: timedelta = VENDOR_TIMEOUT,
        attempts: int = 3,
    ) -> None:
        self._clock = clock
        self._categories = dict(categories)
        self._http = gecko_http(clock, plan, key, base_url, timeout=timeout, attempts=attempts)

    @property
    def name(self) -> str:
        """``coingecko``."""
        return SOURCE

    async def read(self) -> VendorRead:
        """As of now. Raises VenueError."""
        payload = await self._http.get("/coins/categories")
        if not isinstance(payload, list) or not payload:
            raise BadVenueData(SOURCE, "gave no list of categories")
        found = Gathered(SOURCE, self._clock.now())
        served = {record.get("id"): record for record in records(payload)}
        for sector, category in sorted(self._categories.items()):
            record = served.get(category)
            if record is None:
                found.missing.append(f"category {category}")
                continue
            cap, change = (
                number(record.get("market_cap")),
                number(record.get("market_cap_change_24h")),
            )
            at = found.asked_at
            if cap:  # 0 and null are unknown here
                found.readings.append(
                    VendorReading(sector, VendorFigure.MARKET_CAP, cap, at, SOURCE, at)
                )
            if change is not None:
                found.readings.append(
                    VendorReading(sector, VendorFigure.CHANGE_24H, change / 100, at, SOURCE, at)
                )
        return found.read()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()
