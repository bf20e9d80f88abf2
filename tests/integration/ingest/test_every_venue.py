"""Every venue that has a file here, spot and perpetuals, through ccxt over HTTP: volumes in coins, quote volume, taker side."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from monitor.clock import ManualClock
from monitor.ingest.backfill import backfill
from monitor.model.universe import Market
from monitor.store import bars
from monitor.store.database import Database
from tests.integration.ingest.conftest import FIRST, NOON, NOW, WIDTH, Hall, candle, stored
from tests.kit.venue_server import VENUES, BarBook, VenueServer
from tests.kit.venue_server.listing import Listing

PROVED = sorted({*VENUES} - {"bitstamp"})
SPOT_ONLY = {"coinbase", "kraken"}
MARKETS = [(venue, "spot") for venue in PROVED] + [
    (venue, "swap") for venue in PROVED if venue not in SPOT_ONLY
]
ESTIMATED = {
    ("coinbase", "spot"),
    ("hyperliquid", "spot"),
    ("hyperliquid", "swap"),
    ("kucoin", "swap"),
}
"""Whose candles hold no quote volume."""
CONTRACT = 10.0


def symbol_of(venue: str, kind: str) -> str:
    quote = "USDC" if venue == "hyperliquid" else "USDT"
    return f"VIRTUAL/{quote}" + (f":{quote}" if kind == "swap" else "")


@pytest.fixture
async def every_hall() -> AsyncIterator[Hall]:
    clock, book = ManualClock(NOW), BarBook(WIDTH)
    opens = [FIRST + i * WIDTH for i in range(31 * 12)]
    for venue, kind in MARKETS:
        symbol = symbol_of(venue, kind)
        price = 3.0 if kind == "spot" else 3.3
        listing = Listing(symbol, contract_size=CONTRACT if kind == "swap" else 1.0)
        book.put(venue, symbol, [candle(at, price) for at in opens], listing=listing)
    with VenueServer(book, clock) as server:
        made = Hall(server, clock, book)
        yield made
        for client in made.clients:
            await client.close()


@pytest.mark.parametrize(("venue", "kind"), MARKETS)
async def test_a_poll_stores_coins_and_quote_volume(
    every_hall: Hall, sqlite: Database, venue: str, kind: str
) -> None:
    hall = every_hall
    hall.markets = [Market(venue, symbol_of(venue, kind), "virtual")]
    report = await hall.poller(sqlite, [venue]).poll(hall.clock.now())
    assert (report.new, report.refused, report.failures) == (12, 0, ())
    found = stored(sqlite, hall.markets[0].id)
    assert [bar.open_time for bar in found] == [NOON - (12 - i) * WIDTH for i in range(12)]
    price = 3.0 if kind == "spot" else 3.3
    for bar in found:
        prices = (bar.open, bar.high, bar.low, bar.close)
        assert prices == pytest.approx((price, price * 1.01, price * 0.99, price * 1.001))
        assert bar.base_volume == pytest.approx(1000.0)  # a perpetual's are 100 contracts of 10
        # 1,000 coins at the price, or at a third of high + low + close
        mean = price * (1.01 + 0.99 + 1.001) / 3 if (venue, kind) in ESTIMATED else price
        assert bar.quote_volume == pytest.approx(1000.0 * mean)
        taker = 600.0 * price if venue == "binance" else None
        assert bar.taker_buy_quote == (taker and pytest.approx(taker))
    assert hall.server.log.count(venue, "unknown") == 0


@pytest.mark.parametrize(("venue", "kind"), MARKETS)
async def test_history_is_filled_without_a_hole(
    every_hall: Hall, sqlite: Database, venue: str, kind: str
) -> None:
    hall = every_hall
    hall.markets = [Market(venue, symbol_of(venue, kind), "virtual")]
    report = await backfill(
        [hall.client(venue)], sqlite, hall.universe, hall.clock, WIDTH, since=FIRST, until=NOON
    )
    assert report.words() == [f"{hall.markets[0].id}: 360 bars"]
    with sqlite.read() as conn:
        assert bars.missing_ranges(conn, hall.markets[0].id, WIDTH, FIRST, NOON) == []


@pytest.mark.parametrize("venue", sorted({*PROVED} - {"hyperliquid"}))
async def test_a_market_that_is_listed_no_more_is_told_as_gone(
    every_hall: Hall, sqlite: Database, venue: str
) -> None:
    hall = every_hall
    hall.markets = [Market(venue, symbol_of(venue, "spot"), "virtual")]
    other = f"BTC/{hall.markets[0].quote}"
    hall.book.put(venue, other, [candle(NOON, 90_000.0)])
    poller = hall.poller(sqlite, [venue])
    await poller.poll(hall.clock.now())
    hall.server.faults.add("vanished", venue, symbol=hall.markets[0].symbol)
    hall.clock.advance(WIDTH + timedelta(minutes=1))
    report = await poller.poll(hall.clock.now())
    assert report.new == 0
    assert "is not traded there" in " ".join(map(str, report.failures))
