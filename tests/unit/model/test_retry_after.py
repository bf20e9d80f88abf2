"""Whatever stands in Retry-After, the rest is none or between a second and an hour."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.retry_after import LONGEST, SHORTEST, asked_rest

NOW = datetime(2025, 1, 19, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("77", 77 * SECOND),
        (" 2.5 ", 2.5 * SECOND),
        ("0", SHORTEST),
        ("0.001", SHORTEST),
        ("1e+09", LONGEST),
        ("9" * 400, None),  # past what a number can hold: no wait at all
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("-inf", None),
        ("", None),
        ("soon", None),
        ("Sun, 19 Jan 2025 12:01:30 GMT", 90 * SECOND),
        ("Sun, 19 Jan 2025 13:01:30 +0100", 90 * SECOND),
        ("Sun, 19 Jan 2020 12:01:30 GMT", SHORTEST),
        ("Sun, 19 Jan 9999 12:01:30 GMT", LONGEST),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("Sun, 99 Jan 2025 12:01:30 GMT", None),
    ],
)
def test_what_is_asked_for(text: str, rest: timedelta | None) -> None:
    assert asked_rest({"RETRY-after": text}, NOW) == rest


def test_a_date_counts_by_the_servers_own_clock() -> None:
    headers = {
        "Date": "Sun, 19 Jan 2020 12:00:00 GMT",
        "Retry-After": "Sun, 19 Jan 2020 12:00:40 GMT",
    }
    assert asked_rest(headers, NOW) == 40 * SECOND
    assert asked_rest({"Retry-After": headers["Retry-After"]}) is None


def test_without_the_header_nothing_is_asked_for() -> None:
    assert asked_rest({"X-Other": "5"}, NOW) is None


@settings(deadline=None)  # no claim about the speed of the machine
@given(st.text() | st.floats().map(str) | st.integers().map(str), st.none() | st.just(NOW))
def test_no_text_raises_or_escapes_the_bounds(text: str, now: datetime | None) -> None:
    rest = asked_rest({"Retry-After": text, "Date": text}, now)
    assert rest is None or SHORTEST <= rest <= LONGEST
