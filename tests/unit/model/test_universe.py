"""What is watched, over time."""

from datetime import UTC, datetime

import pytest

from monitor.model.interval import Layout
from monitor.model.universe import Market, Membership, Sector, Token, Universe

MIGRATION = datetime(2025, 11, 6, tzinfo=UTC)


def universe() -> Universe:
    return Universe(
        sectors=(
            Sector(
                "ai",
                "AI",
                (Membership("AI16Z", until=MIGRATION), Membership("ELIZAOS", since=MIGRATION)),
            ),
            Sector("benchmark", "Benchmark", (Membership("BTC"),), benchmark=True),
            Sector("zoo", "Zoo", (Membership("PEPE"),)),
        ),
        tokens=(
            Token(
                "PEPE",
                "Pepe",
                (
                    Market("gate", "PEPE/USDT", "PEPE"),
                    Market("bybit", "1000PEPE/USDT:USDT", "PEPE", 1000.0),
                ),
            ),
            Token("BTC", "Bitcoin", (Market("binance", "BTC/USDT", "BTC"),)),
            Token("AI16Z", "ai16z", (Market("gate", "AI16Z/USDT", "AI16Z", listed_to=MIGRATION),)),
            Token("ELIZAOS", "elizaOS", ()),
        ),
    )


def test_one_of_a_migrated_token_and_its_successor_is_a_member_at_any_time() -> None:
    watched = universe()
    before = datetime(2025, 11, 5, 23, 55, tzinfo=UTC)
    assert (watched.sector_of("AI16Z", before), watched.sector_of("ELIZAOS", before)) == (
        "ai",
        None,
    )
    assert (watched.sector_of("AI16Z", MIGRATION), watched.sector_of("ELIZAOS", MIGRATION)) == (
        None,
        "ai",
    )


def test_a_market_is_listed_in_a_half_open_range() -> None:
    market = universe().token("AI16Z").markets[0]
    assert market.listed_at(datetime(2025, 11, 5, 23, 55, tzinfo=UTC))
    assert not market.listed_at(MIGRATION)


def test_the_quote_is_read_from_spot_and_swap_symbols() -> None:
    assert Market("gate", "PEPE/USDT", "PEPE").quote == "USDT"
    assert Market("okx", "PEPE/USDC:USDC", "PEPE").quote == "USDC"


def test_the_layout_orders_by_id_with_the_benchmark_last() -> None:
    layout = Layout.of(universe())
    assert layout.sectors == ("ai", "zoo", "benchmark")
    assert layout.tokens == ("AI16Z", "BTC", "ELIZAOS", "PEPE")
    assert layout.markets == (
        "binance:BTC/USDT",
        "bybit:1000PEPE/USDT:USDT",
        "gate:AI16Z/USDT",
        "gate:PEPE/USDT",
    )
    assert layout.market_token.tolist() == [1, 3, 0, 3]
    assert layout.multiplier.tolist() == [1.0, 1000.0, 1.0, 1.0]


def test_an_unknown_token_or_sector_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        universe().token("DOGE")
    with pytest.raises(KeyError):
        universe().sector("defi")
    assert not universe().has("defi")
