"""Recent trades as venues serve them: believed or refused with the reason; and whose are worth reading."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.ingest.main_markets import main_markets
from monitor.ingest.validation.trades import Expected, check_trades
from monitor.ingest.venues.recent_trades import RawTrade, read_trades
from monitor.ingest.venues.rows import WrongShapeError
from monitor.model.grid import to_ms
from monitor.model.universe import Market, Membership, Sector, Token, Universe

NOON = datetime(2025, 1, 20, 12, tzinfo=UTC)
MARKET = Market("okx", "VIRTUAL/USDT", "VIRTUAL")
EXPECTED = Expected(MARKET, NOON + timedelta(seconds=30), 3.0, 1.0)
GOOD = RawTrade("7", "VIRTUAL/USDT", float(to_ms(NOON)), 3.0, 10.0, "buy")


def test_a_good_trade_is_worth_its_price_times_its_coins() -> None:
    (trade,), refusals = check_trades([GOOD], EXPECTED)
    assert (trade.key, trade.time_ms, trade.quote, trade.bought) == ("7", to_ms(NOON), 30.0, True)
    assert refusals == []
    (trade,), _ = check_trades([GOOD], replace(EXPECTED, contract_size=10.0))
    assert trade.quote == 300.0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"price": None}, "trade_not_positive"),
        ({"price": float("nan")}, "trade_not_positive"),
        ({"price": -3.0}, "trade_not_positive"),
        ({"amount": 0.0}, "trade_not_positive"),
        ({"amount": float("inf")}, "trade_not_positive"),
        ({"price": 3.0, "amount": 1e308}, "trade_not_positive"),
        ({"side": None}, "trade_without_side"),
        ({"side": "n/a"}, "trade_without_side"),
        ({"time_ms": None}, "trade_off_time"),
        ({"time_ms": float("nan")}, "trade_off_time"),
        ({"time_ms": to_ms(NOON) / 1000}, "trade_off_time"),  # seconds
        ({"time_ms": float(to_ms(NOON) + 60_000)}, "trade_off_time"),
        ({"price": 4.6}, "trade_off_price"),
        ({"price": 300.0}, "trade_off_price"),
        ({"symbol": "TRUMP/USDT"}, "trade_of_other_market"),
        ({"fault": "found a str, expected a trade"}, "trade_shape"),
    ],
)
def test_a_wrong_trade_is_refused_and_the_rest_is_kept(change: dict[str, Any], reason: str) -> None:
    expected = replace(EXPECTED, contract_size=10.0) if change.get("amount") == 1e308 else EXPECTED
    good, refusals = check_trades([GOOD, GOOD._replace(**change)], expected)
    assert [t.key for t in good] == ["7"]
    (refusal,) = refusals
    assert (refusal.venue, refusal.market_id, refusal.reason) == ("okx", MARKET.id, reason)


def test_without_a_known_price_none_is_off() -> None:
    assert check_trades([GOOD._replace(price=300.0)], replace(EXPECTED, price=None))[1] == []


def test_trades_without_ids_are_told_apart_by_figures_and_place() -> None:
    bare = GOOD._replace(id=None)
    good, _ = check_trades([bare, bare, bare._replace(side="sell")], EXPECTED)
    assert len({t.key for t in good}) == 3
    again, _ = check_trades([bare, bare], EXPECTED)
    assert {t.key for t in again} < {t.key for t in good}


def test_an_answer_that_is_no_list_is_no_answer() -> None:
    with pytest.raises(WrongShapeError, match="found a dict, expected a list of trades"):
        read_trades({})
    (row,) = read_trades(["x"])
    assert row.fault == "found a str, expected a trade"


def watched(*markets: Market) -> Universe:
    token = Token("VIRTUAL", "Virtual", markets)
    sectors = (Sector("ai", "AI", (Membership("VIRTUAL"),)), Sector("memes", "Memes", ()))
    return Universe(sectors, (token,))


def chosen(usd: dict[str, float], *, sectors: tuple[str, ...] = ("ai",)) -> list[str]:
    markets = [Market(venue, "VIRTUAL/USDT", "VIRTUAL") for venue in usd]
    volumes = {m.id: usd[m.venue] for m in markets}
    return [m.venue for m in main_markets(watched(*markets), sectors, volumes, NOON)]


@pytest.mark.parametrize(
    ("usd", "expected"),
    [
        ({"gate": 70.0, "okx": 20.0, "kucoin": 10.0}, ["gate", "okx"]),
        ({"binance": 81.0, "gate": 19.0}, []),  # what is told is enough
        ({"binance": 70.0, "gate": 20.0, "okx": 10.0}, ["gate"]),
        ({"kraken": 60.0, "gate": 40.0}, ["gate"]),  # Kraken's trades are not read
        ({"gate": 0.0}, []),  # there is nothing to scale
    ],
)
def test_the_largest_markets_until_little_is_left_to_an_estimate(
    usd: dict[str, float], expected: list[str]
) -> None:
    assert chosen(usd) == expected


def test_tokens_of_other_sectors_are_left_alone() -> None:
    assert chosen({"gate": 1.0}, sectors=("memes",)) == []
