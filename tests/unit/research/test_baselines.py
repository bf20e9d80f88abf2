"""Plain rules on series whose answer is plain."""

import numpy as np
import pytest

from monitor.research.baselines import Call, cusum, naive, naive_with_volume, rolling_z

DAYS = 20
LENGTH = DAYS * 24


def levels(*falls: tuple[int, int, float]) -> np.ndarray:
    """Three flat log indices; each fall is (sector, hour, size of the log return at that hour)."""
    out = np.zeros((LENGTH, 3))
    for sector, hour, size in falls:
        out[hour:, sector] += size
    return out


def wavy(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.normal(0.0, 0.01, (LENGTH, 2)), axis=0)


def test_a_fall_of_ten_percent_in_a_day_rings_into_the_best_other() -> None:
    index = levels((0, 100, np.log(0.9) - 1e-9), (2, 90, 0.02))
    assert naive(index, 1) == [Call(100, 0, 2)]


def test_a_fall_of_just_under_ten_percent_is_silent() -> None:
    assert naive(levels((0, 100, np.log(0.9001))), 1) == []


def test_a_slow_fall_is_silent_until_a_day_of_it_makes_ten_percent() -> None:
    index = levels((0, 100, np.log(0.94)), (0, 123, np.log(0.95)), (0, 150, np.log(0.94)))
    assert [call.step for call in naive(index, 1)] == [123]


def test_it_says_nothing_more_of_the_same_sector_for_a_day() -> None:
    falls = [(0, hour, np.log(0.9) - 1e-9) for hour in (100, 110, 123, 140)]
    assert [call.step for call in naive(levels(*falls), 1)] == [100, 124, 148]


def test_bars_of_a_quarter_hour_give_the_same_time() -> None:
    index = np.repeat(levels((0, 100, -0.2)), 4, axis=0)
    assert naive(index, 4) == [Call(400, 0, 1)]


def test_with_volume_the_fall_alone_is_silent() -> None:
    index = levels((0, 100, -0.2))
    volume = np.full((LENGTH, 3), 10.0)
    assert naive_with_volume(index, volume, 1) == []


def test_with_volume_it_rings_once_a_days_trading_has_moved_by_half() -> None:
    index = levels((0, 100, -0.2))
    volume = np.full((LENGTH, 3), 10.0)
    volume[96:, 1] = 34.0
    # 24 h ratio: 1 + 2.4 * hours / 24 reaches 1.5 with the fifth hour, at step 100; the fall is in sight until 123
    assert [call.step for call in naive_with_volume(index, volume, 1)] == [100]
    assert naive_with_volume(index, volume, 1)[0].target == 1
    late = volume.copy()
    late[96:110, 1] = 10.0
    assert [call.step for call in naive_with_volume(index, late, 1)] == [114]


def test_rolling_z_rings_for_the_pair_in_the_direction_of_the_move() -> None:
    index = wavy()
    index[400:, 0] -= 0.5
    calls = [call for call in rolling_z(index, 1) if call.step >= 395]
    assert calls[0] == Call(400, 0, 1)


def test_rolling_z_has_nothing_to_say_without_a_past() -> None:
    index = wavy()
    index[60:, 0] -= 0.5
    assert [call for call in rolling_z(index, 1) if call.step < 24 + 84] == []


def test_cusum_adds_up_a_drift_too_small_to_see_in_an_hour() -> None:
    index = wavy(3)
    drift = np.zeros(LENGTH)
    drift[300:] = 0.012  # under one sd of the relative return, every hour
    index[:, 1] += np.cumsum(drift)
    calls = [call for call in cusum(index, 1) if call.step >= 300]
    assert calls[0].source == 0
    assert calls[0].target == 1
    assert 305 <= calls[0].step <= 330


@pytest.mark.parametrize("bound", [8.0, 16.0])
def test_a_higher_bound_rings_later(bound: float) -> None:
    index = np.zeros((LENGTH, 2))
    signs = np.where(np.arange(LENGTH) % 2 == 0, 0.01, -0.01)
    index[:, 1] = np.cumsum(signs)
    index[300:, 1] += 0.02 * np.arange(LENGTH - 300)
    # sd of the past is 0.01: standardised returns of about 3 and 1 in turn, 1.85 an hour above the slack
    (first, *_) = [call for call in cusum(index, 1, bound=bound) if call.step >= 300]
    assert first.step - 300 == pytest.approx(bound / 1.85, abs=2.0)
