"""Bars: natural keys, versions, and the ways they are read back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text

from monitor.model.bars import Coverage
from monitor.store import database as database_module
from monitor.store import markets
from monitor.store.bars import (
    SaveResult,
    last_accepted_closes,
    last_bar_times,
    read_bars,
    save_bars,
    save_coverage,
    time_span,
)
from monitor.store.coverage import spoken_spans
from monitor.store.database import Database, open_database
from monitor.store.errors import DatabaseBusyError
from monitor.store.migrations import upgrade
from monitor.store.tables import bar as bar_table
from monitor.store.tables import bar_superseded
from tests.integration.store.samples import FIVE, HOUR, at, bar, killed_write

A, B = "binance:AI16Z/USDT", "gate:TRUMP/USDT"
NINE = at("2025-01-19T09:00")
RECEIVED = at("2025-01-19T12:00")
LATER = RECEIVED + HOUR
FIRST = 10.0


def save(database: Database, *bars: object, received_at: object = RECEIVED) -> SaveResult:
    with database.write() as conn:
        return save_bars(conn, list(bars), width=HOUR, received_at=received_at)  # type: ignore[arg-type]


def versions(database: Database) -> tuple[int, int]:
    with database.read() as conn:
        current, old = (
            conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (bar_table, bar_superseded)
        )
    return current, old


def test_bars_come_back_as_they_went_in_ordered_by_time_then_market(database: Database) -> None:
    bars = [
        bar(B, NINE, 0.1 + 0.2, quote_volume=None, taker_buy_quote=None),
        bar(A, NINE + HOUR, 11),
        bar(A, NINE, 10, base_volume=0.0, quote_volume=0.0, taker_buy_quote=0.0),
    ]
    assert save(database, *bars) == SaveResult(new=3, revised=0, unchanged=0)
    with database.read() as conn:
        found = list(read_bars(conn, width=HOUR))
    assert found == [(bars[2], RECEIVED), (bars[0], RECEIVED), (bars[1], RECEIVED)]


def test_saving_again_changes_nothing(database: Database) -> None:
    bars = [bar(A, NINE), bar(B, NINE, quote_volume=None)]
    save(database, *bars)
    assert save(database, *bars, received_at=LATER) == SaveResult(0, 0, unchanged=2)
    with database.read() as conn:
        assert [at for _, at in read_bars(conn, width=HOUR)] == [RECEIVED, RECEIVED]
    assert versions(database) == (2, 0)


def test_a_changed_bar_replaces_the_old_version_which_is_kept(database: Database) -> None:
    old, new = bar(A, NINE, 10), bar(A, NINE, 12)
    save(database, old, bar(B, NINE))
    result = save(database, new, bar(B, NINE), bar(A, NINE + HOUR), received_at=LATER)
    assert result == SaveResult(new=1, revised=1, unchanged=1)
    with database.read() as conn:
        found = dict(read_bars(conn, width=HOUR, market_ids=[A], until=NINE + HOUR))
        kept = conn.execute(select(bar_superseded.c.close, bar_superseded.c.received_at)).all()
    assert found == {new: LATER}
    assert [tuple(row) for row in kept] == [(10, RECEIVED)]


def test_a_value_that_becomes_known_is_a_change(database: Database) -> None:
    save(database, bar(A, NINE, taker_buy_quote=None))
    assert save(database, bar(A, NINE), received_at=LATER).revised == 1
    assert versions(database) == (1, 1)


def test_of_two_bars_of_one_key_in_a_call_the_later_counts(database: Database) -> None:
    result = save(database, bar(A, NINE, 10), bar(A, NINE, 11))
    assert result == SaveResult(new=1, revised=0, unchanged=1)
    with database.read() as conn:
        assert [b.close for b, _ in read_bars(conn, width=HOUR)] == [11]
    assert versions(database) == (1, 0)


def test_widths_do_not_mix(database: Database) -> None:
    save(database, bar(A, NINE, 10))
    with database.write() as conn:
        result = save_bars(conn, [bar(A, NINE, 20)], width=FIVE, received_at=LATER)
    assert result.new == 1
    with database.read() as conn:
        assert [b.close for b, _ in read_bars(conn, width=HOUR)] == [10]
        assert [b.close for b, _ in read_bars(conn, width=FIVE)] == [20]


@pytest.mark.parametrize("count", [150, 700])
def test_large_and_small_batches_find_the_same_conflicts(database: Database, count: int) -> None:
    """PostgreSQL takes another way from 200 rows on."""
    first = [bar(A, NINE + i * HOUR, 10 + i) for i in range(0, count, 2)]
    save(database, *first)
    second = [bar(A, NINE + i * HOUR, 10 + i + (i % 4 == 0)) for i in range(count)]
    result = save(database, *second, received_at=LATER)
    changed = len(range(0, count, 4))
    assert result == SaveResult(count // 2, changed, count // 2 - changed)
    with database.read() as conn:
        assert [b for b, _ in read_bars(conn, width=HOUR)] == second
    assert versions(database) == (count, changed)


@pytest.mark.parametrize("count", [3, 400])
def test_a_batch_of_free_keys_with_a_doubled_one_stores_each_once(
    database: Database, count: int
) -> None:
    bars = [bar(A, NINE + i * HOUR) for i in range(count)]
    result = save(database, *bars, bar(A, NINE, 99))
    assert result == SaveResult(new=count, revised=0, unchanged=1)
    with database.read() as conn:
        assert next(read_bars(conn, width=HOUR))[0].close == 99


def test_a_transaction_that_fails_keeps_neither_bars_nor_versions(database: Database) -> None:
    save(database, bar(A, NINE, 10))
    with killed_write(database) as conn:
        save_bars(conn, [bar(A, NINE, 11), bar(B, NINE)], width=HOUR, received_at=LATER)
    assert versions(database) == (1, 0)
    assert save(database, bar(A, NINE, 11), bar(B, NINE), received_at=LATER).revised == 1


def test_a_poll_of_many_markets_is_stored_in_as_many_statements_as_one_of_few(
    database: Database,
) -> None:
    """Two bars that are known, one of them changed, and a new one of each market, and what the answers spoke for."""

    def statements(names: Sequence[str], until: datetime, close: float) -> int:
        opens = [until - k * HOUR for k in (3, 2, 1)]
        polled = [bar(name, opened, close) for name in names for opened in opens]
        spoken = [Coverage(name, HOUR, opens[0], until) for name in names]
        with database.write() as conn:
            made: list[str] = []
            event.listen(conn, "before_cursor_execute", lambda _c, _u, text, *_: made.append(text))
            saved = save_bars(conn, polled, width=HOUR, received_at=RECEIVED + HOUR)
            save_coverage(conn, spoken, fetched_at=RECEIVED + HOUR)
            assert saved.new == len(names) * (3 if close == FIRST else 1)
            return len(made)

    few, many = [f"okx:F{k}/USDT" for k in range(2)], [f"okx:M{k}/USDT" for k in range(60)]
    for names in (few, many):
        statements(names, NINE, FIRST)
    assert statements(many, NINE + HOUR, 12.0) == statements(few, NINE + HOUR, 12.0)
    with database.read() as conn:
        spans = spoken_spans(conn, HOUR, NINE, NINE)
        closes = last_accepted_closes(conn, HOUR)
    assert spans == {name: [(NINE - 3 * HOUR, NINE + HOUR)] for name in few + many}
    assert closes == dict.fromkeys(few + many, 12.0)


def test_the_last_closes_are_found_without_looking_at_all_bars(tmp_path: Path) -> None:
    """By SQLite's own count of the steps of its machine: as many where each market has a hundred times the bars."""

    def steps(bars_each: int) -> int:
        database = open_database(f"sqlite:///{tmp_path / f'{bars_each}.db'}")
        upgrade(database)
        names = [f"okx:M{k}/USDT" for k in range(20)]
        save(database, *(bar(n, NINE + k * HOUR, 1.0) for n in names for k in range(bars_each)))
        counted = 0

        def step() -> int:
            nonlocal counted
            counted += 1
            return 0

        with database.read() as conn:
            driver: Any = conn.connection.driver_connection
            driver.set_progress_handler(step, 10)
            assert len(last_accepted_closes(conn, HOUR)) == len(names)
            driver.set_progress_handler(None, 0)
        database.close()
        return counted

    assert steps(500) <= 1.5 * steps(5)


