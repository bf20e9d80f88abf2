"""How large a database is, how fast it grows, how long its disk lasts."""

from datetime import timedelta

from sqlalchemy import text

from monitor.store import meta
from monitor.store.database import Database
from monitor.store.size import KEPT, Size, read_size, remember_size
from tests.integration.store.samples import at

NOON = at("2025-01-19T12:00")
DAY = timedelta(days=1)


def test_growth_is_known_when_a_day_has_passed(database: Database) -> None:
    with database.write() as conn:
        remember_size(database, conn, NOON)
        remember_size(database, conn, NOON + timedelta(hours=3))  # the same day counts once
    with database.read() as conn:
        first = read_size(database, conn, NOON)
    assert first.bytes > 4096
    assert first.growth_a_day is None
    assert first.days_left is None
    with database.write() as conn:
        conn.exec_driver_sql("CREATE TABLE filler (x TEXT)")
        conn.execute(text("INSERT INTO filler VALUES (:x)"), [{"x": "x" * 1000}] * 2000)
    with database.read() as conn:
        later = read_size(database, conn, NOON + 2 * DAY)
    assert later.growth_a_day is not None
    assert later.growth_a_day >= 1_000_000
    if database.dialect == "postgresql":
        assert later.free is None  # its disk is another machine's affair
    else:
        assert later.free
        assert later.days_left == later.free / later.growth_a_day


def test_only_two_weeks_are_remembered(database: Database) -> None:
    for i in range(40):
        with database.write() as conn:
            remember_size(database, conn, NOON + i * DAY)
    with database.read() as conn:
        stored = meta.get(conn, "size_by_day")
    assert stored is not None
    assert stored.count(":") == KEPT


def test_what_does_not_grow_lasts_for_ever() -> None:
    assert Size(1, -5.0, 100).days_left is None
    assert Size(1, 5.0, 100).days_left == 20
