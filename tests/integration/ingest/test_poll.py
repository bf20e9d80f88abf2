"""A poll over real ccxt: what is stored, and that one venue's trouble stays its own."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from monitor.ingest.errors import VenueBusy
from monitor.ingest.exchange.ccxt_client import CcxtClient
from monitor.ingest.exchange.market_table import MarketTable
from monitor.ingest.exchange.venue import VenueClient
from monitor.ingest.poller import Poller
from monitor.ingest.venues.rows import RawCandle
from monitor.model.bars import VenueState
from monitor.model.universe import BEGINNING, END
from monitor.store.database import Database
from tests.integration.ingest.conftest import NOON, VENUES, WIDTH, Hall, stored


async def test_a_first_poll_stores_every_closed_bar_of_the_last_hour_and_no_forming_one(
    hall: Hall, database: Database
) -> None:
    report = await hall.poller(database).poll(hall.clock.now())
    assert report.failures == ()
    # 12:02 less an hour is 11:02, in the bar of 11:00; 12:00 is still forming: twelve bars.
    for venue in VENUES:
        bars = stored(database, f"{venue}:TRUMP/USDT")
        assert [b.open_time for b in bars] == [NOON - (12 - i) * WIDTH for i in range(12)]
    assert report.new == 12 * 8


@pytest.mark.parametrize(
    ("venue", "taker"), [("binance", 24_000.0), ("bybit", None), ("gate", None), ("okx", None)]
)
async def test_each_venue_gives_prices_and_both_volumes_and_binance_the_takers(
    hall: Hall, sqlite: Database, venue: str, taker: float | None
) -> None:
    await hall.poller(sqlite, [venue]).poll(hall.clock.now())
    last = stored(sqlite, f"{venue}:TRUMP/USDT")[-1]
    # 1,000 coins at 40: 40,000 USDT, 60 % of it bought by takers.
    assert (last.open, last.high, last.low, last.close) == pytest.approx((40.0, 40.4, 39.6, 40.04))
    assert last.base_volume == pytest.approx(1000.0)
    assert last.quote_volume == pytest.approx(40_000.0)
    assert last.taker_buy_quote == (None if taker is None else pytest.approx(taker))


async def test_the_next_poll_adds_the_new_bar_and_reads_the_last_three_again(
    hall: Hall, sqlite: Database
) -> None:
    poller = hall.poller(sqlite, ["bybit"])
    await poller.poll(hall.clock.now())
    hall.clock.advance(WIDTH)
    report = await poller.poll(hall.clock.now())
    assert (report.new, report.revised) == (2, 0)
    assert sum(v.unchanged for v in report.venues) == 2 * 3
    assert stored(sqlite, "bybit:TRUMP/USDT")[-1].open_time == NOON


async def test_a_gap_since_the_last_bar_is_filled(hall: Hall, sqlite: Database) -> None:
    poller = hall.poller(sqlite, ["okx"])
    hall.clock.advance(-timedelta(hours=10))
    await poller.poll(hall.clock.now())
    hall.clock.advance(timedelta(hours=10))
    report = await poller.poll(hall.clock.now())
    assert report.new == 2 * 120
    opens = [b.open_time for b in stored(sqlite, "okx:VIRTUAL/USDT")]
    assert all(b - a == WIDTH for a, b in pairwise(opens))


async def test_a_venue_that_refuses_connections_at_start_does_not_stop_the_others(
    hall: Hall, sqlite: Database
) -> None:
    hall.server.faults.add("reset", "gate")
    poller = hall.poller(sqlite)
    report = await poller.poll(hall.clock.now())
    assert [(v.venue, v.new) for v in report.venues] == [
        ("binance", 24),
        ("bybit", 24),
        ("gate", 0),
        ("okx", 24),
    ]
    hall.server.faults.clear()
    hall.clock.advance(WIDTH)
    again = await poller.poll(hall.clock.now())
    assert next(v for v in again.venues if v.venue == "gate").new == 24


async def test_a_venue_that_hangs_is_cut_off_and_the_others_are_stored(
    hall: Hall, sqlite: Database
) -> None:
    hall.server.faults.add("stall", "binance", seconds=120.0)
    poller = hall.poller(sqlite, deadline=timedelta(seconds=10))
    report = await poller.poll(hall.clock.now())
    binance = next(v for v in report.venues if v.venue == "binance")
    assert binance.new == 0
    assert binance.failures
    assert report.new == 24 * 3


async def test_a_venue_is_told_down_once_and_well_once(hall: Hall, sqlite: Database) -> None:
    poller = hall.poller(sqlite, ["binance", "okx"])
    hall.server.faults.add("status", "okx", status=503)
    told = []
    for _ in range(6):
        report = await poller.poll(hall.clock.now())
        told += [(t.venue, t.well) for t in report.transitions]
        hall.clock.advance(WIDTH)
    assert told == [("okx", False)]
    hall.server.faults.clear()
    for _ in range(3):
        report = await poller.poll(hall.clock.now())
        told += [(t.venue, t.well) for t in report.transitions]
        hall.clock.advance(WIDTH)
    assert told == [("okx", False), ("okx", True)]
    assert {h.venue: h.state for h in poller.health}["okx"] is VenueState.UP


async def test_a_bar_that_the_venue_changes_later_is_stored_as_a_revision(
    hall: Hall, sqlite: Database
) -> None:
    poller = hall.poller(sqlite, ["bybit"])
    hall.server.faults.add("provisional", "bybit", seconds=400.0)
    await poller.poll(hall.clock.now())
    hall.server.faults.clear()
    hall.clock.advance(WIDTH)
    report = await poller.poll(hall.clock.now())
    assert report.revised == 2
    assert stored(sqlite, "bybit:TRUMP/USDT")[-2].base_volume == pytest.approx(1000.0)


async def test_a_launch_while_nothing_was_asked_is_asked_from_its_listing_on(
    hall: Hall, sqlite: Database
) -> None:
    listed = NOON - timedelta(hours=6)
    list_market(hall, "okx:TRUMP/USDT", since=listed)
    poller = hall.poller(sqlite, ["okx"])
    hall.clock.advance(-timedelta(hours=10))
    await poller.poll(hall.clock.now())
    assert stored(sqlite, "okx:TRUMP/USDT") == []
    hall.clock.advance(timedelta(hours=10))
    await poller.poll(hall.clock.now())
    opens = [b.open_time for b in stored(sqlite, "okx:TRUMP/USDT")]
    # six hours of five minutes, though a new market is otherwise asked for one hour only
    assert (opens[0], len(opens)) == (listed, 72)


async def test_a_launch_that_the_venue_does_not_serve_at_first_is_asked_from_its_listing_on(
    hall: Hall, sqlite: Database
) -> None:
    listed = NOON - timedelta(hours=6)
    list_market(hall, "okx:TRUMP/USDT", since=listed)
    poller = hall.poller(sqlite, ["okx"])
    hall.server.faults.add("vanished", "okx", symbol="TRUMP/USDT")
    await poller.poll(hall.clock.now())
    assert stored(sqlite, "okx:VIRTUAL/USDT")  # so much is known that the asking has not stopped
    assert stored(sqlite, "okx:TRUMP/USDT") == []
    hall.server.faults.clear()
    hall.clock.advance(timedelta(hours=7))
    await poller.poll(hall.clock.now())
    opens = [b.open_time for b in stored(sqlite, "okx:TRUMP/USDT")]
    assert opens[0] == listed
    assert all(b - a == WIDTH for a, b in pairwise(opens))


async def test_a_launch_shortly_after_the_table_was_read_is_in_the_first_poll_after_it(
    hall: Hall, sqlite: Database
) -> None:
    """The table is an hour's; the interval of the launch would have been stepped without it by then."""
    hall.server.faults.add("vanished", "okx", symbol="TRUMP/USDT")
    list_market(hall, "okx:TRUMP/USDT", since=NOON + WIDTH)
    poller = hall.poller(sqlite, ["okx"])
    first = await poller.poll(hall.clock.now())
    hall.server.faults.clear()
    hall.clock.set(NOON + WIDTH + timedelta(minutes=1))
    (client,) = poller.clients
    assert client.gone == {}  # what was asked for before its listing says nothing of it
    hall.clock.set(NOON + 2 * WIDTH + timedelta(minutes=1))
    second = await poller.poll(hall.clock.now())
    assert [b.open_time for b in stored(sqlite, "okx:TRUMP/USDT")] == [NOON + WIDTH]
    assert (first.transitions, second.transitions) == ((), ())