def test_newest_bars_and_the_span_are_told_by_market_and_width(database: Database) -> None:
    save(database, bar(A, NINE, 10), bar(A, NINE + HOUR, 11), bar(B, NINE - HOUR, 5))
    with database.read() as conn:
        assert last_bar_times(conn, HOUR) == {A: NINE + HOUR, B: NINE - HOUR}
        assert last_accepted_closes(conn, HOUR) == {A: 11, B: 5}
        assert time_span(conn, HOUR) == (NINE - HOUR, NINE + HOUR)
        (number,) = markets.numbers(conn, [B]).values()
        alone = [each.open_time for each, _ in read_bars(conn, width=HOUR, market_ids=[B])]
        assert time_span(conn, HOUR, [number]) == (alone[0], alone[-1])
        assert time_span(conn, HOUR, []) is None
        assert markets.numbers(conn, ["okx:NEVER/USDT"]) == {}
        assert last_bar_times(conn, FIVE) == {}
        assert last_accepted_closes(conn, FIVE) == {}
        assert time_span(conn, FIVE) is None


def test_reading_takes_what_opens_in_the_range_of_the_markets_asked_for(
    database: Database,
) -> None:
    save(database, *(bar(name, NINE + i * HOUR, 10 + i) for name in (A, B) for i in range(5)))
    with database.read() as conn:
        found = read_bars(
            conn, width=HOUR, since=NINE + HOUR, until=NINE + 3 * HOUR, market_ids=[B]
        )
        assert [(b.market_id, b.close) for b, _ in found] == [(B, 11), (B, 12)]
        assert list(read_bars(conn, width=HOUR, market_ids=["unknown:X/USDT"])) == []


