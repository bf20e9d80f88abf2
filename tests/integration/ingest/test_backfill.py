"""History over real ccxt: only what is missing, page by page, and again where it was broken off."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from monitor.commands.backfill import Bars
from monitor.ingest.backfill import SilentProgress, backfill
from monitor.store import bars
from monitor.store.database import Database
from tests.integration.ingest.conftest import FIRST, NOON, VENUES, WIDTH, Hall, candle, stored

DAY = timedelta(days=1)


def missing(database: Database, market_id: str) -> list[tuple[float, float]]:
    """Hours before noon without coverage, within the day."""
    with database.read() as conn:
        found = bars.missing_ranges(conn, market_id, WIDTH, NOON - DAY, NOON)
    return [((NOON - a) / timedelta(hours=1), (NOON - b) / timedelta(hours=1)) for a, b in found]


async def run(hall: Hall, database: Database, *venues: str, **options: Any) -> list[str]:
    """A backfill of the last day; gives its words."""
    clients = [hall.client(v) for v in venues]
    settings: dict[str, Any] = {"since": NOON - DAY, "until": NOON}
    report = await backfill(
        clients, database, hall.universe, hall.clock, WIDTH, **(settings | options)
    )
    return report.words()


@pytest.mark.parametrize("venue", VENUES)
async def test_a_day_is_fetched_whole_and_not_asked_for_again(
    hall: Hall, sqlite: Database, venue: str
) -> None:
    assert await run(hall, sqlite, venue) == [
        f"{venue}:TRUMP/USDT: 288 bars",
        f"{venue}:VIRTUAL/USDT: 288 bars",
    ]
    assert missing(sqlite, f"{venue}:TRUMP/USDT") == []
    hall.server.log.clear()
    again = await run(hall, sqlite, venue)
    assert again == [f"{venue}:TRUMP/USDT: 0 bars", f"{venue}:VIRTUAL/USDT: 0 bars"]
    assert hall.server.log.count(venue, "candles") == 2  # one look at each market's newest bars


async def test_only_the_gaps_are_repaired(hall: Hall, sqlite: Database) -> None:
    hall.server.faults.add("gapped", "okx")
    await run(hall, sqlite, "okx")
    holes = len(missing(sqlite, "okx:TRUMP/USDT"))
    assert holes > 90
    hall.server.faults.clear()
    (first, _) = await run(hall, sqlite, "okx")
    assert first == f"okx:TRUMP/USDT: {holes} bars"
    assert missing(sqlite, "okx:TRUMP/USDT") == []


async def test_pages_before_the_listing_are_stepped_over_and_count_as_asked(
    hall: Hall, sqlite: Database
) -> None:
    since = FIRST - 3 * DAY
    words = await run(hall, sqlite, "okx", since=since, tokens=["trump"])
    assert words == ["okx:TRUMP/USDT: 360 bars"]  # 30 hours of twelve bars
    with sqlite.read() as conn:
        assert bars.missing_ranges(conn, "okx:TRUMP/USDT", WIDTH, since, NOON) == []


async def test_a_venue_with_a_short_reach_says_how_far_it_goes(
    hall: Hall, sqlite: Database
) -> None:
    words = await run(hall, sqlite, "gate", since=NOON - 60 * DAY, tokens=["trump"])
    # 9,998 bars of 5 minutes before noon: 34 days and 17:10.
    assert words == ["gate:TRUMP/USDT: 360 bars, the venue goes back to 2024-12-16T18:50:00Z only"]


async def test_broken_off_it_keeps_what_it_stored_and_goes_on_from_there(
    hall: Hall, sqlite: Database
) -> None:
    class StopAfterFirstPage(SilentProgress):
        def advance(self, market_id: str, bars_done: int) -> None:
            task.cancel()

    words = run(hall, sqlite, "okx", since=FIRST, tokens=["trump"], progress=StopAfterFirstPage())
    task = asyncio.ensure_future(words)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(stored(sqlite, "okx:TRUMP/USDT")) == 300
    (first, _) = await run(hall, sqlite, "okx", since=FIRST)
    assert first == "okx:TRUMP/USDT: 60 bars"


async def test_a_venue_that_is_blocked_ends_its_own_part_only(hall: Hall, sqlite: Database) -> None:
    hall.server.faults.add("region", "bybit", endpoint="candles")
    words = await run(hall, sqlite, "bybit", "gate", tokens=["trump"])
    assert words[0].startswith(
        "bybit:TRUMP/USDT: 0 bars, stopped: bybit TRUMP/USDT: refuses this region"
    )
    assert words[1] == "gate:TRUMP/USDT: 288 bars"


async def test_a_venue_that_is_down_stops_after_one_market_and_the_others_are_filled(
    hall: Hall, sqlite: Database
) -> None:
    hall.server.faults.add("status", "bybit", status=503)
    with Bars() as drawn:
        words = await run(hall, sqlite, "bybit", "gate", progress=drawn)
    down = "bybit: answers HTTP 503 Service Unavailable"
    assert words == [
        f"bybit:TRUMP/USDT: 0 bars, stopped: {down}",
        f"bybit:VIRTUAL/USDT: 0 bars, stopped: {down}",
        "gate:TRUMP/USDT: 288 bars",
        "gate:VIRTUAL/USDT: 288 bars",
    ]
    # one look beforehand at each market, then four tries at the first one
    assert hall.server.log.count("bybit", "markets") <= 6


async def test_a_short_outage_is_waited_out(hall: Hall, sqlite: Database) -> None:
    hall.server.faults.add("status", "okx", endpoint="candles", status=503, left=4)
    assert (await run(hall, sqlite, "okx", tokens=["trump"]))[0].startswith("okx:TRUMP/USDT: 288")


async def test_another_coin_is_found_out_before_any_page_of_it_is_stored(
    hall: Hall, sqlite: Database
) -> None:
    opens = [FIRST + i * WIDTH for i in range(31 * 12)]
    hall.book.put("binance", "TRUMP/USDT", [candle(at, 0.4) for at in opens])
    words = await run(hall, sqlite, *VENUES, tokens=["trump"])
    assert "another coin" in words[0]
    assert stored(sqlite, "binance:TRUMP/USDT") == []
    assert [w.split(": ")[1] for w in words[1:]] == ["288 bars"] * 3
