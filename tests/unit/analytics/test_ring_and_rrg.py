"""Windows in fixed memory, and the relative rotation chart (METHOD, chapter 8)."""

import numpy as np
import pytest

from monitor.analytics.ring import Ring, Rings
from monitor.analytics.rrg import daily, quadrant, rrg

NAN = float("nan")


def filled(count: int, length: int = 3) -> Ring:
    """Rows (1, 10), (2, 20) ..."""
    ring = Ring(length, 2)
    for i in range(1, count + 1):
        ring.push(np.array([i, 10.0 * i]))
    return ring


@pytest.mark.parametrize("count", [3, 4, 5, 6, 7, 20])
def test_the_newest_rows_come_oldest_first(count: int) -> None:
    ring = filled(count)
    assert ring.last(3)[:, 0].tolist() == [count - 2, count - 1, count]
    assert ring.last(2)[:, 1].tolist() == [10.0 * (count - 1), 10.0 * count]
    assert ring.ago(0).tolist() == [count, 10.0 * count]
    assert ring.ago(2).tolist() == [count - 2, 10.0 * (count - 2)]


def test_what_was_before_the_start_is_unknown() -> None:
    ring = filled(1)
    assert np.isnan(ring.last(3)[:2]).all()
    assert ring.last(1).tolist() == [[1.0, 10.0]]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_ring_goes_on_from_its_dump(count: int) -> None:
    ring, again = filled(count), Ring(3, 2)
    again.fill(ring.dump())
    for i in range(5):
        ring.push(np.array([100.0 + i, 0.0]))
        again.push(np.array([100.0 + i, 0.0]))
        assert np.array_equal(again.last(3), ring.last(3), equal_nan=True)


@pytest.mark.parametrize("count", [1, 3, 4, 7])
def test_rings_side_by_side_hold_what_each_would_hold_alone(count: int) -> None:
    both, alone = Rings(3, {"a": 1, "b": 2}), {"a": Ring(3, 1), "b": Ring(3, 2)}
    for i in range(count):
        rows = {"b": np.array([10.0 * i, NAN]), "a": np.array([1.0 * i])}
        both.extend({name: row[None] for name, row in rows.items()})
        for name, ring in alone.items():
            ring.push(rows[name])
    for name, ring in alone.items():
        assert np.array_equal(both[name].last(2), ring.last(2), equal_nan=True)
        assert np.array_equal(both[name].ago(1), ring.ago(1), equal_nan=True)
        assert np.array_equal(both[name].dump(), ring.dump(), equal_nan=True)


def test_neighbours_among_rings_are_read_as_one_block_and_written_as_one_column() -> None:
    rings = Rings(2, {"a": 1, "b": 2, "c": 1})
    for i in range(3):
        block = {"a": np.array([[i]]), "b": np.array([[10.0 * i, 20.0 * i]]), "c": np.array([[-i]])}
        rings.extend(block)
    neighbours = rings.whole.last(2)[:, rings.columns_of("a", "b")]
    assert neighbours.tolist() == [[1.0, 10.0, 20.0], [2.0, 20.0, 40.0]]
    rings["b"].columns()[:, 0] = 7.0
    assert rings["b"].last(2).tolist() == [[7.0, 20.0], [7.0, 40.0]]
    rings.extend({"a": np.array([[3.0]]), "b": np.array([[8.0, 9.0]]), "c": np.array([[0.0]])})
    assert rings["b"].last(2).tolist() == [[7.0, 40.0], [8.0, 9.0]]
    assert rings["c"].last(2).tolist() == [[-2.0], [0.0]]


def test_one_of_rings_side_by_side_is_filled_alone() -> None:
    both = Rings(2, {"a": 1, "b": 1})
    for i in range(3):
        both.extend({"a": np.array([[float(i)]]), "b": np.array([[10.0 * i]])})
    both["a"].fill(np.array([[7.0], [8.0]]))
    assert both["a"].last(2).tolist() == [[7.0], [8.0]]
    assert both["b"].last(2).tolist() == [[10.0], [20.0]]


def test_a_dump_is_a_copy() -> None:
    ring = filled(3)
    rows = ring.dump()
    ring.push(np.array([9.0, 9.0]))
    assert rows[:, 0].tolist() == [1.0, 2.0, 3.0]


def test_ratio_and_momentum_of_a_hand_worked_line() -> None:
    # with two samples a deviation is always 0.7071 of its own size, whatever the size: 2 over 1, 3 over 2, 2 under 3
    index, bench = np.array([[2.0], [4.0], [6.0], [4.0], [4.0]]), np.full(5, 2.0)
    ratio, momentum = rrg(index, bench, n=2, k=1)
    up, down = 100.0 + np.sqrt(0.5), 100.0 - np.sqrt(0.5)
    assert ratio[:, 0] == pytest.approx([NAN, up, up, down, 100.0], nan_ok=True)
    # growth 0, -1.41, +0.71: first down, then up
    assert momentum[:, 0] == pytest.approx([NAN, NAN, NAN, down, up], nan_ok=True)


def test_a_longer_mean_is_the_sample_deviation() -> None:
    ratio, _ = rrg(np.array([[1.0], [2.0], [4.0]]), np.ones(3), n=3, k=1)
    # 100, 200, 400: mean 233.333, sample deviation 152.7525
    assert ratio[2, 0] == pytest.approx(101.0911, abs=5e-5)


@pytest.mark.parametrize(
    ("ratio", "momentum", "name"),
    [
        (100.0, 100.0, "leading"),
        (101.0, 99.9, "weakening"),
        (99.9, 99.9, "lagging"),
        (99.9, 100.0, "improving"),
    ],
)
def test_quadrants_run_clockwise(ratio: float, momentum: float, name: str) -> None:
    assert quadrant(ratio, momentum) == name


def test_a_dot_a_day_is_the_mean_of_the_days_known_samples_counted_back_from_the_newest() -> None:
    samples = np.array([9.0, 1.0, 2.0, 3.0, np.nan, 5.0, np.nan, np.nan, np.nan])
    found = daily(samples, per_day=2)  # the 9 belongs to a day that is not whole
    np.testing.assert_array_equal(found, [1.5, 3.0, 5.0, np.nan])
    both = np.stack([samples, samples + 1], axis=1)
    np.testing.assert_array_equal(daily(both, per_day=2)[:, 1], found + 1)
    assert len(daily(samples[:1], per_day=2)) == 0