def test_a_long_history_is_read_in_stretches_without_losing_a_bar(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.bars._READ_ROWS", 4)  # stretches of two hours
    bars = [bar(name, NINE + i * HOUR, 10 + i) for i in (0, 1, 2, 3, 11, 12) for name in (A, B)]
    save(database, *bars)
    with database.read() as conn:
        assert [b for b, _ in read_bars(conn, width=HOUR)] == bars


def test_no_bars_are_no_work(database: Database) -> None:
    assert save(database) == SaveResult(0, 0, 0)
    with database.read() as conn:
        assert list(read_bars(conn, width=timedelta(hours=1))) == []


def test_a_blank_never_replaces_a_known_figure(database: Database) -> None:
    known = bar(A, NINE)
    save(database, known)
    blank = bar(A, NINE, quote_volume=None, taker_buy_quote=None)
    assert save(database, blank, received_at=LATER) == SaveResult(0, 0, unchanged=1)
    moved = bar(A, NINE, 10.5, quote_volume=None, taker_buy_quote=None)
    assert save(database, moved, received_at=LATER) == SaveResult(0, revised=1, unchanged=0)
    smaller = bar(A, NINE, 10.5, quote_volume=599.9, taker_buy_quote=None)
    assert save(database, smaller, received_at=LATER + HOUR).revised == 1
    with database.read() as conn:
        ((found, _),) = read_bars(conn, width=HOUR)
    assert (found.close, found.quote_volume, found.taker_buy_quote) == (10.5, 599.9, 599.9)


def test_bars_that_a_locked_table_does_not_take_are_told_in_our_words(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "WRITE_WAIT_S", 0.1)
    if database.dialect != "postgresql":
        pytest.skip("SQLite has one lock, and no write begins without it")
    other = open_database(database_url)
    try:
        with other.write_beside() as holder:
            holder.execute(text("LOCK TABLE bar IN EXCLUSIVE MODE"))
            with pytest.raises(DatabaseBusyError, match="kept the write lock for too long"):
                save(database, bar(A, NINE, 10))
    finally:
        other.close()
    assert save(database, bar(A, NINE, 10)).new == 1


def test_a_page_of_many_bars_counts_those_that_were_there(database: Database) -> None:
    bars = [bar(A, NINE + i * HOUR) for i in range(1203)]
    save(database, *bars[300:900:2])
    assert save(database, *bars, received_at=LATER) == SaveResult(903, 0, unchanged=300)
    assert versions(database) == (1203, 0)