async def test_a_market_that_is_listed_while_a_slow_table_comes_in_is_not_missing_for_an_hour(
    hall: Hall, sqlite: Database
) -> None:
    hall.server.faults.add("vanished", "okx", symbol="TRUMP/USDT")
    list_market(hall, "okx:TRUMP/USDT", since=NOON + WIDTH)
    ours = [m for m in hall.markets if m.venue == "okx"]

    class Slow(CcxtClient):
        async def load_markets(self, expected_gone: Collection[str] = ()) -> MarketTable:
            table = await super().load_markets(expected_gone)
            hall.server.faults.clear()
            hall.clock.set(max(hall.clock.now(), NOON + 3 * WIDTH))
            return table

    options = {"base_url": hall.server.url("okx"), "rate_limit_ms": 1}
    client = VenueClient(Slow("okx", ours, hall.clock, **options), hall.clock)  # type: ignore[arg-type]
    hall.clients.append(client)
    poller = Poller(hall.universe, [client], sqlite, hall.clock, WIDTH)
    for _ in range(2):
        report = await poller.poll(hall.clock.now())
        assert report.transitions == ()
    opens = [b.open_time for b in stored(sqlite, "okx:TRUMP/USDT")]
    assert opens[0] == NOON + WIDTH


async def test_a_launch_that_comes_late_is_looked_for_often_at_first_and_then_hourly(
    hall: Hall, sqlite: Database
) -> None:
    listed = NOON + WIDTH
    hall.server.faults.add("vanished", "okx", symbol="TRUMP/USDT")
    list_market(hall, "okx:TRUMP/USDT", since=listed)
    poller = hall.poller(sqlite, ["okx"])
    loads: list[timedelta] = []
    for _ in range(40):
        before = len(hall.server.log.find("okx", "markets"))
        await poller.poll(hall.clock.now())
        if len(hall.server.log.find("okx", "markets")) > before:
            loads.append(hall.clock.now() - listed)
        hall.clock.advance(WIDTH)
    soon = [passed for passed in loads if timedelta(0) <= passed < timedelta(hours=1)]
    later = [passed for passed in loads if passed >= timedelta(hours=1)]
    assert len(soon) == 12
    assert 1 <= len(later) <= 3


