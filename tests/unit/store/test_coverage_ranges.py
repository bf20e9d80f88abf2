"""Ranges of coverage: what they leave open, and how neighbours join."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.store.coverage import Piece, _late_until, _merge, _open

FIVE = timedelta(minutes=5)


def clock(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-01-19T{text}").replace(tzinfo=UTC)


def piece(since: str, until: str, known: str | None = None) -> Piece:
    return Piece(clock(since), clock(until), clock(known) if known else None)


@pytest.mark.parametrize(
    ("spoken", "holes"),
    [
        ([], [("10:00", "12:00")]),
        ([piece("09:00", "13:00")], []),
        ([piece("10:00", "12:00")], []),
        ([piece("09:00", "10:00")], [("10:00", "12:00")]),
        ([piece("12:00", "13:00")], [("10:00", "12:00")]),
        ([piece("10:30", "11:00")], [("10:00", "10:30"), ("11:00", "12:00")]),
        ([piece("09:00", "10:10"), piece("11:50", "12:10")], [("10:10", "11:50")]),
    ],
)
def test_holes_are_what_no_answer_spoke_for(
    spoken: list[Piece], holes: list[tuple[str, str]]
) -> None:
    expected = [(clock(a), clock(b)) for a, b in holes]
    assert _open((clock("10:00"), clock("12:00")), spoken) == expected


def test_neighbours_known_at_one_time_become_one() -> None:
    loose = [piece("11:00", "12:00"), piece("10:00", "11:00"), piece("12:00", "13:00", "15:00")]
    assert _merge(loose) == [piece("10:00", "12:00"), piece("12:00", "13:00", "15:00")]


def test_ranges_that_do_not_touch_stay_apart() -> None:
    loose = [piece("10:00", "11:00"), piece("11:05", "12:00")]
    assert _merge(loose) == loose


@pytest.mark.parametrize(
    ("fetched", "stepped", "late_until"),
    [
        # The bar of 10:00 closes at 10:05 and is in time until 10:06:30.
        ("10:05:02", None, "10:00"),
        ("10:06:30", None, "10:00"),
        ("10:06:30.000001", None, "10:05"),
        ("10:05:02", "10:00", "10:00"),
        # A step closed at 10:05 was taken before the answer came, so the bar of 10:00 was late for it.
        ("10:05:02", "10:05", "10:05"),
    ],
)
def test_an_answer_is_late_for_what_was_stepped_or_closed_ninety_seconds_ago(
    fetched: str, stepped: str | None, late_until: str
) -> None:
    found = _late_until(FIVE, clock(fetched), clock(stepped) if stepped else None)
    assert found == clock(late_until)
