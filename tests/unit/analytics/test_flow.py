"""Volume and net flow per token, and their grades (METHOD, chapter 5)."""

import numpy as np
import pytest

from monitor.analytics.flow import (
    GRADE_A,
    GRADE_B,
    GRADE_C,
    NONE,
    Sample,
    TokenFlow,
    sample_of,
    token_flow,
    token_volume,
    worst_grade,
)

NAN = float("nan")
C = GRADE_C


def scaled(
    volume: list[float], usual: list[float], *, held: list[bool] | None = None
) -> tuple[float, float]:
    """Volume and factor of one token."""
    total, factor = token_volume(
        np.array([volume]), np.array([usual]), np.array([held or [True] * len(volume)]), 0.30
    )
    return float(total[0]), float(factor[0])


def flow_of(
    volume: list[float],
    taker: list[float],
    imbalance: float = NAN,
    *,
    factor: float = 1.0,
    seen: list[float] | None = None,
    in_trades: list[float] | None = None,
) -> TokenFlow:
    """Flow of one token whose estimated imbalance is given; ``seen``, ``in_trades``: parts of what its trades say."""
    total = np.array([float(np.nansum(volume)) * factor if not np.isnan(volume).all() else NAN])
    return token_flow(
        np.array([volume]),
        np.array([taker]),
        np.ones((1, len(volume)), dtype=np.bool_),
        total,
        np.array([factor]),
        np.array([imbalance]),
        Sample(*(np.array([part or [NAN] * len(volume)]) for part in (seen, in_trades))),
    )


def test_all_venues_seen_are_simply_summed() -> None:
    assert scaled([30.0, 70.0], [1.0, 1.0]) == (100.0, 1.0)


def test_what_a_missing_venue_usually_trades_is_made_up_for() -> None:
    volume, factor = scaled([24.0, NAN], [60.0, 40.0])
    assert volume == pytest.approx(40.0)  # 24 / 0.6
    assert factor == pytest.approx(1 / 0.6)


def test_under_three_tenths_of_the_usual_volume_seen_the_volume_is_unknown() -> None:
    assert scaled([9.0, NAN], [30.0, 70.0])[0] == pytest.approx(30.0)
    assert np.isnan(scaled([9.0, NAN], [29.0, 71.0])[0])


def test_no_answer_is_unknown_and_a_quiet_answer_is_zero() -> None:
    assert np.isnan(scaled([NAN, NAN], [50.0, 50.0])[0])
    assert scaled([0.0, 0.0], [50.0, 50.0])[0] == 0.0


def test_before_anything_is_usual_what_is_seen_counts_as_all() -> None:
    assert scaled([5.0, NAN], [0.0, 0.0]) == (5.0, 1.0)


def test_a_place_without_a_market_is_not_missing() -> None:
    assert scaled([5.0, NAN], [10.0, 90.0], held=[True, False]) == (5.0, 1.0)


def test_net_flow_is_taker_buying_less_taker_selling() -> None:
    found = flow_of([100.0], [70.0])
    assert found.net.tolist() == [40.0]  # 70 bought, 30 sold
    assert (found.seen.tolist(), found.estimated.tolist()) == ([100.0], [0.0])


def test_where_all_venues_tell_the_tokens_flow_is_the_sum_of_theirs() -> None:
    # 62 to 90 % at the first, as they come
    found = flow_of([620.0, 300.0, 80.0], [322.4, 100.0, 60.0], 0.9)
    assert found.net.tolist() == [pytest.approx(24.8 - 100.0 + 40.0)]


def test_each_venue_by_its_own_best_measure_then_added() -> None:
    found = flow_of([60.0, 40.0], [45.0, NAN], -0.1)
    assert found.net.tolist() == [pytest.approx(30.0 - 4.0)]
    assert (found.seen.tolist(), found.estimated.tolist()) == ([60.0], [40.0])


def test_a_venue_that_is_missing_is_made_up_for_in_flow_as_in_volume() -> None:
    found = flow_of([60.0, NAN], [45.0, NAN], factor=1.5)
    assert found.net.tolist() == [pytest.approx(45.0)]
    assert (found.volume.tolist(), found.seen.tolist()) == ([90.0], [60.0])