async def test_a_market_that_is_not_listed_now_is_not_missed(hall: Hall, sqlite: Database) -> None:
    hall.server.faults.add("vanished", "okx", symbol="TRUMP/USDT")
    list_market(hall, "okx:TRUMP/USDT", until=NOON - timedelta(days=1))
    report = await hall.poller(sqlite, ["okx"]).poll(hall.clock.now())
    assert report.transitions == ()
    assert report.failures == ()


def list_market(
    hall: Hall, market_id: str, *, since: datetime = BEGINNING, until: datetime = END
) -> None:
    """Give one market other dates."""
    hall.markets = [
        replace(m, listed_from=since, listed_to=until) if m.id == market_id else m
        for m in hall.markets
    ]


async def test_a_venue_whose_answer_cannot_be_judged_ends_nobody_elses_poll(
    hall: Hall, sqlite: Database
) -> None:
    class AsksForNoNumber(CcxtClient):
        async def candles(self, *_asked: object) -> list[RawCandle]:
            raise VenueBusy(self.venue, "asks for fewer requests", wait_s=float("nan"))

    ours = [m for m in hall.markets if m.venue == "okx"]
    odd = VenueClient(
        AsksForNoNumber("okx", ours, hall.clock, base_url=hall.server.url("okx")), hall.clock
    )
    hall.clients.append(odd)
    poller = Poller(hall.universe, [odd, hall.client("gate")], sqlite, hall.clock, WIDTH)
    report = await poller.poll(hall.clock.now())
    states = {health.venue: health.state for health in report.health}
    assert states == {"gate": VenueState.UP, "okx": VenueState.DEGRADED}
    assert report.failures == ("okx: could not be judged: ValueError",)
    assert stored(sqlite, "gate:TRUMP/USDT")
