"""Circulating supplies and prices from CoinGecko: one call for all our coins.

`coins/markets` as documented at docs.coingecko.com: 0 and null mean unknown, unknown ids are left out without an error.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

import httpx

from monitor.clock import Clock
from monitor.ingest.errors import (
    BadVenueData,
    VenueBusy,
    VenueDown,
    VenueError,
    VenueForbidden,
)
from monitor.ingest.exchange.retry import ask_again
from monitor.ingest.exchange.translate import Answer, asked_wait
from monitor.model.bars import Refusal
from monitor.model.universe import Supply, Token
from monitor.network import http_client

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
_BUSY_WAIT_S = 60.0
_PAGE = 250
_LARGEST_ANSWER = 4_000_000


@dataclass(frozen=True, slots=True)
class Quote:
    """What CoinGecko says of one of our tokens; None where it does not know."""

    token: str
    price_usd: float | None
    circulating: float | None
    total: float | None


@dataclass(frozen=True, slots=True)
class SuppliesRead:
    """One reading: believed supplies, prices of a coin in USD by token, what waits or was refused, ids it left out."""

    supplies: tuple[Supply, ...]
    prices: Mapping[str, float]
    refusals: tuple[Refusal, ...]
    unknown_ids: tuple[str, ...]


class CoinGecko:
    """Reads `coins/markets`. Keeps the last reading of each supply, so that a leap is believed on its second reading."""

    def __init__(
        self,
        clock: Clock,
        *,
        plan: Plan = "none",
        key: str | None = None,
        base_url: str | None = None,
        timeout: timedelta = timedelta(seconds=20),
        attempts: int = 3,
        believed: Mapping[str, float] | None = None,
    ) -> None:
        self._clock = clock
        self._attempts = attempts
        self._believed = dict(believed or {})
        self._doubted: dict[str, float] = {}
        headers = {"accept": "application/json"}
        if key is not None and plan in _KEY_HEADERS:
            headers[_KEY_HEADERS[plan]] = key
        self._base = (base_url or _BASES[plan]).rstrip("/")
        self._http = http_client(self._base, headers=headers, timeout=timeout)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

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
        return await ask_again(
            partial(self._ask_once, parameters), self._clock, attempts=self._attempts, wait=_wait
        )

    async def _ask_once(self, parameters: Mapping[str, str]) -> Any:
        try:
            response = await self._http.get(f"{self._base}/coins/markets", params=dict(parameters))
        except httpx.TimeoutException:
            raise VenueDown(SOURCE, "gave no answer in time") from None
        except httpx.HTTPError as error:
            raise VenueDown(SOURCE, f"is unreachable ({type(error).__name__})") from None
        if response.status_code != httpx.codes.OK:
            raise self._refused(response)
        if len(response.content) > _LARGEST_ANSWER:
            raise BadVenueData(
                SOURCE, f"gave {len(response.content):,} bytes, expected a short list"
            )
        try:
            return response.json()
        except ValueError:
            raise BadVenueData(SOURCE, "gave an answer that is no JSON") from None

    def _refused(self, response: httpx.Response) -> VenueError:
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            answer = Answer(status, dict(response.headers))
            wait = max(asked_wait(answer, "", self._clock.now()) or 0.0, _BUSY_WAIT_S)
            return VenueBusy(SOURCE, f"asks for fewer requests, waiting {wait:.0f} s", wait_s=wait)
        code = _error_code(response)
        if status in (401, 403, 451) or code in _KEY_ERRORS:
            remedy = "check sources.coingecko: the key and whether it is a demo or a pro one"
            what = f"does not let us ask (HTTP {status}, code {code})"
            return VenueForbidden(SOURCE, what, remedy=remedy)
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return VenueDown(SOURCE, f"is unreachable (HTTP {status})")
        return VenueError(SOURCE, f"refused the request (HTTP {status}, code {code})")


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
            price_usd=_known(coin.get("current_price")),
            circulating=_known(coin.get("circulating_supply")),
            total=_known(coin.get("total_supply")),
        )
        for coin in payload
        if isinstance(coin, dict) and coin.get("id") in ids
    ]


def _known(value: Any) -> float | None:
    """A figure above 0; 0, null and anything else mean unknown."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value > 0 else None


def _total(quote: Quote, now: datetime) -> list[Supply]:
    if quote.total is None:
        return []
    return [Supply(quote.token, quote.total, now, now, SOURCE, basis="total")]


def _wait(error: VenueError, attempt: int) -> timedelta | None:
    """1, 2, 4 s while the failure may pass."""
    return timedelta(seconds=1 << (attempt - 1)) if error.worth_repeating else None
