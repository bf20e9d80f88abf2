"""Runs of intervals, and what spans leave open of another."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.spans import left_open, runs

START = datetime(2025, 1, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hour: int) -> datetime:
    return START + hour * HOUR


def spans(*pairs: tuple[int, int]) -> list[tuple[datetime, datetime]]:
    return [(at(a), at(b)) for a, b in pairs]


def test_intervals_that_follow_each_other_are_one_run() -> None:
    assert runs([at(h) for h in (0, 1, 2, 5, 7, 8)], HOUR) == spans((0, 3), (5, 6), (7, 9))
    assert runs([], HOUR) == []


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([], [(0, 10)]),
        ([(2, 3), (5, 7)], [(0, 2), (3, 5), (7, 10)]),
        ([(-5, 2), (9, 20)], [(2, 9)]),
        ([(0, 10)], []),
        ([(-1, 12)], []),
        ([(12, 14)], [(0, 10)]),
        ([(-4, -2)], [(0, 10)]),
        ([(1, 8), (2, 3), (4, 9)], [(0, 1), (9, 10)]),  # they may overlap
    ],
)
def test_what_spans_leave_open(
    taken: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    assert left_open((at(0), at(10)), spans(*taken)) == spans(*expected)


def test_an_empty_span_has_nothing_open() -> None:
    assert left_open((at(3), at(3)), []) == []
    assert left_open((at(5), at(3)), spans((3, 4))) == []


@given(st.sets(st.integers(-5, 15)))
def test_every_hour_is_either_taken_or_open(hours: set[int]) -> None:
    taken = runs([at(h) for h in sorted(hours)], HOUR)
    left = left_open((at(0), at(10)), taken)
    inside = {h for h in range(10) if any(a <= at(h) < b for a, b in left)}
    assert inside == set(range(10)) - hours
