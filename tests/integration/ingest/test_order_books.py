"""Order books over HTTP through ccxt from every venue that has a file here: depth into the store, and from there into a step's sectors."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.ingest.books_job import BooksRead, read_books_into
from monitor.ingest.exchange.venue import VenueClient
from monitor.model.rotation import StepOutput
from monitor.model.state import MarketStep
from monitor.model.universe import Market, Membership, Sector, Token, Universe
from monitor.store import quarantine, steps
from monitor.store.database import Database
from monitor.store.order_books import books_between
from monitor.store.sector_depth import steps_with_depth
from monitor.store.venue_leases import AllVenues
from tests.integration.ingest.conftest import COINS, FIRST, NOON, NOW, VENUES, WIDTH, Hall, candle
from tests.integration.store.samples import sector, token
from tests.kit.stored import save_step
from tests.kit.venue_server import VENUES as PLAYED
from tests.kit.venue_server.listing import Listing

EVERY_VENUE = sorted({*PLAYED} - {"bitstamp"})
TWENTY_LEVELS = {"hyperliquid", "kucoin"}
SWAPS = {
    "binance": 1.0,
    "bitget": 1.0,
    "bybit": 1.0,
    "gate": 10.0,
    "htx": 10.0,
    "hyperliquid": 1.0,
    "mexc": 10.0,
    "okx": 10.0,
}


async def read(
    hall: Hall, database: Database, clients: list[VenueClient], **options: object
) -> BooksRead:
    settings: dict[str, object] = {"deadline": timedelta(seconds=60)}
    return await read_books_into(
        clients,
        hall.universe,
        database,
        hall.clock,
        AllVenues(),
        **(settings | options),  # type: ignore[arg-type]
    )


async def prepared(hall: Hall, *venues: str) -> list[VenueClient]:
    clients = [hall.client(venue) for venue in venues]
    for client in clients:
        await client.prepare()
    return clients


def on_every_venue(hall: Hall) -> None:
    opens = [FIRST + i * WIDTH for i in range(31 * 12)]
    for venue in {*EVERY_VENUE} - {*VENUES}:
        for coin, price in COINS.items():
            hall.book.put(venue, f"{coin}/USDT", [candle(at, price) for at in opens])
            hall.markets.append(Market(venue, f"{coin}/USDT", coin.lower()))


async def test_every_venue_gives_its_depth_in_dollars(hall: Hall, sqlite: Database) -> None:
    on_every_venue(hall)
    clients = await prepared(hall, *EVERY_VENUE)
    found = await read(hall, sqlite, clients)
    assert (found.failed, found.refusals) == ({}, [])
    with sqlite.read() as conn:
        stored = {r.market_id: r.depth for r in books_between(conn, NOW - WIDTH, NOW + WIDTH)}
    assert set(stored) == {f"{venue}:{coin}/USDT" for venue in EVERY_VENUE for coin in COINS}
    # the server's book: a spread of 4 bp, levels 5 bp apart, the n-th of n + 1 times the day's volume / 20,000
    last, size = 3.0 * 1.001, 288 * 1000.0 / 20_000
    near = [last * (1 - 0.0002 - 0.0005 * n) * size * (1 + n) for n in range(20)]
    for venue in EVERY_VENUE:
        virtual = stored[f"{venue}:VIRTUAL/USDT"]
        assert virtual.bid_1pct_usd == pytest.approx(sum(near), rel=0.02), venue
        assert virtual.spread_bp == pytest.approx(4.0, rel=1e-3), venue
        # a book of twenty levels is a lower bound
        assert virtual.truncated is (venue in TWENTY_LEVELS), venue
        assert virtual.truncated or virtual.bid_2pct_usd > 3 * virtual.bid_1pct_usd, venue
    assert all(hall.server.log.count(venue, "book") == len(COINS) for venue in EVERY_VENUE)


@pytest.mark.parametrize("venue", SWAPS)
async def test_a_perpetuals_book_that_counts_contracts_is_told_in_coins(
    hall: Hall, sqlite: Database, venue: str
) -> None:
    opens = [FIRST + i * WIDTH for i in range(31 * 12)]
    quote = "USDC" if venue == "hyperliquid" else "USDT"
    symbol = f"VIRTUAL/{quote}:{quote}"
    bars = [candle(at, 3.0, coins=100_000.0) for at in opens]
    listing = Listing(symbol, contract_size=SWAPS[venue])
    hall.book.put(venue, symbol, bars, listing=listing)
    hall.markets = [Market(venue, symbol, "virtual")]
    found = await read(hall, sqlite, await prepared(hall, venue))
    assert found.failed == {}
    (row,) = found.readings
    last, size = 3.0 * 1.001, 288 * 100_000.0 / 20_000
    near = sum(last * (1 - 0.0002 - 0.0005 * n) * size * (1 + n) for n in range(20))
    assert row.depth.bid_1pct_usd == pytest.approx(near, rel=0.02)


@pytest.mark.parametrize("fault", ["html200", "half_json", "json_null", "json_object", "cut_body"])
async def test_a_page_for_a_book_is_no_empty_book(hall: Hall, sqlite: Database, fault: str) -> None:
    clients = await prepared(hall, "gate", "okx")
    hall.server.faults.add(fault, "gate", endpoint="book")
    found = await read(hall, sqlite, clients)
    assert set(found.failed) == {"gate"}
    assert {row.market_id for row in found.readings} == {"okx:TRUMP/USDT", "okx:VIRTUAL/USDT"}


async def test_a_ban_ends_the_asking_of_its_venue_alone(hall: Hall, sqlite: Database) -> None:
    clients = await prepared(hall, "binance", "okx")
    hall.server.faults.add("banned", "binance", endpoint="book")
    found = await read(hall, sqlite, clients)
    assert set(found.failed) == {"binance"}
    assert len(found.readings) == 2
    assert hall.server.log.count("binance", "book") == 1


async def test_paused_and_unprepared_venues_are_not_asked(hall: Hall, sqlite: Database) -> None:
    clients = [*await prepared(hall, "gate"), hall.client("okx")]
    found = await read(hall, sqlite, clients, paused={"gate"})
    assert (found.readings, found.failed) == ([], {})


def known_prices(database: Database, prices: dict[str, float]) -> None:
    """A last step with these prices."""
    tokens = tuple(replace(token(name), price_usd=price) for name, price in prices.items())
    step = MarketStep(NOON - WIDTH, WIDTH, (sector("all"),), tokens, ())
    with database.write() as conn:
        save_step(conn, StepOutput(step, (), ()), NOON)


async def test_another_coins_book_is_kept_out_and_counted(hall: Hall, sqlite: Database) -> None:
    known_prices(sqlite, {"virtual": 3.0, "trump": 75.0})
    found = await read(hall, sqlite, await prepared(hall, "gate"))
    assert [row.market_id for row in found.readings] == ["gate:VIRTUAL/USDT"]
    with sqlite.read() as conn:
        (row,) = quarantine.counts(conn)
    assert row[:4] == ("gate", "gate:TRUMP/USDT", "book_off_price", 1)
    assert "the book's middle is 39.76 USD, the last price 75" in row[5]


async def test_a_step_has_the_books_of_the_hour_before_it_and_none_from_after(
    hall: Hall, sqlite: Database
) -> None:
    clients = await prepared(hall, "gate", "okx")
    await read(hall, sqlite, clients)
    universe = Universe(
        (
            Sector("memes", "Memes", (Membership("trump"),)),
            Sector("ai", "AI", (Membership("virtual"),)),
        ),
        tuple(
            Token(
                t, t, tuple(m for m in hall.markets if m.token == t and m.venue in ("gate", "okx"))
            )
            for t in ("trump", "virtual")
        ),
    )

    def at_close(close: datetime) -> MarketStep:
        return MarketStep(close - WIDTH, WIDTH, (sector("ai"), sector("memes")), (), ())

    with sqlite.read() as conn:
        closes = [NOON, NOON + WIDTH, NOON + timedelta(hours=2)]
        before, within, later = steps_with_depth(conn, universe, [at_close(c) for c in closes])
        books = {b.market_id: b.depth for b in books_between(conn, NOON, NOON + WIDTH)}
    assert before.sector("ai").depth_bid_1pct_usd is None
    assert later.sector("ai").depth_bid_1pct_usd is None
    ai = within.sector("ai")
    both = [books[f"{venue}:VIRTUAL/USDT"] for venue in ("gate", "okx")]
    assert ai.depth_bid_1pct_usd == pytest.approx(sum(d.bid_1pct_usd for d in both))
    assert ai.depth_coverage == 1.0
    with sqlite.write() as conn:
        save_step(conn, StepOutput(within, (), ()), NOON + WIDTH)
    with sqlite.read() as conn:
        stored = steps.latest_step(conn)
    assert stored is not None
    assert stored.sectors == within.sectors
