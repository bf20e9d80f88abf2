"""Days of a zone, and when their reports are due, over every change of clocks."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from monitor.reporting.window import day_window, due_time

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
SEVEN = time(7)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, date(2026, 3, 29), 23),
        (BERLIN, date(2026, 10, 25), 25),
        (NEW_YORK, date(2026, 3, 8), 23),
        (NEW_YORK, date(2026, 11, 1), 25),
        (BERLIN, date(2026, 7, 1), 24),
        (ZoneInfo("UTC"), date(2026, 3, 29), 24),
    ],
)
def test_a_day_has_as_many_hours_as_its_clocks_say(zone: ZoneInfo, day: date, hours: int) -> None:
    since, until = day_window(day, zone)
    assert until - since == timedelta(hours=hours)
    assert since.astimezone(zone).date() == day


def test_a_day_of_berlin_begins_on_the_evening_before_in_utc() -> None:
    assert day_window(date(2026, 1, 15), BERLIN) == (
        utc("2026-01-14T23:00"),
        utc("2026-01-15T23:00"),
    )


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Cairo", "Asia/Beirut"]
)
def test_days_follow_each_other_without_a_gap(name: str) -> None:
    """Cairo and Beirut change their clocks at midnight."""
    zone = ZoneInfo(name)
    windows = [day_window(date(2026, 1, 1) + timedelta(days=k), zone) for k in range(365)]
    assert all(a[1] == b[0] for a, b in pairwise(windows))
    assert all(since < until for since, until in windows)


@pytest.mark.parametrize(
    ("zone", "day", "due"),
    [
        (BERLIN, date(2026, 3, 28), "2026-03-29T05:00"),  # summer time since 01:00 UTC
        (BERLIN, date(2026, 3, 27), "2026-03-28T06:00"),
        (BERLIN, date(2026, 10, 24), "2026-10-25T06:00"),
        (NEW_YORK, date(2026, 3, 7), "2026-03-08T11:00"),
        (NEW_YORK, date(2026, 10, 31), "2026-11-01T12:00"),
    ],
)
def test_a_report_is_due_at_its_local_time_on_the_day_after(
    zone: ZoneInfo, day: date, due: str
) -> None:
    assert due_time(day, SEVEN, zone) == utc(due)


def test_a_due_time_that_the_clocks_skip_or_show_twice_comes_once() -> None:
    skipped = due_time(date(2026, 3, 28), time(2, 30), BERLIN)
    assert skipped == utc("2026-03-29T01:30")
    assert skipped.astimezone(BERLIN).time() == time(3, 30)
    assert due_time(date(2026, 10, 24), time(2, 30), BERLIN) == utc("2026-10-25T00:30")


def test_a_report_is_never_due_before_its_day_is_over() -> None:
    for name in ("Africa/Cairo", "Europe/Berlin", "America/New_York"):
        zone = ZoneInfo(name)
        for k in range(365):
            day = date(2026, 1, 1) + timedelta(days=k)
            assert due_time(day, time(0), zone) == day_window(day, zone)[1]
