"""The witnesses, worked by hand on short histories of hourly bars with one window of 4 h."""

import math
from datetime import timedelta

import numpy as np
import pytest

from monitor.detection.features import (
    advance,
    median_and_mad,
    over_usual,
    sample,
    samples,
    sense,
    sums_over,
)
from monitor.detection.parameters import DetectionParameters
from monitor.detection.score import combined
from monitor.detection.seen import Features, Pairs
from monitor.detection.windows import DetectionWindows

P = DetectionParameters(horizons_h=(4,), least_samples=20)
PAIRS = Pairs(np.array([0, 1]), np.array([1, 0]), np.array([1, 0]), (("a", "b"), ("b", "a")))
NO_TURN = np.zeros(2, dtype=np.bool_)


def row(
    e: tuple[float, float] = (0.0, 0.0),
    q: tuple[float, float] | None = None,
    volume: tuple[float, float] = (100.0, 100.0),
    net: tuple[float, float] = (0.0, 0.0),
    weight: float = 1.0,
    coverage: tuple[float, float] = (1.0, 1.0),
) -> dict[str, np.ndarray]:
    return {
        "r": np.array(e),
        "e": np.array(e),
        "q": np.array(e if q is None else q),
        "volume": np.array(volume),
        "net": np.array(net),
        "weight": np.full(2, weight),
        "coverage": np.array(coverage),
    }


def run(
    memory: DetectionWindows, rows: list[dict[str, np.ndarray]], turning: bool = False
) -> Features:
    """Take the rows in, each an hour; what is seen after the last."""
    for values in rows:
        advance(memory, PAIRS, {name: value[None] for name, value in values.items()})
        windows = sums_over(memory, P, 1)
        raw = samples(windows, PAIRS)
        found = sense(memory, PAIRS, P, windows, over_usual(memory, raw, P)).at(0)
        sample(memory, raw[:, 0], P)
    return found.features(np.array([turning, False]))


def quiet(hours: int, volume_b: float = 100.0) -> list[dict[str, np.ndarray]]:
    """B moves by 1 % up and down in turn (equal-weight 2 %), A stands; nothing else happens."""
    return [
        row(e=(0.0, sign * 0.01), q=(0.0, sign * 0.02), volume=(100.0, volume_b))
        for sign in (1 if i % 2 else -1 for i in range(hours))
    ]


def new_memory() -> DetectionWindows:
    return DetectionWindows(2, 2, 1, timedelta(hours=1), P)


def moved(
    volume: tuple[float, float] = (100.0, 100.0), net: tuple[float, float] = (0.0, 0.0)
) -> list[dict[str, np.ndarray]]:
    """Four hours in which A loses 1 % an hour by itself and B gains 2 %."""
    return [row(e=(-0.01, 0.02), q=(-0.01, 0.02), volume=volume, net=net)] * 4


def test_the_price_witness_is_the_weaker_of_both_weightings_over_their_spread_before_the_window() -> (
    None
):
    found = run(new_memory(), quiet(100) + moved())
    # D = 4 * 0.03 = 0.12; spread 0.02 an hour by member: 0.12 / (0.02 * 2) = 3, and by cap 0.01, held at its floor of
    # 0.0125: 0.12 / (0.0125 * 2) = 4.8
    assert found.drift[0] == pytest.approx([0.12, -0.12])
    assert found.price[0] == pytest.approx([3.0, -4.8])


def test_one_large_coin_alone_is_no_witness_of_its_sector() -> None:
    alone = [row(e=(0.0, 0.03), q=(0.0, 0.002))] * 4
    # by cap 0.12 / (0.0125 * 2) = 4.8; the members on average hardly moved: 0.008 / (0.02 * 2) = 0.2
    assert run(new_memory(), quiet(100) + alone).price[0, 0] == pytest.approx(0.2)


def test_the_volume_witness_is_the_mean_of_level_and_change_over_the_floor_of_the_spread() -> None:
    warm = quiet(100) + quiet(24, volume_b=100.0 * math.exp(0.3))
    found = run(new_memory(), warm + moved(volume=(100.0, 100.0 * math.exp(0.6))))
    # level 0.6 / 0.3 = 2; change against the day before (0.6 - 0.3) / 0.3 = 1; medians 0, spreads under the floor
    assert found.volume[0] == pytest.approx([1.5, -1.5])


@pytest.mark.parametrize(("day_before", "now"), [(0.3, 0.6), (-0.3, 0.3)])
def test_after_the_opposite_turn_the_larger_of_level_and_change_witnesses(
    day_before: float, now: float
) -> None:
    warm = quiet(100) + quiet(24, volume_b=100.0 * math.exp(day_before))
    volume = (100.0, 100.0 * math.exp(now))
    found = run(new_memory(), warm + moved(volume=volume), turning=True)
    # level 2 and change 1, or level 1 and change 2; the pair that did not turn keeps the mean
    assert found.volume[0] == pytest.approx([2.0, -1.5])


def test_the_flow_witness_is_the_difference_of_imbalances_over_the_floor() -> None:
    found = run(new_memory(), quiet(100) + moved(net=(-3.0, 3.0)))
    # imbalances -0.03 and +0.03: 0.06 / 0.015 = 4
    assert found.flow[0] == pytest.approx([4.0, -4.0])


