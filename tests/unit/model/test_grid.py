"""The time grid."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitor.model.grid import (
    floor_time,
    format_duration,
    from_ms,
    is_aligned,
    iso,
    opens_between,
    parse_duration,
    parse_iso,
    to_ms,
)

FIVE = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("36h", 129_600), ("7d", 604_800), ("1.5h", 5400)],
)
def test_a_length_of_time_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 weeks", "-5m", "0s", "5mm"])
def test_what_is_no_length_of_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="expected a length of time"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["90s", "5m", "36h", "7d", "1d", "1h"])
def test_a_length_is_written_as_it_is_read(text: str) -> None:
    assert format_duration(parse_duration(text)) == text


def test_the_open_of_the_bar_that_holds_a_moment() -> None:
    moment = datetime(2025, 1, 19, 5, 4, 59, 999_999, tzinfo=UTC)
    assert floor_time(moment, FIVE) == datetime(2025, 1, 19, 5, 0, tzinfo=UTC)
    assert floor_time(datetime(2025, 1, 19, 5, 5, tzinfo=UTC), FIVE) == datetime(
        2025, 1, 19, 5, 5, tzinfo=UTC
    )
    assert is_aligned(datetime(2025, 1, 19, 5, 5, tzinfo=UTC), FIVE)
    assert not is_aligned(moment, FIVE)


def test_only_whole_bars_lie_in_a_range() -> None:
    start = datetime(2025, 1, 19, 0, 2, tzinfo=UTC)
    opens = list(opens_between(start, datetime(2025, 1, 19, 0, 19, tzinfo=UTC), FIVE))
    assert [o.minute for o in opens] == [5, 10]


def test_milliseconds_are_exact_both_ways() -> None:
    assert to_ms(datetime(2025, 1, 19, 8, 30, 0, 123_000, tzinfo=UTC)) == 1_737_275_400_123
    assert from_ms(1_737_275_400_123) == datetime(2025, 1, 19, 8, 30, 0, 123_000, tzinfo=UTC)


def test_times_are_written_in_utc_with_a_z() -> None:
    berlin_winter = timezone(timedelta(hours=1))
    assert iso(datetime(2025, 1, 19, 6, 0, tzinfo=berlin_winter)) == "2025-01-19T05:00:00Z"
    assert parse_iso("2025-01-19T06:00:00+01:00") == datetime(2025, 1, 19, 5, 0, tzinfo=UTC)
    assert parse_iso("2025-01-19") == datetime(2025, 1, 19, tzinfo=UTC)


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="without an offset"):
        parse_iso("2025-01-19T06:00:00")
