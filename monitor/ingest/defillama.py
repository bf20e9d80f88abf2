"""Daily volume, fees and revenue of a token's protocol from DefiLlama, without a key.

`summary/fees/{slug}` and `summary/dexs/{slug}` as documented at api-docs.defillama.com: days begin at 00:00 UTC, times are
in seconds, the running day is partial. Its adapters are rewritten and days that are over are restated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.clock import Clock
from monitor.ingest.errors import VenueError
from monitor.ingest.vendor_http import VendorHttp
from monitor.ingest.vendor_source import Gathered, VendorRead, number
from monitor.model.vendor_reading import VendorFigure, VendorReading
from monitor.network import VENDOR_TIMEOUT

SOURCE = "defillama"
BASE = "https://api.llama.fi"
DAY = timedelta(days=1)
REACH = timedelta(days=90)
"""Days that are read each time: what was restated lies among them."""
_SERIES = {
    VendorFigure.DAILY_FEES: ("/summary/fees/{}", "dailyFees"),
    VendorFigure.DAILY_REVENUE: ("/summary/fees/{}", "dailyRevenue"),
    VendorFigure.DAILY_VOLUME: ("/summary/dexs/{}", "dailyVolume"),
}


@dataclass(frozen=True, slots=True)
class Protocol:
    """``slug``: DefiLlama's name of it. ``fee_rate``: what it takes of each trade, where its volume may be told from it."""

    slug: str
    fee_rate: float | None = None


class DefiLlama:
    """Reads one protocol after the other; ``protocols``: by token."""

    def __init__(
        self,
        clock: Clock,
        protocols: Mapping[str, Protocol],
        *,
        base_url: str | None = None,
        timeout: timedelta = VENDOR_TIMEOUT,
        attempts: int = 3,
    ) -> None:
        self._clock = clock
        self._protocols = dict(protocols)
        self._http = VendorHttp(SOURCE, base_url or BASE, clock, timeout=timeout, attempts=attempts)

    @property
    def name(self) -> str:
        """``defillama``."""
        return SOURCE

    async def read(self) -> VendorRead:
        """The days of the last three months that are over. Raises VenueError where no series was answered."""
        found = Gathered(SOURCE, self._clock.now())
        failed: VenueError | None = None
        for token, protocol in sorted(self._protocols.items()):
            for figure, (path, kind) in _SERIES.items():
                try:
                    answer = await self._http.get(path.format(protocol.slug), {"dataType": kind})
                except VenueError as error:
                    if error.stops_venue:
                        raise
                    failed = error
                    answer = None
                _take(found, token, protocol, figure, answer)
        if failed is not None and not found.readings:
            raise failed
        return found.read()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def _take(
    found: Gathered, token: str, protocol: Protocol, figure: VendorFigure, answer: Any
) -> None:
    chart = answer.get("totalDataChart") if isinstance(answer, dict) else None
    if not isinstance(chart, list) or not chart:
        found.missing.append(f"{figure.value} of {protocol.slug}")
        if figure is VendorFigure.DAILY_VOLUME and protocol.fee_rate is not None:
            _volume_from_fees(found, token, protocol.fee_rate)
        return
    for row in chart:
        if not isinstance(row, list) or len(row) != 2 or row[1] is None:
            continue  # a day without a figure is served as null
        day, value = _day(row[0]), number(row[1])
        if day is None or value is None:
            found.refuse(
                f"{protocol.slug}, {figure.value}: found {str(row)[:80]}, expected a day and a number"
            )
        elif found.asked_at - REACH <= day and not _is_running(day, found.asked_at):
            found.readings.append(VendorReading(token, figure, value, day, SOURCE, found.asked_at))


def _volume_from_fees(found: Gathered, token: str, rate: float) -> None:
    """Volume that no series tells: what was taken of the trades over the rate at which it is taken."""
    found.readings += [
        VendorReading(
            token, VendorFigure.DAILY_VOLUME_FROM_FEES, r.value / rate, r.at, SOURCE, r.asked_at
        )
        for r in list(found.readings)
        if r.subject == token and r.figure is VendorFigure.DAILY_FEES
    ]


def _day(seconds: Any) -> datetime | None:
    given = number(seconds)
    if given is None:
        return None
    try:
        return datetime.fromtimestamp(given, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _is_running(day: datetime, now: datetime) -> bool:
    """The day that is not over holds a part of what it will; one of the future is another fault."""
    return day <= now < day + DAY
