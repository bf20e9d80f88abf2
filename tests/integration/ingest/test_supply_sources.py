"""Supplies from a second source and from the chains: what is believed, what waits, and who hears of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.alerting.operators import Operators, OperatorWay
from monitor.clock import ManualClock
from monitor.ingest.chain_supplies import ChainSupplies, chains_of
from monitor.ingest.coinpaprika import CoinPaprika
from monitor.ingest.errors import BadVenueData, VenueDown, VenueError
from monitor.ingest.reference_prices import ReferencePrices
from monitor.jobs.job import Work
from monitor.jobs.supplies import supplies_read, supply_sources
from monitor.model.universe import Sector, Token, Universe
from monitor.settings.load import load_settings
from monitor.settings.shipped import shipped_folder
from monitor.settings.tables import SourceTable
from monitor.store import outbox, supplies
from monitor.store.database import Database
from tests.kit.vendor_server import VendorServer

NOW = datetime(2025, 1, 20, tzinfo=UTC)
MINT, CONTRACT = "So1MintOfArc", "0x00000000000000000000000000000000000000aa"
ARC = Token("ARC", "Arc", coingecko_id="arc", coinpaprika_id="arc-arc", contracts={"solana": MINT})
TOKENS = (ARC,)
WORD = "0x{:064x}".format


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with VendorServer() as made:
        yield made


def gecko_says(server: VendorServer, circulating: float, total: float | None = None) -> None:
    coin = {"id": "arc", "current_price": 0.5, "circulating_supply": circulating}
    server.answers["/coins/markets"] = [{**coin, "total_supply": total}]


def paprika_says(server: VendorServer, circulating: float) -> None:
    quote = {"price": 0.5, "market_cap": round(0.5 * circulating)}
    server.answers["/tickers/arc-arc"] = {"id": "arc-arc", "quotes": {"USD": quote}}


def reading(server: VendorServer, database: Database, clock: ManualClock, *names: str) -> Work:
    """The daemon's job over these sources."""
    settings = load_settings(shipped_folder() / "monitor.toml", {})
    on = {name: SourceTable(enabled=True, base_url=server.url) for name in names}
    settings = replace(settings, sources=on, universe=Universe((Sector("all", "All", ()),), TOKENS))
    operators = Operators((OperatorWay("operator"),))
    return supplies_read(
        supply_sources(settings, clock),
        database,
        settings,
        clock,
        ReferencePrices(clock),
        operators,
        wake=lambda: None,
    )


def counting(database: Database) -> float:
    with database.read() as conn:
        found = supplies.in_force(conn, "ARC", "circulating", NOW + timedelta(days=9))
    assert found is not None
    return found.units


def told(database: Database) -> list[str]:
    with database.read() as conn:
        rows = outbox.list_notices(conn, NOW, NOW + timedelta(days=9))
    return [row.notice.text for row in rows]


async def test_a_jump_that_nobody_bears_out_counts_for_nothing_and_is_told_once(
    server: VendorServer, database: Database
) -> None:
    clock = ManualClock(NOW)
    work = reading(server, database, clock, "coingecko")
    gecko_says(server, 1e9)
    await work()
    gecko_says(server, 1e12)
    for _ in range(5):
        clock.advance(timedelta(hours=6))
        await work()
    assert counting(database) == 1e9
    (text,) = told(database)
    assert text == (
        "Monitor: coingecko says that 1.00 T ARC circulate; 1.00 B (coingecko) go on counting."
        " The new figure waits for a second source, or for a dated one in tokens.ARC.supplies."
    )


async def test_a_jump_that_the_second_source_has_too_is_believed(
    server: VendorServer, database: Database
) -> None:
    clock = ManualClock(NOW)
    work = reading(server, database, clock, "coingecko", "coinpaprika")
    gecko_says(server, 1e9)
    paprika_says(server, 1e9)
    await work()
    gecko_says(server, 2e9)
    paprika_says(server, 2.02e9)
    for _ in range(2):  # a leap of CoinGecko's is asked for twice before it is looked at
        clock.advance(timedelta(hours=6))
        await work()
    assert counting(database) == 2e9
    assert told(database) == []


async def test_two_opinions_do_not_take_turns(server: VendorServer, database: Database) -> None:
    clock = ManualClock(NOW)
    work = reading(server, database, clock, "coingecko", "coinpaprika")
    gecko_says(server, 1e9)
    paprika_says(server, 0.8e9)
    for _ in range(3):
        await work()
        assert counting(database) == 1e9
        clock.advance(timedelta(hours=6))


async def test_alone_the_second_source_is_the_main_one(
    server: VendorServer, database: Database
) -> None:
    paprika_says(server, 0.9e9)
    await reading(server, database, ManualClock(NOW), "coinpaprika")()
    assert counting(database) == 0.9e9


