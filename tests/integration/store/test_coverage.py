"""Coverage as stored: ranges that grow, gaps that stay, late answers with their time."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from monitor.model.bars import Coverage
from monitor.store.bars import missing_ranges, save_coverage
from monitor.store.coverage import spoken_spans, spoken_until
from monitor.store.database import Database
from monitor.store.tables import coverage
from tests.integration.store.samples import FIVE, HOUR, at, killed_write, output
from tests.kit.stored import save_step

A, B = "binance:AI16Z/USDT", "gate:TRUMP/USDT"
NINE = at("2025-01-19T09:00")
TEN = NINE + HOUR
SECOND = timedelta(seconds=1)


def cover(
    database: Database, since: datetime, until: datetime, fetched_at: datetime, market: str = A
) -> None:
    with database.write() as conn:
        save_coverage(conn, [Coverage(market, FIVE, since, until)], fetched_at=fetched_at)


def missing(
    database: Database, since: datetime, until: datetime, market: str = A
) -> list[tuple[datetime, datetime]]:
    with database.read() as conn:
        return missing_ranges(conn, market, FIVE, since, until)


def rows(database: Database) -> list[tuple[object, ...]]:
    statement = select(coverage.c.since, coverage.c.until, coverage.c.known_at)
    with database.read() as conn:
        return [tuple(row) for row in conn.execute(statement.order_by(coverage.c.since))]


def test_everything_is_missing_of_a_market_never_asked_about(database: Database) -> None:
    assert missing(database, NINE, TEN) == [(NINE, TEN)]
    assert missing(database, NINE, NINE) == []


def test_what_no_answer_spoke_for_is_missing(database: Database) -> None:
    cover(database, NINE + 2 * FIVE, NINE + 4 * FIVE, TEN)
    cover(database, NINE + 6 * FIVE, NINE + 7 * FIVE, TEN)
    assert missing(database, NINE, TEN) == [
        (NINE, NINE + 2 * FIVE),
        (NINE + 4 * FIVE, NINE + 6 * FIVE),
        (NINE + 7 * FIVE, TEN),
    ]
    assert missing(database, NINE + 2 * FIVE, NINE + 4 * FIVE) == []
    assert missing(database, NINE, TEN, market=B) == [(NINE, TEN)]


def test_a_width_says_nothing_of_another(database: Database) -> None:
    cover(database, NINE, TEN, TEN)
    with database.read() as conn:
        assert missing_ranges(conn, A, HOUR, NINE, TEN) == [(NINE, TEN)]


def test_polls_in_time_extend_one_row(database: Database) -> None:
    for i in range(1, 100):
        close = NINE + i * FIVE
        # As a poll asks: the last three bars each time.
        cover(database, close - 3 * FIVE, close, close + 3 * SECOND)
    with database.read() as conn:
        count = conn.execute(select(func.count()).select_from(coverage)).scalar_one()
    assert missing(database, NINE, NINE + 99 * FIVE) == []
    assert count == 2  # what was late at the very first poll, and all the rest


def test_an_answer_that_came_late_keeps_its_time(database: Database) -> None:
    fetched = TEN + 3 * SECOND
    cover(database, NINE, TEN, fetched)
    # Of the bars closed by 10:00 only the last closed within the last 90 s.
    assert rows(database) == [(NINE, TEN - FIVE, fetched), (TEN - FIVE, TEN, None)]


def test_what_was_stepped_before_the_answer_is_late_however_fresh(database: Database) -> None:
    with database.write() as conn:
        save_step(conn, output(TEN - FIVE, FIVE), TEN + SECOND)
    fetched = TEN + 3 * SECOND
    cover(database, TEN - FIVE, TEN, fetched)
    assert rows(database) == [(TEN - FIVE, TEN, fetched)]


def test_the_first_answer_for_an_interval_counts(database: Database) -> None:
    cover(database, NINE, NINE + 2 * FIVE, TEN)
    cover(database, NINE, NINE + 4 * FIVE, TEN + HOUR)
    cover(database, NINE, NINE + 4 * FIVE, TEN + 2 * HOUR)
    assert rows(database) == [
        (NINE, NINE + 2 * FIVE, TEN),
        (NINE + 2 * FIVE, NINE + 4 * FIVE, TEN + HOUR),
    ]


def test_answers_that_meet_speak_for_one_time_whenever_they_came(database: Database) -> None:
    for k in (0, 1, 2, 5, 6):
        cover(database, NINE + k * FIVE, NINE + (k + 1) * FIVE, TEN + k * HOUR)
    cover(database, NINE, TEN, TEN, market=B)
    with database.read() as conn:
        spoken = spoken_spans(conn, FIVE, NINE, TEN)
        later = spoken_spans(conn, FIVE, NINE + 4 * FIVE, TEN)
    assert spoken[A] == [(NINE, NINE + 3 * FIVE), (NINE + 5 * FIVE, NINE + 7 * FIVE)]
    assert spoken[B] == [(NINE, TEN)]
    assert later[A] == spoken[A][1:]


def test_until_when_answers_spoke_is_known_of_each_market_that_was_heard_since(
    database: Database,
) -> None:
    cover(database, NINE, TEN, TEN + SECOND)
    cover(database, TEN + FIVE, TEN + 2 * FIVE, TEN + HOUR)
    cover(database, NINE - HOUR, NINE - FIVE, NINE, market=B)
    with database.read() as conn:
        assert spoken_until(conn, FIVE, NINE) == {A: TEN + 2 * FIVE}
        assert spoken_until(conn, FIVE, NINE - HOUR) == {A: TEN + 2 * FIVE, B: NINE - FIVE}
        assert spoken_until(conn, HOUR, NINE - HOUR) == {}


def test_pages_of_one_backfill_become_one_row(database: Database) -> None:
    with database.write() as conn:
        pages = [
            Coverage(A, FIVE, NINE, NINE + 4 * FIVE),
            Coverage(A, FIVE, NINE + 8 * FIVE, TEN),
            Coverage(A, FIVE, NINE + 4 * FIVE, NINE + 8 * FIVE),
            Coverage(A, FIVE, NINE, NINE),
        ]
        save_coverage(conn, pages, fetched_at=TEN + HOUR)
    assert rows(database) == [(NINE, TEN, TEN + HOUR)]


def test_a_failed_transaction_speaks_for_nothing(database: Database) -> None:
    with killed_write(database) as conn:
        save_coverage(conn, [Coverage(A, FIVE, NINE, TEN)], fetched_at=TEN)
    assert missing(database, NINE, TEN) == [(NINE, TEN)]
