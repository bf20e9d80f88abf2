"""Spoilt rows and lasting states: what a switch puts on the wire."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from monitor.clock import ManualClock
from monitor.model.grid import to_ms
from tests.integration.venue_server.asking import ask
from tests.integration.venue_server.conftest import NOW, START, WIDTH_MS, candle, make_book
from tests.kit.venue_server import Candle, VenueServer
from tests.kit.venue_server.candles import part

FORMING = to_ms(NOW) - 120_000
LAST = FORMING - WIDTH_MS  # bar 2879: 2979, 2981, 2978, 2980


def klines(server: VenueServer, count: int = 6, symbol: str = "VIRTUALUSDT") -> list[list[Any]]:
    """The newest rows of Binance."""
    got = ask(server.url("binance"), "/api/v3/klines", symbol=symbol, interval="5m", limit=count)
    rows: list[list[Any]] = got.body
    return rows


def test_good_rows_end_with_the_forming_one(server: VenueServer) -> None:
    rows = klines(server)
    assert [row[0] for row in rows] == [FORMING + n * WIDTH_MS for n in range(-5, 1)]
    assert rows[-1][5] == "4.0"


@pytest.mark.parametrize(
    ("kind", "prices"),
    [
        ("nan", ["NaN"] * 4),
        ("null", [None] * 4),
        ("not_a_number", ["n/a"] * 4),
        ("zero", ["0.0"] * 4),
        ("negative", ["-2979.0", "-2981.0", "-2978.0", "-2980.0"]),
        ("x100", ["297900.0", "298100.0", "297800.0", "298000.0"]),
    ],
)
def test_a_price_fault_spoils_the_last_closed_row_alone(
    kind: str, prices: list[Any], server: VenueServer
) -> None:
    good = klines(server)
    server.faults.add(kind, "binance")
    spoilt = klines(server)
    assert spoilt[-2][1:5] == prices
    assert spoilt[:-2] == good[:-2]
    assert spoilt[-1] == good[-1]


def test_a_price_fault_may_spoil_all_rows(server: VenueServer) -> None:
    server.faults.add("zero", "binance", rows="all")
    assert {tuple(row[1:5]) for row in klines(server)} == {("0.0",) * 4}


ORDERS: list[tuple[str, Callable[[list[Any]], list[Any]]]] = [
    ("reversed", lambda times: times[::-1]),
    ("duplicated", lambda times: [t for t in times for _ in range(2)][-6:]),
    ("gapped", lambda times: [times[0], times[2], times[3], times[5]]),
    ("no_forming", lambda times: times[:-1]),
    ("seconds", lambda times: [t // 1000 for t in times]),
    ("unaligned", lambda times: [t + 7_000 for t in times]),
    ("empty_list", lambda _: []),
]


@pytest.mark.parametrize(("kind", "becomes"), ORDERS, ids=[kind for kind, _ in ORDERS])
def test_a_fault_of_order_changes_the_times_as_it_says(
    kind: str, becomes: Callable[[list[Any]], list[Any]], server: VenueServer
) -> None:
    since = FORMING - 5 * WIDTH_MS
    asked = {"symbol": "VIRTUALUSDT", "interval": "5m", "startTime": since, "limit": 12}
    path = "/api/v3/klines"
    good = [row[0] for row in ask(server.url("binance"), path, **asked).body]
    server.faults.add(kind, "binance")
    spoilt = [row[0] for row in ask(server.url("binance"), path, **asked).body]
    expected = becomes(good)
    assert spoilt[-len(expected) :] == expected if expected else spoilt == []


def test_shuffled_rows_are_the_same_rows_in_another_order(server: VenueServer) -> None:
    good = klines(server)
    server.faults.add("shuffled", "binance")
    spoilt = klines(server)
    assert spoilt != good
    assert sorted(spoilt) == good


def test_conflicting_rows_share_a_time_and_differ_in_the_close(server: VenueServer) -> None:
    server.faults.add("conflicting", "binance")
    closes = [row[4] for row in klines(server, 7) if row[0] == LAST]
    assert closes == ["2980.0", "2978.0"]


@pytest.mark.parametrize(
    ("kind", "unknown"), [("null_volume", {5, 7, 9, 10}), ("null_quote", {7, 10})]
)
def test_volumes_may_be_null(server: VenueServer, kind: str, unknown: set[int]) -> None:
    server.faults.add(kind, "binance")
    (spoilt,) = [row for row in klines(server) if None in row]
    assert spoilt[0] == LAST
    assert {place for place, value in enumerate(spoilt) if value is None} == unknown


def test_another_symbols_prices_come_under_the_asked_symbol(server: VenueServer) -> None:
    server.faults.add("other_symbol", "binance", symbol="VIRTUAL/USDT", other="BTC/USDT")
    assert klines(server)[-2][1] == "92979.0"
    assert klines(server, symbol="BTCUSDT")[-2][1] == "92979.0"


def test_other_types_turn_strings_into_numbers_and_numbers_into_strings(
    server: VenueServer,
) -> None:
    server.faults.add("other_types", "binance")
    assert klines(server)[-2][:5] == [str(LAST), 2979.0, 2981.0, 2978.0, 2980.0]


def test_a_provisional_bar_settles_after_the_time_that_was_set(
    server: VenueServer, clock: ManualClock
) -> None:
    server.faults.add("provisional", "binance", seconds=180)
    assert klines(server)[-2][4:6] == ["2980.5", "9.0"]  # halfway to the high, a tenth missing
    clock.advance(timedelta(seconds=61))
    assert klines(server)[-2][4:6] == ["2980.0", "10.0"]


def test_a_bar_may_be_put_in_the_place_of_another_after_its_close(server: VenueServer) -> None:
    revised = Candle(LAST, 2979.0, 2990.0, 2978.0, 2988.0, 11.0, 4000.0, 700.0)
    server.book.put("binance", "VIRTUAL/USDT", [revised])
    assert klines(server)[-2][1:6] == ["2979.0", "2990.0", "2978.0", "2988.0", "11.0"]


def test_a_venue_whose_clock_is_ahead_shows_a_bar_early(server: VenueServer) -> None:
    server.faults.add("clock_off", "binance", seconds=180)
    got = ask(server.url("binance"), "/api/v3/time")
    assert got.body == {"serverTime": to_ms(NOW) + 180_000}
    assert klines(server)[-1][0] == FORMING + WIDTH_MS
    assert ask(server.url("gate"), "/api/v4/spot/time").body == {"server_time": to_ms(NOW)}


def test_a_fault_spoils_only_its_venue_symbol_and_count(server: VenueServer) -> None:
    server.faults.add("empty_list", "binance", symbol="BTC/USDT", left=2)
    seen = [len(klines(server, symbol=s)) for s in ("BTCUSDT", "VIRTUALUSDT", "BTCUSDT", "BTCUSDT")]
    assert seen == [0, 6, 0, 6]
    faults = [request.faults for request in server.log.find("binance", "candles", "BTC/USDT")]
    assert faults == [("empty_list",), ("empty_list",), ()]


def test_a_market_is_listed_only_from_its_first_bar_where_the_book_says_so(
    clock: ManualClock,
) -> None:
    clock.set(START + timedelta(days=8))
    with VenueServer(make_book(list_from_first_bar=True), clock, venues=["binance"]) as server:
        base = server.url("binance")
        before = {s["symbol"] for s in ask(base, "/api/v3/exchangeInfo").body["symbols"]}
        clock.set(START + timedelta(days=9))
        after = {s["symbol"] for s in ask(base, "/api/v3/exchangeInfo").body["symbols"]}
    assert after - before == {"TRUMPUSDT"}


def test_padding_gives_the_market_list_its_real_size(clock: ManualClock) -> None:
    with VenueServer(make_book(), clock, venues=["binance", "gate"], padding=2_000) as server:
        symbols = ask(server.url("binance"), "/api/v3/exchangeInfo").body["symbols"]
        pairs = ask(server.url("gate"), "/api/v4/spot/currency_pairs").body
    assert len(symbols) == len(pairs) == 2_003


def test_parts_of_a_bar_walk_over_its_low_and_high() -> None:
    bar = candle(0)  # 100, 102, 99, 101: rises, so the low comes first
    first = part(bar, 0.0, 1 / 3)
    assert (first.open, first.high, first.low) == (100.0, 100.0, 99.0)
    assert first.close == pytest.approx(99.0)
    half = part(bar, 0.0, 0.5)  # halfway from 99 to 102
    assert half.close == pytest.approx(100.5)
    assert (half.low, half.base_volume) == (99.0, 5.0)
    assert part(bar, 0.0, 1.0) == bar