def test_a_venue_of_neither_leaves_the_tokens_flow_unknown() -> None:
    found = flow_of([60.0, 40.0], [45.0, NAN], NAN)
    assert np.isnan(found.net[0])
    assert (found.seen.tolist(), found.estimated.tolist()) == ([0.0], [0.0])
    assert flow_of([60.0, 0.0], [45.0, NAN], NAN).net.tolist() == [30.0], "it did not trade"


def test_no_trade_is_no_flow_even_without_an_estimate() -> None:
    assert flow_of([0.0], [NAN]).net.tolist() == [0.0]


def test_unknown_volume_has_no_flow() -> None:
    found = flow_of([NAN], [NAN], 0.1)
    assert np.isnan(found.net[0])
    assert (found.seen.tolist(), found.estimated.tolist()) == ([0.0], [0.0])


@pytest.mark.parametrize(("estimated", "expected"), [(39.0, GRADE_A), (40.0, C), (100.0, C)])
def test_the_grade_is_the_worst_that_covers_two_fifths_of_the_volume(
    estimated: float, expected: int
) -> None:
    none = np.zeros(2)
    found = worst_grade(np.array([100.0 - estimated, 0.0]), none, np.array([estimated, 0.0]))
    assert found.tolist() == [expected, NONE]


@pytest.mark.parametrize(
    ("told", "sampled", "estimated", "expected"),
    [
        (0.0, 100.0, 0.0, GRADE_B),
        (61.0, 39.0, 0.0, GRADE_A),
        (60.0, 40.0, 0.0, GRADE_B),
        (60.0, 20.0, 20.0, GRADE_B),
        (0.0, 61.0, 39.0, GRADE_B),
        (0.0, 60.0, 40.0, C),
    ],
)
def test_trades_that_were_read_grade_a_whole_b_with_what_is_worse(
    told: float, sampled: float, estimated: float, expected: int
) -> None:
    found = worst_grade(*(np.array([part]) for part in (told, sampled, estimated)))
    assert found.tolist() == [expected]


def test_trades_stand_for_their_bar_and_what_was_seen_of_it_is_said() -> None:
    found = flow_of([100.0, 50.0], [NAN, NAN], 0.2, seen=[0.7, NAN], in_trades=[0.5, NAN])
    assert found.net[0] == pytest.approx(100 * 0.5 + 50 * 0.2)
    parts = (found.seen[0], found.sampled[0], found.scaled[0], found.estimated[0])
    assert parts == pytest.approx((70.0, 100.0, 30.0, 50.0))


def test_what_a_venue_tells_goes_before_what_was_read_of_its_trades() -> None:
    found = flow_of([100.0], [90.0], seen=[0.7], in_trades=[-1.0])
    assert (found.net[0], found.seen[0], found.sampled[0]) == (80.0, 100.0, 0.0)


@pytest.mark.parametrize(
    ("quote", "seen", "imbalance"),
    [
        (60.0, 0.6, 0.5),
        (59.9, NAN, NAN),  # too little of the bar
        (0.0, NAN, NAN),
        (104.0, 1.0, 0.5),  # each with its rounding
        (106.0, NAN, NAN),  # worth more than their bar: not its trades
        (NAN, NAN, NAN),
    ],
)
def test_trades_say_something_of_a_bar_of_which_they_are_most(
    quote: float, seen: float, imbalance: float
) -> None:
    read = np.array([quote])
    found = sample_of(np.array([100.0]), read, 0.75 * read, 0.6)
    assert found.seen == pytest.approx([seen], nan_ok=True)
    assert found.imbalance == pytest.approx([imbalance], nan_ok=True)


def test_trades_of_a_bar_without_volume_say_nothing() -> None:
    found = sample_of(np.array([0.0, NAN]), np.array([5.0, 5.0]), np.array([5.0, 5.0]), 0.6)
    assert np.isnan(found.imbalance).all()
