"""A backfill holds back what a poll holds back, and a later one that finds the venue right fills the holes."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from monitor.clock import ManualClock
from monitor.ingest.backfill import BackfillReport, backfill
from monitor.model.grid import to_ms
from monitor.store.database import Database
from tests.integration.ingest.conftest import NOON, NOW, WIDTH, Hall, market, stored
from tests.integration.ingest.test_truth_after_faults import EVERYWHERE, VENUES, moving
from tests.kit.venue_server import BarBook, Candle, VenueServer

SPAN = timedelta(hours=12)
FAULTS: tuple[tuple[str, dict[str, object]], ...] = (
    ("frozen", {}),
    ("volume_times", {"factor": 50.0}),
    ("close_times", {"factor": 1.2}),
    ("price_times", {"factor": 1.12}),
)


@pytest.fixture
async def past_hall() -> AsyncIterator[Hall]:
    """Three venues that trade two coins until noon."""
    clock = ManualClock(NOW)
    book = BarBook(WIDTH)
    opens = [NOON - SPAN + i * WIDTH for i in range(SPAN // WIDTH + 1)]
    for venue in VENUES:
        for coin in EVERYWHERE:
            book.put(venue, f"{coin}/USDT", [moving(venue, coin, at) for at in opens])
    with VenueServer(book, clock) as server:
        made = Hall(server, clock, book)
        made.markets = [market(v, c) for v in VENUES for c in EVERYWHERE]
        yield made
        for client in made.clients:
            await client.close()


async def run(hall: Hall, database: Database, *venues: str) -> BackfillReport:
    """A backfill of all that the venues know."""
    return await backfill(
        [hall.client(v) for v in venues],
        database,
        hall.universe,
        hall.clock,
        WIDTH,
        since=NOON - SPAN,
        until=NOON,
    )


@pytest.mark.parametrize(("kind", "options"), FAULTS, ids=str)
async def test_false_history_is_held_and_filled_once_the_venue_is_right(
    past_hall: Hall, sqlite: Database, kind: str, options: dict[str, object]
) -> None:
    hall = past_hall
    await run(hall, sqlite, *VENUES[1:])
    since = to_ms(NOON - timedelta(hours=1))
    hall.server.faults.add(kind, "binance", **({"since_ms": since} | options))
    report = await run(hall, sqlite, "binance")
    early = [NOON - SPAN + i * WIDTH for i in range(11 * 12)]
    for coin in EVERYWHERE:
        kept = stored(sqlite, market("binance", coin).id)
        truth = [moving("binance", coin, at) for at in early]
        assert [bar.close for bar in kept[: len(early)]] == [bar.close for bar in truth]
        for bar in kept[len(early) :]:
            assert (bar.close, bar.base_volume) == _right(coin, bar.open_time)
    assert all("held back until confirmed" in m.words for m in report.markets)
    hall.server.faults.clear()
    again = await run(hall, sqlite, "binance")
    assert not any(m.held for m in again.markets)
    for coin in EVERYWHERE:
        kept = stored(sqlite, market("binance", coin).id)
        assert [(b.close, b.base_volume) for b in kept] == [_right(coin, b.open_time) for b in kept]
        assert len(kept) == SPAN // WIDTH


async def test_a_move_at_the_end_of_a_page_is_judged_with_what_follows(
    past_hall: Hall, sqlite: Database
) -> None:
    """One venue alone, a rise of 15 % in the last bar of its first page of 300."""
    hall = past_hall
    hall.markets = [market("okx", "TRUMP")]
    opens = [NOON - 2 * SPAN - timedelta(hours=4) + i * WIDTH for i in range(28 * 12)]
    candles = [moving("okx", "TRUMP", at) for at in opens]
    for i, candle in enumerate(candles):
        rise = 1.15 if i >= 299 else 1.0
        close = candle.close * rise
        start = candle.open * (1.15 if i > 299 else 1.0)
        high, low = max(start, close) * 1.001, min(start, close) * 0.999
        quote = candle.base_volume * (start + close) / 2
        candles[i] = Candle(
            candle.open_ms, start, high, low, close, candle.base_volume, quote, quote / 2
        )
    hall.book.put("okx", "TRUMP/USDT", candles)
    report = await backfill(
        [hall.client("okx")], sqlite, hall.universe, hall.clock, WIDTH, since=opens[0], until=NOON
    )
    assert len(stored(sqlite, "okx:TRUMP/USDT")) == len(opens), report.words()


async def test_what_a_venue_insists_on_for_a_day_is_believed(
    past_hall: Hall, sqlite: Database
) -> None:
    hall = past_hall
    hall.markets = [market("binance", "TRUMP")]
    hall.server.faults.add("price_times", "binance", since_ms=to_ms(NOON - WIDTH), factor=1.12)
    (first,) = (await run(hall, sqlite, "binance")).markets
    assert first.held == 1, first.words
    assert len(stored(sqlite, "binance:TRUMP/USDT")) == 143, first.words
    hall.clock.advance(timedelta(days=1, hours=1))
    (second,) = (await run(hall, sqlite, "binance")).markets
    assert (second.held, second.refused) == (0, 0), (first.words, second.words)
    assert NOON - WIDTH in {bar.open_time for bar in stored(sqlite, "binance:TRUMP/USDT")}


def _right(coin: str, at: datetime) -> tuple[float, float]:
    candle = moving("binance", coin, at)
    return candle.close, candle.base_volume
