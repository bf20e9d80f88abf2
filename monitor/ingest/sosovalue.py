"""Changes in 24 h of our sectors as SoSoValue has them; needs a key.

`currencies/sector-spotlight` of its OpenAPI v1: sectors and narrower themes, each with its change; no market cap in dollars.
Whether a change is a ratio or per cent its documents leave open, so the configuration says it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from monitor.clock import Clock
from monitor.ingest.errors import BadVenueData, VenueBusy, VenueError, VenueForbidden
from monitor.ingest.vendor_http import BUSY_WAIT_S, VendorHttp
from monitor.ingest.vendor_source import Gathered, VendorRead, number, records
from monitor.model.vendor_reading import VendorFigure, VendorReading
from monitor.network import VENDOR_TIMEOUT

SOURCE = "sosovalue"
BASE = "https://openapi.sosovalue.com/openapi/v1"
Changes = Literal["ratio", "percent"]
_CHANGE = ("24h_change_pct", "change_pct_24h")
_BUSY = frozenset({42901, 402901})
_NO_ENTRY = frozenset({400101, 400102, 400301})


class SoSoValue:
    """Reads all sectors at once; ``sectors``: its name by our sector; ``changes``: what its changes are counted in."""

    def __init__(
        self,
        clock: Clock,
        sectors: Mapping[str, str],
        *,
        key: str,
        changes: Changes,
        base_url: str | None = None,
        timeout: timedelta = VENDOR_TIMEOUT,
        attempts: int = 3,
    ) -> None:
        self._clock = clock
        self._sectors = dict(sectors)
        self._scale = 100.0 if changes == "percent" else 1.0
        self._http = VendorHttp(
            SOURCE,
            base_url or BASE,
            clock,
            headers={"x-soso-api-key": key},
            timeout=timeout,
            attempts=attempts,
        )

    @property
    def name(self) -> str:
        """``sosovalue``."""
        return SOURCE

    async def read(self) -> VendorRead:
        """As of now. Raises VenueError."""
        data = _data(await self._http.get("/currencies/sector-spotlight"))
        found = Gathered(SOURCE, self._clock.now())
        both = (*records(data.get("spotlight")), *records(data.get("sector")))
        served = {str(record.get("name", "")).casefold(): record for record in both}
        for sector, name in sorted(self._sectors.items()):
            record = served.get(name.casefold())
            if record is None:
                found.missing.append(f"sector {name}")
                continue
            change = next((number(record[key]) for key in _CHANGE if key in record), None)
            if change is None:
                found.refuse(
                    f"sector {name}: found no change in {', '.join(map(str, record))[:120]}"
                )
                continue
            at = found.asked_at
            found.readings.append(
                VendorReading(sector, VendorFigure.CHANGE_24H, change / self._scale, at, SOURCE, at)
            )
        return found.read()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def _data(answer: Any) -> dict[str, Any]:
    """What is in the envelope; raises VenueError by its code, whatever HTTP said."""
    if not isinstance(answer, dict):
        raise BadVenueData(SOURCE, "gave no object, expected code and data")
    code = answer.get("code")
    if code in _BUSY:
        raise VenueBusy(SOURCE, "asks for fewer requests", wait_s=BUSY_WAIT_S)
    if code in _NO_ENTRY:
        remedy = "check MONITOR_SOURCES__SOSOVALUE__API_KEY"
        raise VenueForbidden(SOURCE, f"does not let us ask (code {code})", remedy=remedy)
    if code != 0:
        raise VenueError(SOURCE, f"refused the request (code {str(code)[:20]})")
    data = answer.get("data")
    if not isinstance(data, dict):
        raise BadVenueData(SOURCE, "gave no sectors")
    return data