def test_the_score_clips_each_witness_before_it_sums_them() -> None:
    warm = quiet(100) + quiet(24, volume_b=100.0 * math.exp(0.3))
    volume = (100.0, 100.0 * math.exp(0.6))
    found = run(new_memory(), warm + moved(volume=volume, net=(-3.0, 3.0 * math.exp(0.6))))
    # price 3, volume 1.5, flow 4 -> 3, over sqrt(3 + 2 * 0.45) * 0.97
    assert found.score[0, 0] == pytest.approx(7.5 / math.sqrt(3.9) / 0.97)
    wild = combined(np.array([9.0]), np.array([9.0]), np.array([9.0]), np.array([1.0]))
    assert wild[0] == pytest.approx((4.0 + 3.0 + 3.0) / math.sqrt(3.9) / 0.97)


def test_without_flow_the_score_rests_on_price_and_volume_alone() -> None:
    unknown = (float("nan"), float("nan"))
    found = run(new_memory(), quiet(100) + moved(net=unknown, volume=(100.0, 100.0 * math.e**0.6)))
    assert np.isnan(found.flow[0]).all()
    assert found.score[0, 0] == pytest.approx((3.0 + 2.0) / math.sqrt(2.0) / 0.8)


def test_flow_of_grade_c_counts_half_with_the_norm_recomputed() -> None:
    score = combined(np.array([2.0]), np.array([1.0]), np.array([2.0]), np.array([0.5]))
    assert score[0] == pytest.approx((2.0 + 1.0 + 0.5 * 2.0) / math.sqrt(2.0 + 0.25 + 0.45) / 0.885)


def test_the_weight_of_flow_is_that_of_the_window_not_of_one_step() -> None:
    half = [values | {"weight": np.full(2, 0.5)} for values in moved(net=(-3.0, 3.0))]
    found = run(new_memory(), quiet(100) + half)
    # price 3, volume 0, half of flow 3 (clipped 4)
    assert found.score[0, 0] == pytest.approx((3.0 + 0.0 + 1.5) / math.sqrt(2.7) / 0.885)


def test_a_window_with_less_than_70_percent_of_its_steps_known_is_unknown() -> None:
    nothing = {name: np.full(2, np.nan) for name in row()}
    one_gap = run(new_memory(), [*quiet(100), *moved()[:3], nothing])
    two_gaps = run(new_memory(), [*quiet(100), *moved()[:2], nothing, nothing])
    assert one_gap.drift[0, 0] == pytest.approx(0.09)
    assert np.isnan(two_gaps.drift[0, 0])
    assert np.isnan(two_gaps.score[0, 0])


def test_the_move_under_test_is_not_in_its_own_yardstick() -> None:
    memory = new_memory()
    run(memory, quiet(100) + moved())
    before = memory.sigma["x"].ago(4)[0]
    assert before == pytest.approx(0.01)
    assert memory.sigma["x"].ago(0)[0] > before


def test_the_first_return_after_a_hole_enters_no_spread() -> None:
    nothing = {name: np.full(2, np.nan) for name in row()}
    memory = new_memory()
    run(memory, [*quiet(100), nothing, row(e=(0.0, 0.5))])
    assert memory.sigma["x"].ago(0)[0] == pytest.approx(0.01)


def test_a_standstill_at_first_does_not_hold_the_spread_at_nothing() -> None:
    memory = new_memory()
    run(memory, [row()] * 10 + quiet(200))
    assert memory.sigma["x"].ago(0)[0] > 0.005


def test_one_wild_hour_enters_the_spread_at_four_times_its_size() -> None:
    memory = new_memory()
    run(memory, quiet(100))
    run(memory, [row(e=(0.0, 0.5), q=(0.0, 0.5))])
    alpha = 1.0 - 0.5 ** (1.0 / 96.0)
    kept = (1.0 - alpha) ** 99  # the first hour had none before it and does not count
    # bias-corrected mean of 99 squares of 0.01 and one of 0.04
    square = (((1 - kept) * 1e-4) * (1 - alpha) + alpha * 16e-4) / (1 - kept * (1 - alpha))
    assert memory.sigma["x"].ago(0)[0] == pytest.approx(math.sqrt(square))


def test_coverage_is_the_mean_of_the_worse_side_of_each_step() -> None:
    steps = [row(coverage=(1.0, 0.2)), row(coverage=(0.2, 1.0)), row(), row()]
    found = run(new_memory(), quiet(100) + steps)
    # 0.2, 0.2, 1, 1 and not the smaller of two means of 0.8
    assert found.coverage[0] == pytest.approx([0.6, 0.6])


def test_medians_and_their_distances_leave_out_what_is_unknown() -> None:
    rows = np.array([[1.0, np.nan], [2.0, np.nan], [4.0, 7.0], [np.nan, np.nan], [9.0, np.nan]])
    middle, spread = median_and_mad(rows, least=2)
    # known 1, 2, 4, 9: median 3; distances 2, 1, 1, 6: median 1.5
    assert middle[0] == pytest.approx(3.0)
    assert spread[0] == pytest.approx(1.4826 * 1.5)
    assert np.isnan(middle[1])
    assert np.isnan(spread[1])


def test_under_the_least_number_of_samples_there_is_no_yardstick() -> None:
    # the change of volume is known from hour 21 on (17 of the 24 h before the window of 4), so 20 of them are at
    # hour 40; they ended 4 h before at hour 44, and are used from the next on
    assert np.isnan(run(new_memory(), quiet(44)).score[0, 0])
    assert not np.isnan(run(new_memory(), quiet(45)).score[0, 0])
