"""The wire itself: column orders, bounds, limits and refusals of each venue, as APIS.md 4 states them."""

import pytest

from monitor.model.grid import to_ms
from tests.integration.venue_server.asking import ask
from tests.integration.venue_server.conftest import NOW, START, WIDTH_MS
from tests.kit.venue_server import VenueServer

T0 = to_ms(START) + 2592 * WIDTH_MS  # bar 2592: 2692, 2694, 2691, 2693; 10 coins, 3592 USDT
FORMING = to_ms(NOW) - 120_000
OKX = "/api/v5/market"
SPOT = {"category": "spot", "symbol": "VIRTUALUSDT", "interval": "5"}
GATE = "/api/v4/spot/candlesticks"
PAIR = {"currency_pair": "VIRTUAL_USDT", "interval": "5m"}


def test_binance_rows_have_twelve_columns_with_the_takers_part(server: VenueServer) -> None:
    got = ask(
        server.url("binance"),
        "/api/v3/klines",
        symbol="VIRTUALUSDT",
        interval="5m",
        startTime=T0,
        limit=1,
    )
    # Takers bought 600 of 3592 USDT, so 600 / 3592 of ten coins.
    assert got.body[0][9] == pytest.approx("1.670378619153675")
    got.body[0][9] = "checked"
    assert got.body == [
        [
            T0,
            "2692.0",
            "2694.0",
            "2691.0",
            "2693.0",
            "10.0",
            T0 + 299_999,
            "3592.0",
            7,
            "checked",
            "600.0",
            "0",
        ]
    ]
    assert int(got.headers["X-MBX-USED-WEIGHT-1M"]) == 2


def test_binance_serves_500_rows_unasked_and_1000_at_most_and_futures_1500(
    server: VenueServer,
) -> None:
    base, ask_for = server.url("binance"), {"symbol": "VIRTUALUSDT", "interval": "5m"}
    assert len(ask(base, "/api/v3/klines", **ask_for).body) == 500
    assert len(ask(base, "/api/v3/klines", limit=5000, **ask_for).body) == 1000
    assert len(ask(base, "/fapi/v1/klines", limit=5000, **ask_for).body) == 1500


def test_binance_refuses_with_its_codes(server: VenueServer) -> None:
    base = server.url("binance")
    unknown = ask(base, "/api/v3/klines", symbol="NOSUCH", interval="5m")
    assert (unknown.status, unknown.body["code"]) == (400, -1121)
    interval = ask(base, "/api/v3/klines", symbol="VIRTUALUSDT", interval="7m")
    assert (interval.status, interval.body["code"]) == (400, -1120)


def test_bybit_rows_come_newest_first_with_the_turnover(server: VenueServer) -> None:
    got = ask(server.url("bybit"), "/v5/market/kline", start=T0, end=T0 + WIDTH_MS, **SPOT)
    newer = ["2693.0", "2695.0", "2692.0", "2694.0", "10.0", "3593.0"]
    older = ["2692.0", "2694.0", "2691.0", "2693.0", "10.0", "3592.0"]
    assert got.body["result"]["list"] == [[str(T0 + WIDTH_MS), *newer], [str(T0), *older]]
    assert (got.status, got.body["retCode"], got.body["time"]) == (200, 0, to_ms(NOW))


def test_bybit_begins_with_the_bar_that_holds_the_start(server: VenueServer) -> None:
    got = ask(server.url("bybit"), "/v5/market/kline", start=T0 + 1, limit=2, **SPOT)
    assert [row[0] for row in got.body["result"]["list"]] == [str(T0 + WIDTH_MS), str(T0)]


def test_bybit_keeps_the_newest_rows_of_a_span_that_is_too_long(server: VenueServer) -> None:
    got = ask(
        server.url("bybit"), "/v5/market/kline", start=T0, end=T0 + 9 * WIDTH_MS, limit=3, **SPOT
    )
    times = [int(row[0]) for row in got.body["result"]["list"]]
    assert times == [T0 + n * WIDTH_MS for n in (9, 8, 7)]


def test_bybit_refuses_with_status_200(server: VenueServer) -> None:
    got = ask(server.url("bybit"), "/v5/market/kline", **{**SPOT, "symbol": "NOSUCH"})
    assert (got.status, got.body["retCode"]) == (200, 10001)


def test_okx_bounds_are_left_out_and_the_forming_row_says_so(server: VenueServer) -> None:
    got = ask(
        server.url("okx"),
        f"{OKX}/candles",
        instId="VIRTUAL-USDT",
        bar="5m",
        before=FORMING - 2 * WIDTH_MS,
        after=FORMING + WIDTH_MS,
    )
    assert [(row[0], row[8]) for row in got.body["data"]] == [
        (str(FORMING), "0"),
        (str(FORMING - WIDTH_MS), "1"),
    ]
    # Bar 2879: opens at 2979; ten coins, 3879 USDT; on spot the contracts are the coins.
    figures = ["2979.0", "2981.0", "2978.0", "2980.0", "10.0", "10.0", "3879.0"]
    assert got.body["data"][1][1:8] == figures


