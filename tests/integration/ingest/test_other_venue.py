"""A venue of ccxt that has no file here, asked through ccxt's unified call over HTTP."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import ccxt
import pytest

from monitor.clock import ManualClock
from monitor.ingest.backfill import backfill
from monitor.ingest.venues.registry import untested
from monitor.model.universe import Token, Universe
from monitor.settings.venue_names import venue_names
from monitor.store import bars
from monitor.store.database import Database
from tests.integration.ingest.conftest import (
    FIRST,
    NOON,
    NOW,
    WIDTH,
    Hall,
    candle,
    market,
    stored,
)
from tests.kit.venue_server import BarBook, VenueServer

VENUE = "bitstamp"
HOUR = timedelta(hours=1)


OpenHall = Callable[[list[int]], Hall]


@pytest.fixture
async def open_hall() -> AsyncIterator[OpenHall]:
    """Opens the venue with bars of TRUMP at these numbers after the first."""
    clock, book = ManualClock(NOW), BarBook(WIDTH)
    with VenueServer(book, clock, venues=[VENUE]) as server:
        hall = Hall(server, clock, book)
        hall.markets = [market(VENUE, "TRUMP")]

        def open_with(opens: list[int]) -> Hall:
            book.put(VENUE, "TRUMP/USDT", [candle(FIRST + n * WIDTH, 40.0) for n in opens])
            return hall

        yield open_with
        for client in hall.clients:
            await client.close()


async def test_its_closed_bars_are_stored_without_a_taker_side(
    open_hall: OpenHall, sqlite: Database
) -> None:
    hall = open_hall(list(range(372)))
    report = await hall.poller(sqlite, [VENUE]).poll(hall.clock.now())
    assert report.failures == ()
    found = stored(sqlite, f"{VENUE}:TRUMP/USDT")
    assert [bar.open_time for bar in found] == [NOON - (12 - i) * WIDTH for i in range(12)]
    last = found[-1]
    assert (last.open, last.high, last.low, last.close) == pytest.approx((40.0, 40.4, 39.6, 40.04))
    assert last.base_volume == pytest.approx(1000.0)
    # 1,000 coins at (40.4 + 39.6 + 40.04) / 3
    assert last.quote_volume == pytest.approx(40_013.333333)
    assert last.taker_buy_quote is None


async def test_an_answer_speaks_for_what_lies_between_its_bars_alone(
    open_hall: OpenHall, sqlite: Database
) -> None:
    # 360 is noon; the book ends two hours before it and begins two hours after what is asked for.
    hall = open_hall(list(range(24, 336)))
    report = await backfill(
        [hall.client(VENUE)],
        sqlite,
        hall.universe,
        hall.clock,
        WIDTH,
        since=FIRST,
        until=NOON,
    )
    assert report.words() == [f"{VENUE}:TRUMP/USDT: 312 bars"]
    with sqlite.read() as conn:
        missing = bars.missing_ranges(conn, f"{VENUE}:TRUMP/USDT", WIDTH, FIRST, NOON)
    assert [((a - FIRST) / HOUR, (b - FIRST) / HOUR) for a, b in missing] == [
        (0.0, 2.0),
        (28.0, 30.0),
    ]


async def test_its_bars_are_checked_like_any_others(open_hall: OpenHall, sqlite: Database) -> None:
    hall = open_hall(list(range(372)))
    hall.server.faults.add("gapped", VENUE)
    await hall.poller(sqlite, [VENUE]).poll(hall.clock.now())
    assert len(stored(sqlite, f"{VENUE}:TRUMP/USDT")) < 12
    hall.server.faults.clear()
    hall.server.faults.add("region", VENUE, endpoint="candles")
    hall.clock.advance(WIDTH)
    report = await hall.poller(sqlite, [VENUE]).poll(hall.clock.now())
    assert [str(health.state) for health in report.health] == ["forbidden"]


@pytest.mark.parametrize("kind", ["html200", "half_json", "empty_body", "json_null", "json_number"])
async def test_what_is_no_json_is_a_wrong_answer_and_not_a_quiet_time(
    open_hall: OpenHall, sqlite: Database, kind: str
) -> None:
    hall = open_hall(list(range(372)))
    poller = hall.poller(sqlite, [VENUE])
    await poller.poll(hall.clock.now())
    hall.clock.advance(WIDTH)
    hall.server.faults.add(kind, VENUE, endpoint="candles")
    report = await poller.poll(hall.clock.now())
    assert report.new == 0
    assert "answered with no JSON" in " ".join(map(str, report.failures))
    hall.server.faults.clear()
    hall.clock.advance(timedelta(minutes=1))
    assert (await poller.poll(hall.clock.now())).new == 1


def test_the_venues_that_a_configuration_may_name_are_those_of_ccxt() -> None:
    assert list(venue_names()) == sorted(ccxt.exchanges)


def test_it_is_said_to_be_untested_and_the_known_ones_are_not() -> None:
    token = Token("trump", "TRUMP", (market(VENUE, "TRUMP"), market("okx", "TRUMP")))
    assert untested(Universe((), (token,))) == [
        "venues.bitstamp: untested here: bars checked, taker side unknown"
    ]
