"""Times and widths of imported files."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.files.file_times import step_fault, utc_time

FIVE = timedelta(minutes=5)


@pytest.mark.parametrize(
    "text", ["2025-01-20T12:00:00Z", "2025-01-20T12:00:00+00:00", "2025-01-20 12:00:00.000000Z"]
)
def test_utc_is_read_in_its_usual_forms(text: str) -> None:
    assert utc_time(text) == datetime(2025, 1, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2025-01-20T12:00:00", "local time"),
        ("2025-01-20T12:00:00+01:00", "off UTC"),
        ("2025-01-20T12:00:00-05:00", "off UTC"),
        ("20/01/2025 12:00", "expected ISO 8601"),
        ("1737374400", "expected"),
        ("", "expected ISO 8601"),
    ],
)
def test_local_times_and_other_forms_are_refused(text: str, found: str) -> None:
    with pytest.raises(ValueError, match=found):
        utc_time(text)


@pytest.mark.parametrize(
    ("opens", "fault"),
    [
        ([0, 300, 600, 900], None),
        ([0, 300, 1500, 1800], None),  # a hole
        ([0], None),
        ([0, 900], None),  # two bars with a hole between them
        ([0, 60, 120], "1m"),
        ([0, 300, 360], "1m"),
        ([0, 3600, 7200], "1h"),
        ([0, 300, *(600 + 3600 * i for i in range(8))], "1h"),
        ([0, 900, 2700], "15m"),
    ],
)
def test_the_steps_between_bars_show_their_width(opens: list[int], fault: str | None) -> None:
    found = step_fault(opens, FIVE)
    assert (found is None) is (fault is None)
    assert fault is None or f"found bars {fault} apart, expected bars of 5m" in str(found)
