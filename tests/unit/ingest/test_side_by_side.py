"""A whole page worked on in arrays: the same bars, refusals and words as row by row, whatever is wrong with one of them."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.ingest.validation.candles import Frame, check_candles
from monitor.ingest.validation.plausibility import Known, split_by_level
from monitor.ingest.venues.rows import RawCandle, RowTable, columns
from monitor.model.bar_columns import BarColumns, BarSeries
from monitor.model.bars import Bar
from monitor.model.grid import to_ms

WIDTH = timedelta(minutes=5)
SINCE = datetime(2025, 1, 20, tzinfo=UTC)
COUNT = 200
UNTIL = SINCE + COUNT * WIDTH
PLACES = (0, 1, 2, 3, 4, 5, 6, 7)

Rows = list[Any]


def served() -> Rows:
    """A page as text, as venues serve it."""
    page = []
    for i in range(COUNT):
        price = 10.0 + math.sin(i / 9)
        figures = (price, price * 1.01, price * 0.99, price * 1.002, 100.0 + i, (100.0 + i) * price)
        page.append([str(to_ms(SINCE + i * WIDTH)), *(f"{v:.8f}" for v in figures), "500.5"])
    return page


def frame(now: datetime = UNTIL + timedelta(hours=3)) -> Frame:
    return Frame("okx", "okx:X/USDT", WIDTH, SINCE, UNTIL, now, timedelta(seconds=2))


def changed(place: int, value: Any) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[57][place] = value

    return change


def repeated(rows: Rows) -> None:
    rows.append(list(rows[3]))


def another(rows: Rows) -> None:
    rows.append([*rows[3][:4], "10.001", *rows[3][5:]])


def beyond(rows: Rows) -> None:
    rows.append([str(to_ms(UNTIL)), *rows[0][1:]])
    rows.insert(0, [str(to_ms(SINCE - WIDTH)), *rows[0][1:]])


@pytest.mark.parametrize(
    "change",
    [
        list.copy,  # as it is
        list.reverse,
        lambda rows: rows.pop(9),
        repeated,
        another,
        beyond,
        changed(0, to_ms(SINCE) + 1),
        changed(0, "x"),
        changed(0, str(to_ms(SINCE - timedelta(days=2)))),
        changed(0, str(to_ms(SINCE + timedelta(days=9)))),
        changed(4, "nan"),
        changed(4, None),
        changed(4, True),
        changed(3, "0"),
        changed(2, "1"),
        changed(5, "-1"),
        changed(5, "0"),
        changed(6, "inf"),
        changed(6, "1e9"),
        changed(7, "1e9"),
        changed(7, "1,000"),
        lambda rows: rows.insert(5, {"ts": 1}),
        lambda rows: rows[5].pop(),
    ],
)
@pytest.mark.parametrize("now", [UNTIL + timedelta(hours=3), UNTIL - 3 * WIDTH])
def test_a_page_is_read_as_its_rows_are(change: Callable[[Rows], object], now: datetime) -> None:
    page = served()
    change(page)
    one_by_one = [
        row for at in range(0, len(page), 50) for row in columns(page[at : at + 50], PLACES)
    ]
    assert not isinstance(one_by_one, RowTable)
    whole, single = (
        check_candles(columns(page, PLACES), frame(now)),
        check_candles(one_by_one, frame(now)),
    )
    assert list(whole.closed) == list(single.closed)
    assert (whole.forming, whole.refusals) == (single.forming, single.refusals)


def test_a_sound_page_stays_in_arrays_and_gives_out_bars() -> None:
    table = columns(served(), (0, 1, 2, 3, 4, 5, 6, None), ms=1, coins=2.0)
    assert isinstance(table, RowTable)
    assert (table[0].taker_buy_quote, table[-1].base_volume) == (None, 2.0 * (99 + COUNT))
    assert list(table[3:5]) == [table[3], table[4]]
    closed = check_candles(columns(served(), PLACES), frame()).closed
    assert isinstance(closed, BarSeries)
    assert (closed[0], closed[-1]) == (next(iter(closed)), *closed[-1:])
    assert closed[-1].open_time == UNTIL - WIDTH
    assert closed.missing(SINCE - WIDTH, UNTIL + WIDTH, WIDTH) == [SINCE - WIDTH, UNTIL]


def bars_of(prices: list[float], *, apart: timedelta = WIDTH) -> list[Bar]:
    return [
        Bar("v:X/USDT", SINCE + i * apart, p, p, p, p, 1.0, p, None) for i, p in enumerate(prices)
    ]


@pytest.mark.parametrize(
    ("prices", "apart", "known"),
    [
        ([1.0, 1.1, 1.2], WIDTH, None),
        ([1.0, 30.0, 1.2], WIDTH, None),
        ([1.0, 15.0, 200.0], WIDTH, None),
        ([30.0, 30.0, 30.0], WIDTH, Known(SINCE - WIDTH, 1.0)),
        ([30.0, 30.0, 30.0], WIDTH, Known(SINCE - timedelta(days=3), 1.0)),
        ([1.0, 1.0, 1.0], WIDTH, Known(SINCE + WIDTH, 30.0)),
        ([1.0, 30.0, 30.0], timedelta(days=2), None),
    ],
)
@pytest.mark.parametrize("others", [[], [1.0], [29.0]])
def test_levels_are_judged_alike(
    prices: list[float], apart: timedelta, known: Known | None, others: list[float]
) -> None:
    bars = bars_of(prices, apart=apart)
    series = BarSeries(BarColumns.of(bars))
    kept, refused = split_by_level(series, "v", known, others)
    assert (list(kept), refused) == split_by_level(bars, "v", known, others)


def test_rows_that_are_numbers_already_are_read_too() -> None:
    page = [[to_ms(SINCE + i * WIDTH), 1, 2.5, 1, 2, 10, 20, 5] for i in range(COUNT)]
    assert columns(page, PLACES)[7] == RawCandle(
        float(to_ms(SINCE + 7 * WIDTH)), 1.0, 2.5, 1.0, 2.0, 10.0, 20.0, 5.0
    )
