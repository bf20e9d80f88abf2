"""Every check on a candle, case by case, hand-worked."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.ingest.validation.candles import Frame, check_candles
from monitor.ingest.venues.rows import RawCandle
from monitor.model.grid import to_ms

WIDTH = timedelta(minutes=5)
SINCE = datetime(2025, 1, 20, 11, 0, tzinfo=UTC)
NOW = datetime(2025, 1, 20, 12, 2, tzinfo=UTC)
FRAME = Frame(
    venue="okx",
    market_id="okx:X/USDT",
    width=WIDTH,
    since=SINCE,
    until=NOW,
    now=NOW,
    settle=timedelta(seconds=2),
)


def row(minutes: float = 0, **changes: Any) -> RawCandle:
    """A sound bar ``minutes`` after 11:00: 10 to 11, 100 coins, 1,050 of quote volume, 600 of it bought."""
    good = RawCandle(
        to_ms(SINCE + timedelta(minutes=minutes)), 10.0, 11.0, 9.5, 10.5, 100.0, 1050.0, 600.0
    )
    return good._replace(**changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fault": "found int, expected a list"}, "malformed"),
        ({"open_ms": None}, "bad_time"),
        ({"open_ms": math.nan}, "bad_time"),
        ({"open_ms": to_ms(SINCE) + 7000}, "off_grid"),
        ({"open_ms": to_ms(SINCE) + 0.5}, "off_grid"),
        ({"open_ms": to_ms(SINCE + timedelta(hours=2))}, "future"),
        ({"open_ms": to_ms(SINCE - timedelta(hours=2))}, "not_asked"),
        ({"close": math.nan}, "not_finite"),
        ({"open": None}, "not_finite"),
        ({"base_volume": math.inf}, "not_finite"),
        ({"quote_volume": math.nan}, "not_finite"),
        ({"low": 0.0}, "not_positive"),
        ({"open": -10.0, "high": -9.0, "low": -11.0, "close": -10.0}, "not_positive"),
        ({"low": 10.2}, "inconsistent_range"),
        ({"high": 10.4}, "inconsistent_range"),
        ({"base_volume": -1.0}, "negative_volume"),
        ({"taker_buy_quote": -1.0}, "negative_volume"),
        ({"taker_buy_quote": 1051.0}, "taker_over_volume"),
        (
            {"quote_volume": 470.0, "taker_buy_quote": 1.0},
            "volume_mismatch",
        ),  # least: 100 x 9.5 / 2
        ({"quote_volume": 2210.0}, "volume_mismatch"),  # most: 100 x 11 x 2
        ({"base_volume": 0.0}, "volume_mismatch"),
    ],
)
def test_a_broken_row_is_refused_for_its_reason_and_its_neighbour_kept(
    changes: dict[str, Any], reason: str
) -> None:
    checked = check_candles([row(**changes), row(5)], FRAME)
    assert [r.reason for r in checked.refusals] == [reason]
    assert [b.open_time for b in checked.closed] == [SINCE + WIDTH]


@pytest.mark.parametrize(
    "changes",
    [
        {"quote_volume": None, "taker_buy_quote": None},
        {"taker_buy_quote": None},
        {"base_volume": 0.0, "quote_volume": 0.0, "taker_buy_quote": 0.0},
        {"quote_volume": 480.0, "taker_buy_quote": 480.0},
        {"quote_volume": 2190.0},
        {"base_volume": 0.01, "quote_volume": 0.0, "taker_buy_quote": 0.0},  # 0.1 USDT, rounded off
        {"open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0},
    ],
)
def test_a_sound_row_is_kept_as_it_is(changes: dict[str, Any]) -> None:
    checked = check_candles([row(**changes)], FRAME)
    assert checked.refusals == ()
    assert [b.open_time for b in checked.closed] == [SINCE]


@pytest.mark.parametrize(
    ("open_at", "closed"),
    [(50, True), (55, True), (60, False)],  # 11:55 is over at 12:00, and 12:00:02 has passed
)
def test_a_bar_is_closed_by_the_clock_alone(open_at: int, *, closed: bool) -> None:
    checked = check_candles([row(open_at)], FRAME)
    assert bool(checked.closed) is closed
    assert bool(checked.forming) is not closed


def test_a_bar_is_still_forming_while_it_settles() -> None:
    at = SINCE + WIDTH + timedelta(seconds=1)
    frame = Frame("okx", "okx:X/USDT", WIDTH, SINCE, NOW, at, timedelta(seconds=2))
    assert check_candles([row()], frame).closed == ()


def test_a_forming_bar_that_is_broken_is_no_cause_for_complaint() -> None:
    checked = check_candles([row(60, close=math.nan)], FRAME)
    assert (checked.closed, checked.forming, checked.refusals) == ((), (), ())


def test_reversed_rows_come_out_ascending_and_equal_twins_collapse() -> None:
    checked = check_candles([row(10), row(5), row(5), row(0)], FRAME)
    assert [b.open_time for b in checked.closed] == [SINCE + i * WIDTH for i in range(3)]
    assert checked.refusals == ()


def test_of_two_rows_that_contradict_each_other_neither_is_believed() -> None:
    checked = check_candles([row(0), row(0, close=10.6), row(5)], FRAME)
    assert [b.open_time for b in checked.closed] == [SINCE + WIDTH]
    assert [r.reason for r in checked.refusals] == ["conflicting_duplicate"]


def test_rows_just_before_what_was_asked_are_left_out_without_complaint() -> None:
    checked = check_candles([row(-5), row(0)], FRAME)
    assert [b.open_time for b in checked.closed] == [SINCE]
    assert checked.refusals == ()


def test_takers_a_rounding_above_the_volume_are_cut_to_it() -> None:
    checked = check_candles([row(taker_buy_quote=1050.0001)], FRAME)
    assert checked.closed[0].taker_buy_quote == 1050.0
