"""The table of APIS.md 2.2, fault by fault: what unmodified ccxt makes of each answer, measured there."""

import asyncio
from typing import Any

import ccxt
import pytest

from monitor.model.grid import to_ms
from tests.integration.venue_server.conftest import START, WIDTH_MS, OpenExchange
from tests.kit.venue_server import VenueServer

SINCE = to_ms(START) + 2592 * WIDTH_MS
NA, RL, DD = ccxt.ExchangeNotAvailable, ccxt.RateLimitExceeded, ccxt.DDoSProtection
TO, EE = ccxt.RequestTimeout, ccxt.ExchangeError
NOTHING = "an empty list"
VENUES = ("binance", "bybit", "gate", "okx")

# fault, its options, then what becomes of it on Binance, Bybit, Gate and OKX.
TABLE: list[tuple[str, dict[str, Any], tuple[Any, Any, Any, Any]]] = [
    ("rate_limited", {}, (DD, RL, RL, RL)),
    ("banned", {}, (DD, RL, NA, NA)),
    ("region", {}, (NA, RL, ccxt.PermissionDenied, EE)),
    ("status", {"status": 403, "body": "Forbidden"}, (NA, RL, NA, NA)),
    ("status", {"status": 500, "body": "oops"}, (NA, NA, NA, NA)),
    ("status", {"status": 503, "body": "<html>busy</html>"}, (NA, NA, NA, NA)),
    ("status", {"status": 504, "body": ""}, (TO, TO, TO, TO)),
    ("status", {"status": 400, "body": "bad"}, (NA, NA, NA, NA)),
    ("status", {"status": 523, "body": "unreachable"}, (NOTHING,) * 4),
    ("stall", {"seconds": 120.0}, (TO, TO, TO, TO)),
    ("internal_error", {}, (ccxt.OperationFailed, EE, NA, NA)),
    ("maintenance", {}, (ccxt.OnMaintenance, NA, NA, ccxt.OnMaintenance)),
    # Twice: aiohttp itself asks once more when a connection that it kept open is reset.
    ("reset", {"left": 2}, (NA, NA, NA, NA)),
    ("cut_body", {}, (EE, EE, EE, EE)),
    ("html200", {}, (NOTHING,) * 4),
    ("half_json", {}, (NOTHING,) * 4),
    ("empty_body", {}, (NOTHING,) * 4),
    ("json_null", {}, (NOTHING,) * 4),
    ("json_number", {}, (NOTHING,) * 4),
    ("json_object", {}, (NOTHING, EE, NOTHING, EE)),
    ("json_list", {}, (NOTHING, EE, NOTHING, EE)),
    ("empty_list", {}, (NOTHING,) * 4),
]
CASES = [
    pytest.param(fault, options, expected, id=f"{fault}{options.get('status', '')}")
    for fault, options, expected in TABLE
]


async def _outcome(exchange: Any) -> Any:
    try:
        rows = await exchange.fetch_ohlcv("VIRTUAL/USDT", "5m", SINCE, 10)
    except ccxt.BaseError as error:
        return type(error)
    return rows[0][1] if rows else NOTHING


@pytest.mark.parametrize(("fault", "options", "expected"), CASES)
async def test_a_fault_on_the_candles_becomes_what_was_measured(
    fault: str,
    options: dict[str, Any],
    expected: tuple[Any, Any, Any, Any],
    server: VenueServer,
    open_exchange: OpenExchange,
) -> None:
    exchanges = [await open_exchange(venue) for venue in VENUES]
    await asyncio.gather(*(exchange.load_markets() for exchange in exchanges))
    for venue in VENUES:
        server.faults.add(fault, venue, endpoint="candles", **{"left": 1, **options})
    outcomes = await asyncio.gather(*(_outcome(exchange) for exchange in exchanges))
    assert dict(zip(VENUES, outcomes, strict=True)) == dict(zip(VENUES, expected, strict=True))
    # The switch counts requests: the next one is answered well.
    assert await asyncio.gather(*(_outcome(exchange) for exchange in exchanges)) == [2692.0] * 4


@pytest.mark.parametrize("venue", ["binance", "bybit", "okx"])
async def test_a_page_of_html_as_market_list_leaves_ccxt_without_markets(
    venue: str, server: VenueServer, open_exchange: OpenExchange
) -> None:
    exchange = await open_exchange(venue)
    server.faults.add("html200", venue, endpoint="markets")
    assert await exchange.load_markets(True) == {}
    server.faults.clear(venue)
    assert "VIRTUAL/USDT" in await exchange.load_markets(True)


async def test_a_limit_says_how_long_to_wait(
    server: VenueServer, open_exchange: OpenExchange
) -> None:
    exchange = await open_exchange("binance")
    await exchange.load_markets()
    server.faults.add("rate_limited", "binance", endpoint="candles", left=1, retry_after=7)
    with pytest.raises(DD):
        await exchange.fetch_ohlcv("VIRTUAL/USDT", "5m", SINCE, 5)
    assert exchange.last_response_headers["Retry-After"] == "7"
    server.faults.add("banned", "binance", endpoint="candles", left=1, retry_after=120)
    with pytest.raises(DD, match=rf"banned until {to_ms(START) + 864_120_000 + 120_000}"):
        await exchange.fetch_ohlcv("VIRTUAL/USDT", "5m", SINCE, 5)