@pytest.mark.parametrize(
    ("bar", "minutes"),
    [("1m", (2, 1, 0)), ("5m", (0, -5, -10)), ("1H", (0, -60, -120)), ("1Dutc", (0, -1440, -2880))],
)
def test_made_bars_of_any_width_know_whether_they_are_closed(
    bar: str, minutes: tuple[int, int, int], server: VenueServer
) -> None:
    # It is 00:02: the bars of 00:00 of five minutes, an hour and a day form, and the minute that begins now.
    got = ask(server.url("okx"), f"{OKX}/candles", instId="VIRTUAL-USDT", bar=bar, limit=3)
    expected = [(str(FORMING + m * 60_000), flag) for m, flag in zip(minutes, "011", strict=True)]
    assert [(row[0], row[8]) for row in got.body["data"]] == expected


def test_okx_swaps_count_contracts_beside_coins(server: VenueServer) -> None:
    got = ask(
        server.url("okx"),
        f"{OKX}/candles",
        instId="VIRTUAL-USDT-SWAP",
        bar="5m",
        after=T0 + WIDTH_MS * 250,
        limit=1,
    )
    assert got.body["data"][0][5:7] == ["1.0", "10.0"]


def test_okx_candles_reach_1440_bars_back_and_history_holds_closed_ones_only(
    server: VenueServer,
) -> None:
    asked = {"instId": "VIRTUAL-USDT", "bar": "5m"}
    reach = FORMING - 1439 * WIDTH_MS
    edge = ask(server.url("okx"), f"{OKX}/candles", after=reach + 2 * WIDTH_MS, **asked)
    assert [int(row[0]) for row in edge.body["data"]] == [reach + WIDTH_MS, reach]
    history = ask(server.url("okx"), f"{OKX}/history-candles", limit=300, **asked)
    assert int(history.body["data"][0][0]) == FORMING - WIDTH_MS
    assert len(history.body["data"]) == 300
    older = ask(server.url("okx"), f"{OKX}/history-candles", after=reach, limit=1, **asked)
    assert int(older.body["data"][0][0]) == reach - WIDTH_MS


def test_okx_names_an_unknown_instrument(server: VenueServer) -> None:
    got = ask(server.url("okx"), f"{OKX}/candles", instId="NO-SUCH", bar="5m")
    assert (got.status, got.body["code"], got.body["data"]) == (200, "51001", [])


def test_gate_rows_are_in_seconds_with_close_high_low_open(server: VenueServer) -> None:
    got = ask(server.url("gate"), GATE, from_=T0 // 1000, to=T0 // 1000, **PAIR)
    figures = ["3592.0", "2693.0", "2694.0", "2691.0", "2692.0", "10.0"]
    assert got.body == [[str(T0 // 1000), *figures, "true"]]


def test_gate_gives_one_row_less_when_the_start_is_not_aligned(server: VenueServer) -> None:
    first = T0 // 1000 + 60
    got = ask(server.url("gate"), GATE, from_=first, to=first + 9 * 300, **PAIR)
    assert len(got.body) == 9
    assert int(got.body[0][0]) == T0 // 1000 + 300


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"from_": T0 // 1000, "limit": 5}, "limit"),
        ({"from_": (FORMING - 1001 * WIDTH_MS) // 1000}, "too broad"),
        (
            {"from_": FORMING // 1000 - 10_001 * 300, "to": FORMING // 1000 - 9_900 * 300},
            "long ago",
        ),
        ({"limit": 1001}, "limit"),
    ],
    ids=["limit-with-from", "too-broad", "too-long-ago", "limit-too-large"],
)
def test_gate_refuses_what_it_documents(
    params: dict[str, int], words: str, server: VenueServer
) -> None:
    got = ask(server.url("gate"), GATE, **params, **PAIR)
    assert (got.status, got.body["label"]) == (400, "INVALID_PARAM_VALUE")
    assert words in got.body["message"]


def test_gate_futures_rows_are_objects_that_count_contracts(server: VenueServer) -> None:
    got = ask(
        server.url("gate"),
        "/api/v4/futures/usdt/candlesticks",
        contract="VIRTUAL_USDT",
        interval="5m",
        from_=T0 // 1000,
        to=T0 // 1000,
    )
    prices = {"c": "2693.0", "h": "2694.0", "l": "2691.0", "o": "2692.0"}
    assert got.body == [{"t": T0 // 1000, "v": 1.0, **prices, "sum": "3592.0"}]


def test_kucoin_rows_are_open_close_high_low_newest_first_without_the_end(
    server: VenueServer,
) -> None:
    got = ask(
        server.url("kucoin"),
        "/api/v1/market/candles",
        symbol="VIRTUAL-USDT",
        type="5min",
        startAt=T0 // 1000,
        endAt=(T0 + 2 * WIDTH_MS) // 1000,
    )
    newer = [str(T0 // 1000 + 300), "2693.0", "2694.0", "2695.0", "2692.0", "10.0", "3593.0"]
    older = [str(T0 // 1000), "2692.0", "2693.0", "2694.0", "2691.0", "10.0", "3592.0"]
    assert got.body == {"code": "200000", "data": [newer, older]}