async def test_more_than_there_is_does_not_circulate(
    server: VendorServer, database: Database
) -> None:
    clock = ManualClock(NOW)
    amount = {"amount": "1000000000000000", "decimals": 6, "uiAmount": 1e9}
    server.rpc["getTokenSupply"] = lambda _: {"context": {"slot": 1114}, "value": amount}
    work = reading(server, database, clock, "coingecko", "solana")
    gecko_says(server, 0.9e9)
    await work()
    clock.advance(timedelta(hours=6))
    gecko_says(server, 1.05e9)
    await work()
    assert counting(database) == 0.9e9
    with database.read() as conn:
        (row,) = conn.exec_driver_sql("SELECT reason, last_detail FROM quarantine").all()
    assert row.reason == "supply_above_total"
    assert "1,050,000,000 units circulate, of 1,000,000,000 in all by chains" in row.last_detail


async def test_a_source_that_fails_stops_no_other(server: VendorServer, database: Database) -> None:
    server.answers["/tickers/arc-arc"] = (403, {"error": "no"})
    gecko_says(server, 1e9)
    await reading(server, database, ManualClock(NOW), "coinpaprika", "coingecko", "solana")()
    assert counting(database) == 1e9


@pytest.mark.parametrize(
    "answer",
    [
        {"quotes": {"USD": {"price": 0, "market_cap": 5}}},
        {"quotes": {"USD": {"price": 0.5, "market_cap": None}}},
    ],
)
async def test_nothing_is_made_of_a_figure_that_is_not_there(
    server: VendorServer, answer: Any
) -> None:
    server.answers["/tickers/arc-arc"] = answer
    paprika = CoinPaprika(ManualClock(NOW), base_url=server.url)
    assert (await paprika.read(TOKENS)).supplies == ()
    await paprika.close()


@pytest.mark.parametrize("answer", [[], {"quotes": []}, {"quotes": {"USD": 7}}, (404, {})])
async def test_an_answer_of_another_form_is_said(server: VendorServer, answer: Any) -> None:
    server.answers["/tickers/arc-arc"] = answer
    paprika = CoinPaprika(ManualClock(NOW), base_url=server.url, attempts=1)
    with pytest.raises(VenueError):
        await paprika.read(TOKENS)
    await paprika.close()


def chains(server: VendorServer, *names: str) -> ChainSupplies:
    clock = ManualClock(NOW)
    return ChainSupplies(chains_of(dict.fromkeys(names, server.url), clock), clock)


async def test_the_copies_on_every_chain_are_added(server: VendorServer) -> None:
    token = Token("T", "T", contracts={"solana": MINT, "base": CONTRACT})
    amount = {"amount": "250000000", "decimals": 6}
    server.rpc["getTokenSupply"] = lambda p: {"value": amount if p == [MINT] else None}
    words = {"0x18160ddd": WORD(750 * 10**18), "0x313ce567": WORD(18)}
    server.rpc["eth_call"] = lambda p: words[p[0]["data"]] if p[0]["to"] == CONTRACT else "0x"
    source = chains(server, "solana", "base")
    (row,) = (await source.read([token])).supplies
    await source.close()
    assert (row.token, row.units, row.basis, row.source) == ("T", 1000.0, "total", "chains")


async def test_a_token_with_a_chain_that_is_not_asked_has_no_total(server: VendorServer) -> None:
    source = chains(server, "solana")
    token = Token("T", "T", contracts={"solana": MINT, "base": CONTRACT})
    assert (await source.read([token, Token("BTC", "Bitcoin")])).supplies == ()
    assert server.asked == []
    await source.close()


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"amount": "0", "decimals": 6},
        {"amount": "many", "decimals": 6},
        {"amount": "1" * 400, "decimals": 0},
        {"amount": "10", "decimals": 400},
        {"amount": "10"},
    ],
)
async def test_a_supply_that_is_none_is_said(server: VendorServer, value: Any) -> None:
    server.rpc["getTokenSupply"] = lambda _: {"value": value}
    source = chains(server, "solana")
    with pytest.raises(BadVenueData):
        await source.read(TOKENS)
    await source.close()


@pytest.mark.parametrize("word", ["0x", "0xzz" + "0" * 62, 7, None])
async def test_a_contract_that_is_none_is_said(server: VendorServer, word: Any) -> None:
    server.rpc["eth_call"] = lambda _: word
    source = chains(server, "base")
    with pytest.raises(BadVenueData):
        await source.read([Token("T", "T", contracts={"base": CONTRACT})])
    await source.close()


async def test_a_node_without_the_method_and_one_that_is_not_there(server: VendorServer) -> None:
    source = chains(server, "solana")
    with pytest.raises(BadVenueData, match="code -32601"):
        await source.read(TOKENS)
    await source.close()
    gone = ChainSupplies(
        chains_of({"solana": "http://127.0.0.1:9"}, ManualClock(NOW)), ManualClock(NOW)
    )
    with pytest.raises(VenueDown):
        await gone.read(TOKENS)
    await gone.close()
