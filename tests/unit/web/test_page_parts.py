"""Parts of the page that need no database: ranges, CSV, the spark line."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.web.page.ranges import DRAWN, range_of
from monitor.web.page.rotation_tables import spark_points
from monitor.web.page.tables import Cell, Column, Table, to_csv

NOW = datetime(2025, 1, 19, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("key", ["24h", "7d", "30d", "all"])
@pytest.mark.parametrize("years", [1, 10])
@pytest.mark.parametrize("width", [timedelta(minutes=5), timedelta(hours=1)])
def test_a_range_is_drawn_from_as_many_moments_however_long_the_history_is(
    key: str, years: int, width: timedelta
) -> None:
    found = range_of(key, (NOW - years * 365 * DAY, NOW), width)
    assert (found.until - found.since) / found.every <= DRAWN
    assert found.every % width == timedelta(0)
    assert found.until == NOW


def test_a_range_does_not_begin_before_the_history() -> None:
    assert range_of("30d", (NOW - DAY, NOW), timedelta(hours=1)).since == NOW - DAY
    assert range_of("all", (NOW, NOW), timedelta(hours=1)).since == NOW


def test_a_csv_has_a_header_when_empty_and_runs_no_formula() -> None:
    columns = (Column("token", "token"), Column("price", "price_usd"))
    assert to_csv(Table("x", "", columns, [])) == "token,price_usd\r\n"
    row = [Cell("=cmd()", "=cmd()"), Cell("-1.5", -1.5)]
    told = to_csv(Table("x", "", columns, [row, [Cell('a, "b"', 'a, "b"'), Cell("unknown")]]))
    assert told.splitlines()[1:] == ["'=cmd(),-1.5", '"a, ""b""",']


def test_a_spark_line_skips_what_is_unknown_and_needs_two_points() -> None:
    assert spark_points([(NOW, 0.1), (NOW + DAY, None)]) == ""
    drawn = spark_points([(NOW, 0.0), (NOW + DAY, None), (NOW + 2 * DAY, 0.1)])
    assert drawn == "0.0,35.0 160.0,1.0"
