"""Funding and open interest over HTTP through ccxt: units, contracts, intervals, faults, and the step that has them."""

from datetime import datetime, timedelta

import pytest

from monitor.ingest.derivatives_job import DerivativesRead, read_derivatives_into
from monitor.ingest.exchange.venue import VenueClient
from monitor.model.rotation import StepOutput
from monitor.model.state import MarketStep
from monitor.model.universe import Market, Membership, Sector, Token, Universe
from monitor.store import steps
from monitor.store.database import Database
from monitor.store.derivatives import derivatives_between, steps_with_derivatives
from monitor.store.venue_leases import AllVenues
from tests.integration.ingest.conftest import FIRST, NOON, NOW, WIDTH, Hall, candle
from tests.integration.store.samples import sector, token
from tests.kit.stored import save_step
from tests.kit.venue_server.listing import Listing

SIZES = {
    "binance": 1.0,
    "bitget": 1.0,
    "bybit": 1.0,
    "gate": 10.0,
    "htx": 10.0,
    "hyperliquid": 1.0,
    "kucoin": 10.0,
    "mexc": 10.0,
    "okx": 10.0,
}


def perpetual(venue: str, coin: str) -> str:
    quote = "USDC" if venue == "hyperliquid" else "USDT"
    return f"{coin}/{quote}:{quote}"


def list_perpetuals(hall: Hall) -> None:
    """VIRTUAL's on every venue, and TRUMP's on Binance, where it is funded each four hours."""
    opens = [FIRST + i * WIDTH for i in range(31 * 12)]
    hall.markets = []
    for venue, coin in [*((v, "VIRTUAL") for v in SIZES), ("binance", "TRUMP")]:
        symbol = perpetual(venue, coin)
        price = {"VIRTUAL": 3.0, "TRUMP": 40.0}[coin]
        bars = [candle(at, price) for at in opens]
        hall.book.put(venue, symbol, bars, listing=Listing(symbol, contract_size=SIZES[venue]))
        hall.markets.append(Market(venue, symbol, coin.lower()))


async def prepared(hall: Hall, *venues: str) -> list[VenueClient]:
    clients = [hall.client(venue) for venue in venues]
    for client in clients:
        await client.prepare()
    return clients


async def read(hall: Hall, database: Database, clients: list[VenueClient]) -> DerivativesRead:
    return await read_derivatives_into(
        clients, hall.markets, database, hall.clock, AllVenues(), deadline=timedelta(seconds=60)
    )


async def test_each_venue_gives_its_rate_with_its_interval_and_dollars(
    hall: Hall, sqlite: Database
) -> None:
    list_perpetuals(hall)
    found = await read(hall, sqlite, await prepared(hall, *SIZES))
    assert (found.failed, found.refusals) == ({}, [])
    with sqlite.read() as conn:
        stored = {r.market_id: r for r in derivatives_between(conn, NOW - WIDTH, NOW + WIDTH)}
    expected = {f"{v}:{perpetual(v, 'VIRTUAL')}": (0.0001, 8.0) for v in SIZES}
    expected["hyperliquid:VIRTUAL/USDC:USDC"] = (0.0000125, 1.0)
    expected["binance:TRUMP/USDT:USDT"] = (0.0001, 4.0)
    assert {name: (r.funding_rate, r.interval_h) for name, r in stored.items()} == expected
    # the server's open interest is a tenth of the day's volume: 288 bars of 1,000 coins at about 3 USD, told as coins, contracts
    # of ten or dollars, with or without a price beside it
    for venue in SIZES:
        found_usd = stored[f"{venue}:{perpetual(venue, 'VIRTUAL')}"].open_interest_usd
        assert found_usd == pytest.approx(28_800 * 3.0, rel=0.02), venue


@pytest.mark.parametrize("venue", ["gate", "kucoin", "mexc"])
async def test_a_page_for_the_price_beside_it_is_no_open_interest(
    hall: Hall, sqlite: Database, venue: str
) -> None:
    list_perpetuals(hall)
    clients = await prepared(hall, venue)
    hall.server.faults.add("html200", venue, endpoint="ticker")
    found = await read(hall, sqlite, clients)
    assert "Just a moment..." in found.failed[venue]
    assert found.readings == []


@pytest.mark.parametrize("fault", ["html200", "half_json", "json_null", "json_object", "cut_body"])
async def test_a_page_for_a_rate_is_no_rate(hall: Hall, sqlite: Database, fault: str) -> None:
    list_perpetuals(hall)
    clients = await prepared(hall, "binance", "okx")
    hall.server.faults.add(fault, "okx", endpoint="funding")
    hall.server.faults.add(fault, "okx", endpoint="interest")
    found = await read(hall, sqlite, clients)
    assert set(found.failed) == {"okx"}
    assert len(found.readings) == 2


async def test_a_ban_ends_the_asking_of_its_venue_alone(hall: Hall, sqlite: Database) -> None:
    list_perpetuals(hall)
    clients = await prepared(hall, "binance", "okx")
    hall.server.faults.add("banned", "binance", endpoint="funding")
    found = await read(hall, sqlite, clients)
    assert set(found.failed) == {"binance"}
    assert hall.server.log.count("binance", "funding") == 1
    assert [r.market_id for r in found.readings] == ["okx:VIRTUAL/USDT:USDT"]


async def test_a_step_has_what_was_known_at_its_close(hall: Hall, sqlite: Database) -> None:
    list_perpetuals(hall)
    await read(hall, sqlite, await prepared(hall, "bybit", "okx"))
    universe = Universe(
        (Sector("ai", "AI", (Membership("virtual"),)),), (Token("virtual", "Virtual"),)
    )
    ours = [m for m in hall.markets if m.venue in ("bybit", "okx")]

    def at_close(close: datetime) -> MarketStep:
        tokens = (token("virtual", sector="ai"),)
        return MarketStep(close - WIDTH, WIDTH, (sector("ai"),), tokens, ())

    closes = [NOON, NOON + WIDTH, NOON + timedelta(hours=3)]
    with sqlite.read() as conn:
        before, within, later = steps_with_derivatives(
            conn, universe, ours, [at_close(c) for c in closes]
        )
    assert before.sector("ai").funding_rate_8h is None
    assert later.sector("ai").funding_rate_8h is None
    ai = within.sector("ai")
    assert ai.funding_rate_8h == pytest.approx(0.0001)
    assert ai.open_interest_usd == pytest.approx(2 * 28_800 * 3.0, rel=0.02)
    assert ai.derivatives_coverage == 1.0
    with sqlite.write() as conn:
        save_step(conn, StepOutput(within, (), ()), NOON + WIDTH)
    with sqlite.read() as conn:
        stored = steps.latest_step(conn)
    assert stored is not None
    assert (stored.sectors, stored.tokens) == (within.sectors, within.tokens)
