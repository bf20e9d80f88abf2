"""Each venue's columns, by example rows of its own documentation."""

from typing import Any

import pytest

from monitor.ingest.venues.registry import definition_of
from monitor.ingest.venues.request import MarketFacts
from monitor.ingest.venues.rows import RawCandle, WrongShapeError, number

PROVED = (
    "binance",
    "bitget",
    "bybit",
    "coinbase",
    "gate",
    "htx",
    "hyperliquid",
    "kraken",
    "kucoin",
    "mexc",
    "okx",
)
SPOT = MarketFacts("X/USDT", "X-ID", "spot", "USDT", 1.0)
SWAP = MarketFacts("X/USDT:USDT", "X-ID", "swap", "USDT", 10.0)


@pytest.mark.parametrize(
    ("venue", "facts", "payload", "expected"),
    [
        (
            "binance",
            SPOT,
            [[60000, "1", "4", "0.5", "2", "10", 119999, "20", 7, "6", "12", "0"]],
            (60000, 1, 4, 0.5, 2, 10, 20, 12),
        ),
        (
            "bybit",
            SPOT,
            {
                "result": {
                    "symbol": "X-ID",
                    "category": "spot",
                    "list": [["60000", "1", "4", "0.5", "2", "10", "20"]],
                }
            },
            (60000, 1, 4, 0.5, 2, 10, 20, None),
        ),
        (
            "okx",
            SPOT,
            {"data": [["60000", "1", "4", "0.5", "2", "10", "20", "20", "1"]]},
            (60000, 1, 4, 0.5, 2, 10, 20, None),
        ),
        (
            "okx",
            SWAP,
            {"data": [["60000", "1", "4", "0.5", "2", "999", "10", "20", "1"]]},
            (60000, 1, 4, 0.5, 2, 10, 20, None),
        ),
        (
            "gate",
            SPOT,
            [["60", "20", "2", "4", "0.5", "1", "10", "true"]],
            (60000, 1, 4, 0.5, 2, 10, 20, None),
        ),
        (
            "gate",
            SWAP,
            [{"t": 60, "v": 3, "c": "2", "h": "4", "l": "0.5", "o": "1", "sum": "60"}],
            (60000, 1, 4, 0.5, 2, 30, 60, None),  # three contracts of ten coins
        ),
        (
            "kucoin",
            SPOT,
            {"data": [["60", "1", "2", "4", "0.5", "10", "20"]]},
            (60000, 1, 4, 0.5, 2, 10, 20, None),
        ),
        (
            "mexc",
            SPOT,
            [[60000, "1", "4", "0.5", "2", "10", 120000, "20"]],
            (60000, 1, 4, 0.5, 2, 10, 20, None),
        ),
        (
            "mexc",
            SWAP,
            {
                "data": {
                    "time": [60],
                    "open": [1],
                    "high": [4],
                    "low": [0.5],
                    "close": [2],
                    "vol": [3],
                    "amount": [60],
                }
            },
            (60000, 1, 4, 0.5, 2, 30, 60, None),
        ),
        (
            "kraken",
            SPOT,
            {"result": {"X-ID": [[60, "1", "4", "0.5", "2", "1.5", "10", 5]], "last": 1}},
            (60000, 1, 4, 0.5, 2, 10, 15, None),  # vwap 1.5 x 10 coins
        ),
        (
            "coinbase",
            SPOT,
            {
                "candles": [
                    {
                        "start": "60",
                        "low": "0.5",
                        "high": "4",
                        "open": "1",
                        "close": "1.5",
                        "volume": "10",
                    }
                ]
            },
            (60000, 1, 4, 0.5, 1.5, 10, 20, None),  # 10 x (4 + 0.5 + 1.5) / 3
        ),
        (
            "bitget",
            SPOT,
            {"data": [["60000", "1", "4", "0.5", "2", "10", "21", "20"]]},
            (60000, 1, 4, 0.5, 2, 10, 20, None),
        ),
        (
            "htx",
            SPOT,
            {
                "ch": "market.x-id.kline.5min",
                "data": [
                    {
                        "id": 60,
                        "open": 1,
                        "close": 2,
                        "low": 0.5,
                        "high": 4,
                        "amount": 10,
                        "vol": 20,
                    }
                ],
            },
            (60000, 1, 4, 0.5, 2, 10, 20, None),
        ),
        (
            "htx",
            SWAP,
            {
                "ch": "market.X-ID.kline.5min",
                "data": [
                    {
                        "id": 60,
                        "open": 1,
                        "close": 2,
                        "low": 0.5,
                        "high": 4,
                        "amount": 10,
                        "vol": 999,
                        "trade_turnover": 20,
                    }
                ],
            },
            (60000, 1, 4, 0.5, 2, 10, 20, None),
        ),
        (
            "bitget",
            SWAP,
            {"data": [["60000", "1", "4", "0.5", "2", "10", "20"]]},
            (60000, 1, 4, 0.5, 2, 10, 20, None),
        ),
        (
            "kucoin",
            SWAP,
            {"data": [[60000, 1, 4, 0.5, 1.5, 1]]},
            (
                60000,
                1,
                4,
                0.5,
                1.5,
                10,
                20,
                None,
            ),  # one contract of ten coins at (4 + 0.5 + 1.5) / 3
        ),
        (
            "hyperliquid",
            SPOT,
            [
                {
                    "t": 60000,
                    "T": 119999,
                    "s": "X-ID",
                    "i": "1m",
                    "o": "1",
                    "c": "1.5",
                    "h": "4",
                    "l": "0.5",
                    "v": "10",
                    "n": 3,
                }
            ],
            (60000, 1, 4, 0.5, 1.5, 10, 20, None),
        ),
    ],
)
def test_columns_are_read_in_the_venues_own_order_and_unit(
    venue: str, facts: MarketFacts, payload: Any, expected: tuple[float | None, ...]
) -> None:
    assert definition_of(venue).rows(facts, payload) == [RawCandle(*expected)]  # type: ignore[arg-type]


@pytest.mark.parametrize("payload", ["<html>", None, 7, {}, {"result": []}, {"data": None}, ""])
@pytest.mark.parametrize("venue", sorted(PROVED))
def test_what_is_no_answer_is_never_taken_for_an_empty_one(venue: str, payload: Any) -> None:
    with pytest.raises(WrongShapeError, match="found"):
        definition_of(venue).rows(SPOT, payload)


@pytest.mark.parametrize(
    ("venue", "payload"),
    [
        ("bybit", {"result": {"symbol": "OTHER", "list": []}}),
        ("bybit", {"result": {"symbol": "X-ID", "category": "linear", "list": []}}),
        ("htx", {"ch": "market.other.kline.5min", "data": []}),
        ("kraken", {"result": {"OTHER": [], "last": 1}}),
        ("hyperliquid", [{"t": 60000, "s": "OTHER"}]),
    ],
)
def test_an_answer_that_names_another_market_is_not_ours(venue: str, payload: Any) -> None:
    with pytest.raises(WrongShapeError):
        definition_of(venue).rows(SPOT, payload)


def test_a_row_of_another_form_is_marked_and_the_next_one_read() -> None:
    good = [60000, "1", "4", "0.5", "2", "10", 119999, "20", 7, "6", "12", "0"]
    rows = definition_of("binance").rows(SPOT, ["x", [1, 2], good])
    assert [row.fault is None for row in rows] == [False, False, True]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1.5", 1.5), (2, 2.0), (None, None), ("n/a", None), (True, None), ([], None)],
)
def test_only_numbers_are_numbers(value: Any, expected: float | None) -> None:
    assert number(value) == expected
