"""Times and widths of imported files."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.files.file_times import TimeForm, microseconds, step_fault

EXACT = TimeForm(offsets=False)
NOON_US = 1_737_374_400_000_000
FIVE = timedelta(minutes=5)


@pytest.mark.parametrize(
    "text", ["2025-01-20T12:00:00Z", "2025-01-20T12:00:00+00:00", "2025-01-20 12:00:00.000000Z"]
)
def test_utc_is_read_in_its_usual_forms(text: str) -> None:
    assert microseconds(text, EXACT) == NOON_US


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2025-01-20T12:00:00", "local time"),
        ("2025-01-20T12:00:00+01:00", "off UTC"),
        ("2025-01-20T12:00:00-05:00", "off UTC"),
        ("20/01/2025 12:00", "expected ISO 8601"),
        ("17373", "expected"),
        ("", "expected ISO 8601"),
    ],
)
def test_local_times_and_other_forms_are_refused(text: str, found: str) -> None:
    with pytest.raises(ValueError, match=found):
        microseconds(text, EXACT)


@pytest.mark.parametrize(
    "value",
    [
        1737374400, 1737374400000, 1737374400000000, 1737374400000000000, "1737374400", "1737374400.0", 1737374400.0,
        "2025-01-20 12:00:00 UTC", "2025-01-20T13:00:00+01:00", datetime(2025, 1, 20, 12, tzinfo=UTC),
    ],
)  # fmt: skip
def test_every_exact_form_is_read(value: object) -> None:
    assert microseconds(value, TimeForm()) == NOON_US


def test_a_time_with_two_readings_is_refused_with_both() -> None:
    with pytest.raises(ValueError, match="may be 1 February 2025 or 2 January 2025"):
        microseconds("01/02/2025 05:00", TimeForm())
    with pytest.raises(ValueError, match="it may be UTC or the time of another zone"):
        microseconds("2025-01-20 12:00:00", TimeForm())
    assert microseconds("2025-01-20 12:00:00", TimeForm(naive_utc=True)) == NOON_US


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
