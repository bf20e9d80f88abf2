"""Levels and identities, hand-worked."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.ingest.validation.plausibility import Known, outliers, split_by_level, wrong_coins
from monitor.model.bars import Bar

START = datetime(2025, 1, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def bars(*closes: float, begin: datetime = START) -> list[Bar]:
    """Hourly flat bars at these prices."""
    return [
        Bar("v:X/USDT", begin + i * HOUR, c, c, c, c, 1.0, c, None) for i, c in enumerate(closes)
    ]


def kept(
    found: list[Bar], known: Known | None = None, others: tuple[float, ...] = ()
) -> list[float]:
    """Closes that are believed."""
    return [b.close for b in split_by_level(found, "v", known, others)[0]]


def test_one_price_a_hundred_times_too_high_is_kept_out_and_the_rest_goes_on() -> None:
    assert kept(bars(1.0, 100.0, 1.1), Known(START - HOUR, 1.0)) == [1.0, 1.1]


def test_a_price_nineteen_times_as_high_is_a_launch_and_twenty_times_is_not() -> None:
    known = Known(START - HOUR, 1.0)
    assert kept(bars(19.0), known) == [19.0]
    assert kept(bars(20.0), known) == []
    assert kept(bars(0.05), known) == []


def test_a_leap_that_another_venue_confirms_is_believed() -> None:
    known = Known(START - HOUR, 1.0)
    assert kept(bars(100.0), known, (110.0,)) == [100.0]
    assert kept(bars(100.0), known, (140.0,)) == []


def test_after_a_day_of_silence_the_other_venues_are_the_measure() -> None:
    known = Known(START - 25 * HOUR, 1.0)
    assert kept(bars(30.0), known, (29.0, 31.0)) == [30.0]
    assert kept(bars(1.0), known, (29.0, 31.0)) == []


def test_a_broken_first_bar_does_not_set_the_level_for_those_after_it() -> None:
    assert kept(bars(300.0, 3.0, 3.1, 3.0, 3.2)) == [3.0, 3.1, 3.0, 3.2]


def test_a_newer_stored_bar_measures_older_history_too() -> None:
    assert kept(bars(1.0, 100.0), Known(START + 100 * HOUR, 2.0)) == [1.0]


def test_a_bar_whose_high_alone_is_absurd_is_kept_out() -> None:
    spike = Bar("v:X/USDT", START, 1.0, 100.0, 1.0, 1.0, 1.0, 1.0, None)
    assert kept([spike], Known(START - HOUR, 1.0)) == []


@pytest.mark.parametrize(
    ("candidates", "references", "strangers"),
    [
        ({"a": 1.0}, [], set()),
        ({"a": 1.0}, [1.25], set()),  # 20 % under
        ({"a": 1.0}, [1.34], {"a"}),  # 25.4 % under
        ({"a": 1.25}, [1.0], set()),
        ({"a": 1.26}, [1.0], {"a"}),
        ({"a": 1.0, "b": 1.2}, [], set()),
        ({"a": 1.0, "b": 9.0}, [], {"a", "b"}),
        ({"a": 1.0, "b": 1.1, "c": 9.0}, [], {"c"}),
        ({"a": 9.0, "b": 1.0}, [1.0, 1.1, 9.0], {"a"}),
    ],
)
def test_a_market_more_than_a_quarter_off_the_others_trades_another_coin(
    candidates: dict[str, float], references: list[float], strangers: set[str]
) -> None:
    assert set(wrong_coins(candidates, references)) == strangers


def test_outliers_are_judged_by_their_neighbours_on_both_sides() -> None:
    assert outliers([1.0, 1.0, 1.0, 100.0, 1.0, 1.0]) == {3}
    assert outliers([100.0, 1.0, 1.0, 1.0]) == {0}
    assert (
        outliers([1.0, 1.0, 1.0, 1.0, 30.0, 30.0, 30.0, 30.0]) == set()
    )  # a new level, not a slip
    assert outliers([1.0, 100.0]) == set()
