"""One price from several venues: worked example 3 of the method, and what a broken venue may not do."""

from typing import Any

import numpy as np
import pytest

from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import Consolidated, Places, consolidate

NAN = float("nan")


def of_one_token(
    prices: list[float],
    weights: list[float],
    *,
    fresh: list[bool] | None = None,
    was_outlying: list[bool] | None = None,
    last: float = NAN,
    **parameters: Any,
) -> Consolidated:
    """The consolidation of a single token's venues."""
    size = len(prices)
    return consolidate(
        np.array([prices]),
        np.array([weights]),
        np.array([fresh or [True] * size]),
        np.array([was_outlying or [False] * size]),
        np.array([last]),
        AnalyticsParameters(**parameters),
    )


def test_the_lowest_price_that_reaches_half_of_the_weight_is_taken() -> None:
    found = of_one_token([10.0, 10.2, 10.9], [40.0, 30.0, 30.0])
    assert found.close.tolist() == [10.2]
    assert found.counted.tolist() == [[True, True, True]]


def test_a_venue_over_a_tenth_from_the_median_is_left_out() -> None:
    found = of_one_token([10.0, 10.2, 12.0], [40.0, 30.0, 30.0])
    assert found.close.tolist() == [10.0]
    assert found.outlying.tolist() == [[False, False, True]]
    assert found.counted.tolist() == [[True, True, False]]


@pytest.mark.parametrize(
    ("third", "stays_out"),
    [(10.8, True), (10.6, True), (10.5, False)],  # 8 %, 6 % and exactly 5 % above the median of 10
)
def test_an_outlying_venue_comes_back_only_within_half_of_the_bound(
    third: float, stays_out: bool
) -> None:
    found = of_one_token(
        [9.9, 10.0, third], [1.0, 1.0, 1.0], was_outlying=[False, False, True], venue_dev=0.1001
    )
    assert bool(found.outlying[0, 2]) is stays_out
    newcomer = of_one_token([9.9, 10.0, third], [1.0, 1.0, 1.0])
    assert not newcomer.outlying.any()


def test_a_venue_that_stood_apart_is_remembered_while_only_two_are_fresh() -> None:
    found = of_one_token(
        [9.9, 10.0, 10.8],
        [1.0, 1.0, 1.0],
        fresh=[False, True, True],
        was_outlying=[False, False, True],
    )
    assert found.outlying.tolist() == [[False, False, True]]
    assert found.counted.tolist() == [[False, True, True]], "two cannot tell who stands apart"


def test_of_two_that_disagree_the_one_nearer_to_the_last_price_is_taken_and_flagged() -> None:
    found = of_one_token([10.0, 11.5], [90.0, 10.0], last=11.2)
    assert found.close.tolist() == [11.5]
    assert found.conflict.tolist() == [True]
    assert found.counted.tolist() == [[False, True]]


def test_of_two_that_disagree_without_a_last_price_the_one_traded_more_is_taken() -> None:
    found = of_one_token([10.0, 11.5], [10.0, 90.0])
    assert found.close.tolist() == [11.5]
    assert found.conflict.tolist() == [True]


def test_two_that_disagree_by_a_tenth_or_less_are_no_conflict() -> None:
    found = of_one_token([10.0, 10.9], [10.0, 90.0], last=10.0)
    assert found.close.tolist() == [10.9]
    assert found.conflict.tolist() == [False]


def test_two_against_two_give_no_price_and_are_a_conflict() -> None:
    # the median of 10, 10, 13, 13 is 11.5: all are 13 % away
    found = of_one_token([10.0, 10.0, 13.0, 13.0], [1.0, 1.0, 1.0, 1.0], last=10.0)
    assert np.isnan(found.close[0])
    assert found.conflict.tolist() == [True]


def test_a_venue_that_is_not_fresh_counts_for_nothing() -> None:
    found = of_one_token([10.0, 10.2, 10.4], [40.0, 30.0, 90.0], fresh=[True, True, False])
    assert found.close.tolist() == [10.0]
    assert found.counted.tolist() == [[True, True, False]]
    assert np.isnan(of_one_token([10.0], [1.0], fresh=[False]).close[0])


def test_no_venue_weighs_over_the_cap_where_three_are_seen() -> None:
    # 90, 5, 5 becomes 15, 5, 5: the first has 60 %. Uncapped, the first price would win with any cap over one half.
    capped = of_one_token([10.9, 10.0, 10.1], [90.0, 5.0, 5.0], venue_weight_cap=0.45)
    assert capped.close.tolist() == [10.1]  # 5, 10, then 8.18 of 18.18: half is 9.09
    method = of_one_token([10.9, 10.0, 10.1], [90.0, 5.0, 5.0])
    assert method.close.tolist() == [10.9]  # 5, 10, then 15 of 25: half is 12.5
    two = of_one_token([10.0, 10.1], [99.0, 1.0], venue_weight_cap=0.45)
    assert two.close.tolist() == [10.0], "with two venues there is nothing to cap against"


def test_venues_without_known_volume_weigh_alike() -> None:
    found = of_one_token([10.3, 10.1, 10.2], [0.0, NAN, 0.0])
    assert found.close.tolist() == [10.2]


def test_agreement_is_counted_within_three_percent_of_the_price_taken() -> None:
    found = of_one_token([10.0, 10.2, 10.9], [40.0, 30.0, 30.0])
    # 10.2 is taken: 10.0 is 2.0 % away, 10.9 is 6.9 % away
    assert found.agreeing.tolist() == [2]


def test_places_spread_and_gather_are_inverse() -> None:
    places = Places.of(np.array([1, 0, 1]), 3)
    assert places.market.tolist() == [[1, -1], [0, 2], [-1, -1]]
    spread = places.spread(np.array([5.0, 6.0, 7.0]), -9.0)
    assert spread.tolist() == [[6.0, -9.0], [5.0, 7.0], [-9.0, -9.0]]
    flags = np.array([True, False, True])
    assert places.gather(places.spread_flags(flags), 3).tolist() == flags.tolist()


def test_a_universe_without_markets_has_no_places() -> None:
    places = Places.of(np.zeros(0, dtype=np.int64), 2)
    assert places.spread(np.zeros(0), NAN).shape == (2, 1)
    assert not places.spread_flags(np.zeros(0, dtype=np.bool_)).any()
