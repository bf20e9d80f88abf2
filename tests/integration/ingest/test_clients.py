"""Every venue of the table against the installed ccxt: the instance, its words for widths, and its candle call."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.clock import ManualClock
from monitor.ingest.errors import VenueForbidden
from monitor.ingest.exchange.ccxt_client import CcxtClient
from monitor.ingest.exchange.clients import ClientOptions, make_clients
from monitor.ingest.venues.registry import definition_of
from monitor.ingest.venues.request import Call, CandleQuestion, Kind, MarketFacts
from monitor.model.errors import ConfigError
from monitor.model.grid import to_ms
from monitor.model.universe import Market, Token, Universe

CLOCK = ManualClock(datetime(2025, 1, 20, 12, 2, tzinfo=UTC))
SPOT_ONLY = {"kraken", "coinbase"}
VENUES = [
    "binance",
    "bybit",
    "okx",
    "gate",
    "kucoin",
    "mexc",
    "kraken",
    "coinbase",
    "bitget",
    "htx",
    "hyperliquid",
]
PAIRS = [
    (venue, kind)
    for venue in VENUES
    for kind in ("spot", "swap")
    if kind == "spot" or venue not in SPOT_ONLY
]


def candle_call(venue: str, question: CandleQuestion) -> Call:
    request = definition_of(venue).request
    assert request is not None
    return request(question)


def client(venue: str, kind: Kind = "spot") -> CcxtClient:
    symbol = "X/USDT" if kind == "spot" else "X/USDT:USDT"
    return CcxtClient(venue, [Market(venue, symbol, "x")], CLOCK, base_url="http://127.0.0.1:9/p")


@pytest.mark.parametrize(("venue", "kind"), PAIRS)
async def test_the_candle_call_exists_in_ccxt_and_asks_the_rewritten_address(
    venue: str, kind: Kind
) -> None:
    made = client(venue, kind)
    facts = MarketFacts("X/USDT", "XUSDT", kind, "USDT", 1.0)
    for width in (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)):
        now_ms = to_ms(CLOCK.now())
        for back in (1, 5000):
            since = now_ms - back * (width // timedelta(milliseconds=1))
            question = CandleQuestion(facts, made.interval(kind, width), width, since, 10, now_ms)
            name, parameters = candle_call(venue, question)
            assert callable(getattr(made._exchange, name))
            assert parameters
    addresses = str(made._exchange.urls["api"])
    assert "http://127.0.0.1:9/p" in addresses
    assert "https://" not in addresses
    await made.close()


async def test_a_width_that_a_venue_does_not_serve_is_said_with_those_it_does() -> None:
    made = client("coinbase")
    with pytest.raises(VenueForbidden, match="has no bars of 4h, expected one of: 1m, 5m"):
        made.interval("spot", timedelta(hours=4))
    await made.close()


def test_a_venue_that_ccxt_does_not_know_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match=r"venues.gateio: found 'gateio'.*nearest: gate"):
        client("gateio")


def test_okx_is_asked_for_old_bars_where_it_keeps_them() -> None:
    facts = MarketFacts("X/USDT", "X-USDT", "spot", "USDT", 1.0)
    five = timedelta(minutes=5)
    now_ms = to_ms(CLOCK.now())
    recent = CandleQuestion(facts, "5m", five, now_ms - 1000 * 300_000, 10, now_ms)
    old = CandleQuestion(facts, "5m", five, now_ms - 1500 * 300_000, 10, now_ms)
    assert candle_call("okx", recent)[0] == "public_get_market_candles"
    assert candle_call("okx", old)[0] == "public_get_market_history_candles"


async def test_clients_are_made_for_enabled_venues_with_markets_only() -> None:
    markets = tuple(Market(v, "X/USDT", "x") for v in ("okx", "gate", "bybit"))
    universe = Universe((), (Token("x", "X", markets),))
    options = {
        "gate": ClientOptions(enabled=False),
        "okx": ClientOptions(settle=timedelta(minutes=4)),
        "kraken": ClientOptions(),
    }
    made = make_clients(universe, CLOCK, options)
    assert [c.venue for c in made] == ["bybit", "okx"]
    # At 12:02 less 4 minutes of settling it is 11:58: the bar that closed at 11:55 is the last final one.
    assert made[1].last_closed(timedelta(minutes=5)) == datetime(2025, 1, 20, 11, 55, tzinfo=UTC)
    assert made[0].last_closed(timedelta(minutes=5)) == datetime(2025, 1, 20, 12, 0, tzinfo=UTC)
    for client_made in made:
        await client_made.close()
