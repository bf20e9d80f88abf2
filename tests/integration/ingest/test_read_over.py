"""How often bars are read over that are known already, and that nobody waits for it."""

from datetime import timedelta

from monitor.clock import ManualClock
from monitor.ingest.poller import Poller
from monitor.store.database import Database
from tests.integration.ingest.conftest import COINS, NOON, Hall, candle
from tests.kit.venue_server import BarBook, VenueServer

HOUR = timedelta(hours=1)
NEWEST = 3
"""Known bars that every poll asks for of each market."""


async def test_bars_of_an_hour_are_read_over_twice_a_day_in_turn(sqlite: Database) -> None:
    clock = ManualClock(NOON + timedelta(minutes=2))
    book = BarBook(HOUR)
    opens = [NOON + k * HOUR for k in range(-30, 80)]
    for coin, price in COINS.items():
        book.put("bybit", f"{coin}/USDT", [candle(at, price) for at in opens])
    with VenueServer(book, clock, venues=["bybit"]) as server:
        hall = Hall(server, clock, book)
        hall.markets = [market for market in hall.markets if market.venue == "bybit"]
        poller = Poller(
            hall.universe,
            [hall.client("bybit")],
            sqlite,
            clock,
            HOUR,
            first_reach=timedelta(hours=24),
        )
        try:
            read_over = []
            for _ in range(49):
                report = await poller.poll(clock.now())
                assert sum(venue.unchanged for venue in report.venues) <= NEWEST * len(COINS)
                read_over.append(await poller.read_over() is not None)
                clock.advance(HOUR)
        finally:
            await poller.close()
    assert sum(read_over[13:37]) in range(2, 2 * len(COINS) + 1)
