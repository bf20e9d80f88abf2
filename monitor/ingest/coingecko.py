"""Circulating supplies and prices from CoinGecko: one call for all our coins.

`coins/markets` as documented at docs.coingecko.com: 0 and null mean unknown, unknown ids are left out without an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx

from monitor.clock import Clock
from monitor.ingest.errors import BadVenueData
from monitor.ingest.supply_reading import SuppliesRead, known
from monitor.ingest.vendor_http import VendorHttp
from monitor.model.bars import Refusal
from monitor.model.universe import Supply, Token
from monitor.network import VENDOR_TIMEOUT

Plan = Literal["none", "demo", "pro"]

SOURCE = "coingecko"
LARGEST_STEP = 0.20
"""A supply that changed by more than this is believed when the next reading says so too."""

_AGREEMENT = 0.05
_BASES = {
    "none": "https://api.coingecko.com/api/v3",
    "demo": "https://api.coingecko.com/api/v3",
    "pro": "https://pro-api.coingecko.com/api/v3",
}
_KEY_HEADERS = {"demo": "x-cg-demo-api-key", "pro": "x-cg-pro-api-key"}
_KEY_ERRORS = frozenset({10002, 10005, 10010, 10011, 1020})
_PAGE = 250


@dataclass(frozen=True, slots=True)
class Quote:
    """What CoinGecko says of one of our tokens; None where it does not know."""

    token: str
    price_usd: float | None
    circulating: float | None
    total: float | None


class CoinGecko:
    """Reads `coins/markets`. Keeps the last reading of each supply, so that a leap is believed on its second reading."""

    def __init__(
        self,
        clock: Clock,
        *,
        plan: Plan = "none",
        key: str | None = None,
        base_url: str | None = None,
        timeout: timedelta = VENDOR_TIMEOUT,
        attempts: int = 3,
        believed: Mapping[str, float] | None = None,
    ) -> None:
        self._clock = clock
        self._believed = dict(believed or {})
        self._doubted: dict[str, float] = {}
        self._http = gecko_http(clock, plan, key, base_url, timeout=timeout, attempts=attempts)

    @property
    def name(self) -> str:
        """``coingecko``."""
        return SOURCE

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def read(self, tokens: Sequence[Token]) -> SuppliesRead:
        """One reading for every token that names a CoinGecko id. Raises VenueError; its text never holds the key."""
        ids = {t.coingecko_id: t.id for t in tokens if t.coingecko_id is not None}
        found: list[Quote] = []
        wanted = sorted(ids)
        for start in range(0, len(wanted), _PAGE):
            found += _quotes(await self._ask(wanted[start : start + _PAGE]), ids)
        now = self._clock.now()
        supplies: list[Supply] = []
        refusals: list[Refusal] = []
        for quote in found:
            supplies += _total(quote, now)
            if quote.circulating is None:
                continue
            refusal = self._doubt(quote.token, quote.circulating)
            if refusal is not None:
                refusals.append(refusal)
                continue
            supplies.append(Supply(quote.token, quote.circulating, now, now, SOURCE))
        heard = {q.token for q in found}
        return SuppliesRead(
            supplies=tuple(supplies),
            prices={q.token: q.price_usd for q in found if q.price_usd is not None},
            refusals=tuple(refusals),
            unknown_ids=tuple(i for i in wanted if ids[i] not in heard),
        )

    def _doubt(self, token: str, units: float) -> Refusal | None:
        before = self._believed.get(token)
        seen = self._doubted.pop(token, None)
        leap = before is not None and abs(units / before - 1) > LARGEST_STEP
        if leap and (seen is None or abs(units / seen - 1) > _AGREEMENT):
            self._doubted[token] = units
            detail = f"{token}: found {units:,.0f} units after {before:,.0f}, waiting for a second reading"
            return Refusal(SOURCE, None, None, "supply_leap", detail)
        self._believed[token] = units
        return None

    async def _ask(self, ids: Sequence[str]) -> Any:
        parameters = {
            "vs_currency": "usd",
            "ids": ",".join(ids),
            "per_page": str(_PAGE),
            "page": "1",
            "sparkline": "false",
        }
        return await self._http.get("/coins/markets", parameters)


def gecko_http(
    clock: Clock,
    plan: Plan,
    key: str | None,
    base_url: str | None,
    *,
    timeout: timedelta,
    attempts: int,
) -> VendorHttp:
    """Requests by the plan: its address, and the key in its header."""
    headers = {_KEY_HEADERS[plan]: key} if key is not None and plan in _KEY_HEADERS else {}
    return VendorHttp(
        SOURCE,
        base_url or _BASES[plan],
        clock,
        headers=headers,
        timeout=timeout,
        attempts=attempts,
        is_no_entry=lambda response: _error_code(response) in _KEY_ERRORS,
    )


def _error_code(response: httpx.Response) -> int | None:
    try:
        body = response.json()
    except ValueError:
        return None
    status = body.get("status") if isinstance(body, dict) else None
    code = status.get("error_code") if isinstance(status, dict) else None
    return code if isinstance(code, int) else None


def _quotes(payload: Any, ids: Mapping[str, str]) -> list[Quote]:
    if not isinstance(payload, list):
        raise BadVenueData(SOURCE, f"gave a {type(payload).__name__}, expected a list of coins")
    return [
        Quote(
            token=ids[coin["id"]],
            price_usd=known(coin.get("current_price")),
            circulating=known(coin.get("circulating_supply")),
            total=known(coin.get("total_supply")),
        )
        for coin in payload
        if isinstance(coin, dict) and coin.get("id") in ids
    ]


def _total(quote: Quote, now: datetime) -> list[Supply]:
    if quote.total is None:
        return []
    return [Supply(quote.token, quote.total, now, now, SOURCE, basis="total")]
