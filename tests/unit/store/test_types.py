"""Times in the database's own form."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Dialect, make_url

from monitor.model.universe import BEGINNING, END
from monitor.store.types import UtcDateTime, from_us, to_us

SQLITE = make_url("sqlite://").get_dialect()()
POSTGRESQL = make_url("postgresql://").get_dialect()()
NINE = datetime(2025, 1, 19, 9, 0, 0, 123457, tzinfo=timezone(timedelta(hours=9)))


def test_microseconds_of_a_known_time_are_exact() -> None:
    # 2025-01-19T00:00:00Z is 20107 days after the epoch.
    assert to_us(NINE) == 20_107 * 86_400_000_000 + 123_457
    assert from_us(20_107 * 86_400_000_000 + 123_457) == NINE


@pytest.mark.parametrize("moment", [BEGINNING, END])
def test_the_ends_of_time_come_back(moment: datetime) -> None:
    assert from_us(to_us(moment)) == moment


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_naive_times_are_refused(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(datetime(2025, 1, 1), dialect)  # noqa: DTZ001
    with pytest.raises(ValueError, match="naive"):
        to_us(datetime(2025, 1, 1))  # noqa: DTZ001


def test_times_of_another_zone_are_stored_and_come_back_as_utc() -> None:
    stored = UtcDateTime().process_bind_param(NINE, POSTGRESQL)
    assert stored.isoformat() == "2025-01-19T00:00:00.123457+00:00"
    read = UtcDateTime().process_result_value(NINE, POSTGRESQL)
    assert read is not None
    assert read.tzinfo is UTC
    assert read.isoformat() == "2025-01-19T00:00:00.123457+00:00"


def test_an_unknown_time_stays_unknown() -> None:
    for dialect in (SQLITE, POSTGRESQL):
        assert UtcDateTime().process_bind_param(None, dialect) is None
        assert UtcDateTime().process_result_value(None, dialect) is None
