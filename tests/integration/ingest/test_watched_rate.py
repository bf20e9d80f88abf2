"""The rate of a dollar's coin is a market like any other: polled on a venue that is asked for it alone, and said where it is away."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from monitor.api.status import status_json, what_is_known
from monitor.clock import ManualClock
from monitor.model.grid import floor_time
from monitor.model.rates import assumed_rates
from monitor.model.universe import Market
from monitor.store.database import Database
from tests.integration.ingest.conftest import FIRST, NOW, WIDTH, Hall, candle, stored
from tests.kit.venue_server import BarBook, VenueServer

RATE = Market("coinbase", "USDT/USD", "USDT")
COIN = Market("binance", "VIRTUAL/USDT", "virtual")


@pytest.fixture
async def rate_hall() -> AsyncIterator[Hall]:
    clock = ManualClock(NOW)
    book = BarBook(WIDTH)
    opens = [FIRST + i * WIDTH for i in range(31 * 12)]
    book.put("coinbase", RATE.symbol, [candle(at, 0.999) for at in opens])
    book.put("binance", COIN.symbol, [candle(at, 3.0) for at in opens])
    with VenueServer(book, clock) as server:
        made = Hall(server, clock, book)
        made.markets = [RATE, COIN]
        yield made
        for client in made.clients:
            await client.close()


async def test_the_rate_is_polled_over_the_wire_of_its_venue(
    rate_hall: Hall, sqlite: Database
) -> None:
    hall = rate_hall
    assert assumed_rates(hall.universe) == []
    report = await hall.poller(sqlite, ("binance", "coinbase")).poll(hall.clock.now())
    assert not report.transitions
    bars = stored(sqlite, RATE.id)
    assert len(bars) == 12
    right = candle(bars[-1].open_time, 0.999)
    last = bars[-1]
    assert (last.open, last.high, last.low, last.close) == (
        right.open,
        right.high,
        right.low,
        right.close,
    )
    assert last.base_volume == right.base_volume
    known = what_is_known(sqlite, WIDTH, hall.clock.now())
    assert status_json(known, hall.universe, WIDTH)["assumed_rates"] == []


@pytest.mark.parametrize("fault", ["reset", "maintenance", "region"])
async def test_a_rate_that_is_away_is_told_and_holds_up_nobody(
    rate_hall: Hall, sqlite: Database, fault: str
) -> None:
    hall = rate_hall
    poller = hall.poller(sqlite, ("binance", "coinbase"))
    await poller.poll(hall.clock.now())
    hall.server.faults.add(fault, "coinbase")
    told: list[str] = []
    for _ in range(4):
        hall.clock.advance(WIDTH)
        report = await poller.poll(hall.clock.now())
        told += [t.text for t in report.transitions]
    assert len([text for text in told if "coinbase" in text]) == 1
    assert stored(sqlite, COIN.id)[-1].open_time == floor_time(hall.clock.now(), WIDTH) - WIDTH
    later = hall.clock.now() + timedelta(hours=25)
    known = what_is_known(sqlite, WIDTH, later)
    assert status_json(known, hall.universe, WIDTH)["assumed_rates"] == ["USDT"]
