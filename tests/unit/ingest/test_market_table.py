"""Which records of a venue's table are taken for ours."""

from typing import Any

import pytest

from monitor.ingest.errors import BadVenueData
from monitor.ingest.exchange.ccxt_client import rebased
from monitor.ingest.exchange.market_table import MarketTable, choose_markets, refuse_reload
from monitor.model.universe import Market

X = Market("okx", "X/USDT", "x")
SWAP = Market("okx", "X/USDT:USDT", "x")


def record(symbol: str, **changes: Any) -> dict[str, Any]:
    """As ccxt gives it."""
    swap = ":" in symbol
    base = {
        "symbol": symbol,
        "id": symbol.replace("/", "-"),
        "quote": "USDT",
        "type": "swap" if swap else "spot",
        "spot": not swap,
        "swap": swap,
        "linear": True if swap else None,
        "active": True,
        "contractSize": 10 if swap else None,
        "settle": "USDT" if swap else None,
    }
    return base | changes


def test_only_our_markets_are_kept_by_their_exact_symbol() -> None:
    table = choose_markets(
        "okx", [X, SWAP], [record("X/USDT"), record("X/USDT:USDT"), record("Y/USDT")]
    )
    assert sorted(table.facts) == ["X/USDT", "X/USDT:USDT"]
    assert (table.size, len(table.records), dict(table.gone)) == (3, 2, {})
    assert table.facts["X/USDT:USDT"].contract_size == 10.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"spot": False, "swap": True, "type": "swap"}, "is a swap market, expected spot"),
        ({"quote": "USDC"}, "is quoted in USDC, expected USDT"),
        ({"active": False}, "is listed but not traded now"),
    ],
)
def test_a_market_of_our_name_that_is_something_else_is_told(
    changes: dict[str, Any], words: str
) -> None:
    table = choose_markets("okx", [X], [record("X/USDT", **changes)])
    assert not table.facts
    assert words in str(table.gone["X/USDT"])


def test_a_missing_market_is_told_with_the_nearest_names() -> None:
    table = choose_markets("okx", [X], [record("XX/USDT"), record("QQQQ/BTC")])
    assert str(table.gone["X/USDT"]) == "okx X/USDT: is not listed there (nearest: XX/USDT)"


def test_what_may_have_taken_a_missing_markets_place_is_the_coin_in_another_dollar_then_a_like_name() -> (
    None
):
    served = [
        record("XX/USDT"),
        record("X/USDC", quote="USDC"),
        record("X/BTC", quote="BTC"),
        record("X/USD", quote="USD", active=False),
        record("X/USDC:USDC", quote="USDC"),
    ]
    table = choose_markets("okx", [X], served)
    assert [m.symbol for m in table.instead["X/USDT"]] == ["X/USDC", "XX/USDT"]
    assert sorted(table.others) == ["X/USDC", "XX/USDT"]
    assert not table.facts


def test_a_market_of_ours_takes_no_others_place() -> None:
    usdc = Market("okx", "X/USDC", "x")
    table = choose_markets("okx", [X, usdc], [record("X/USDC", quote="USDC")])
    assert table.instead == {"X/USDT": ()}


def test_possible_markets_are_kept_where_they_fit_and_nobody_misses_the_others() -> None:
    possible = [Market("okx", f"Y/{quote}", "y") for quote in ("USD", "USDC", "USDT")]
    served = [record("X/USDT"), record("Y/USDT"), record("Y/USD", quote="USD", active=False)]
    table = choose_markets("okx", [X], served, possible)
    assert [m.symbol for m in table.further] == ["Y/USDT"]
    assert (dict(table.gone), sorted(table.facts)) == ({}, ["X/USDT"])


@pytest.mark.parametrize("served", [[], ["<html>"], [{}], [None]])
def test_a_table_without_markets_is_no_table(served: list[Any]) -> None:
    with pytest.raises(BadVenueData):
        choose_markets("okx", [X], served)


def table(size: int, *symbols: str) -> MarketTable:
    """Of ``size`` markets, ours among them."""
    ours = [Market("okx", s, "x") for s in ("A/USDT", "B/USDT")]
    found = choose_markets("okx", ours, [record(s) for s in symbols] or [record("Z/USDT")])
    return MarketTable(found.records, found.facts, size, found.gone)


@pytest.mark.parametrize(
    ("after", "expected_gone", "believed"),
    [
        (table(1000, "A/USDT", "B/USDT"), [], True),
        (table(980, "A/USDT", "B/USDT"), [], True),
        (table(960, "A/USDT", "B/USDT"), [], False),  # 4 % lost
        (table(1000, "A/USDT"), ["B/USDT"], True),
        (table(1000), [], False),  # all of ours at once
    ],
)
def test_a_reload_that_lost_too_much_is_not_believed(
    after: MarketTable, expected_gone: list[str], *, believed: bool
) -> None:
    before = table(1000, "A/USDT", "B/USDT")
    assert (refuse_reload("okx", before, after, expected_gone) is None) is believed


def test_addresses_keep_their_paths_below_the_new_base() -> None:
    addresses = {
        "public": {"spot": "https://api.gateio.ws/api/v4"},
        "rest": "https://{hostname}",
        "n": 1,
    }
    assert rebased(addresses, "http://127.0.0.1:8000/proxy/") == {
        "public": {"spot": "http://127.0.0.1:8000/proxy/api/v4"},
        "rest": "http://127.0.0.1:8000/proxy",
        "n": 1,
    }
