"""Transactions: one writer, readers that see one state, nothing left of what failed."""

import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.model.errors import SchemaError
from monitor.store import database as database_module
from monitor.store import meta
from monitor.store.database import LOCK_NUMBER, Database, lacks_wal, open_database
from monitor.store.errors import DatabaseBusyError, DatabaseFullError, StoreError
from monitor.store.knowledge import issue_time
from tests.integration.store.samples import at, killed_write
from tests.kit.waiting import PATIENCE_S

NOON = at("2025-01-19T12:00")
TICK = timedelta(microseconds=1)


def test_a_write_is_there_for_the_next_reader(database: Database) -> None:
    with database.write() as conn:
        meta.put(conn, "key", "value")
    with database.read() as conn:
        assert meta.get(conn, "key") == "value"
        assert meta.get(conn, "other") is None


def test_nothing_is_left_of_a_write_that_failed(database: Database) -> None:
    with killed_write(database) as conn:
        meta.put(conn, "key", "value")
    with database.read() as conn:
        assert meta.get(conn, "key") is None
    with database.write() as conn:  # and the lock is free again
        meta.put(conn, "key", "second")


def test_a_reader_sees_one_state_throughout(database: Database) -> None:
    with database.write() as conn:
        meta.put(conn, "key", "before")
    with database.read() as reader:
        assert meta.get(reader, "key") == "before"
        with database.write() as writer:
            meta.put(writer, "key", "after")
        assert meta.get(reader, "key") == "before"
    with database.read() as reader:
        assert meta.get(reader, "key") == "after"


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StoreError, match="read-only"), database.read() as conn:
        meta.put(conn, "key", "value")
    with database.write() as conn:  # the pooled connection writes again
        meta.put(conn, "key", "value")


def test_writes_of_many_threads_do_not_lose_each_other(database: Database) -> None:
    def add_one(_: int) -> None:
        with database.write() as conn:
            meta.put(conn, "count", str(int(meta.get(conn, "count") or 0) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(40)))
    with database.read() as conn:
        assert meta.get(conn, "count") == "40"


def test_writes_of_two_programs_do_not_lose_each_other(database_url: str) -> None:
    def add(_: int) -> None:
        opened = open_database(database_url)  # a lock of its own, as in another process
        for _round in range(10):
            with opened.write() as conn:
                meta.put(conn, "count", str(int(meta.get(conn, "count") or 0) + 1))
        opened.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))
    opened = open_database(database_url)
    with opened.read() as conn:
        assert meta.get(conn, "count") == "40"
    opened.close()


def test_a_second_write_of_the_same_thread_is_refused_instead_of_waiting(
    database: Database,
) -> None:
    with (
        database.write(),
        pytest.raises(RuntimeError, match="already writes"),
        database.write(),
    ):
        pass


def try_to_write(database: Database, failed: list[DatabaseBusyError]) -> None:
    try:
        with database.write():
            pass
    except DatabaseBusyError as error:
        failed.append(error)


@pytest.mark.parametrize("same_process", [True, False])
def test_a_writer_that_waits_too_long_gives_up(
    database_url: str, monkeypatch: pytest.MonkeyPatch, *, same_process: bool
) -> None:
    monkeypatch.setattr(database_module, "WRITE_WAIT_S", 0.1)
    first = open_database(database_url)
    second = first if same_process else open_database(database_url)
    failed: list[DatabaseBusyError] = []
    with first.write():
        waiter = threading.Thread(target=try_to_write, args=(second, failed))
        waiter.start()
        waiter.join(timeout=PATIENCE_S)
    assert not waiter.is_alive()
    assert len(failed) == 1
    for opened in {first, second}:
        opened.close()


def test_all_who_stand_behind_one_that_another_process_keeps_out_say_so(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "WRITE_WAIT_S", 1.0)
    here, elsewhere = open_database(database_url), open_database(database_url)
    failed: list[DatabaseBusyError] = []
    with elsewhere.write_beside() as holder:
        if elsewhere.dialect == "postgresql":
            holder.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK_NUMBER})
        waiters = [threading.Thread(target=try_to_write, args=(here, failed)) for _ in range(4)]
        for waiter in waiters:
            waiter.start()
        for waiter in waiters:
            waiter.join(timeout=PATIENCE_S)
    here.close()
    elsewhere.close()
    causes = [error.cause for error in failed]
    assert len(causes) == 4
    assert len(set(causes)) == 1
    assert "another process kept" in causes[0]


def test_stamps_of_knowledge_only_grow_whatever_the_clock_does(database: Database) -> None:
    with database.write() as conn:
        first = issue_time(conn, NOON)
        second = issue_time(conn, NOON)
    with database.write() as conn:
        set_back = issue_time(conn, NOON - timedelta(hours=1))
        later = issue_time(conn, NOON + timedelta(hours=1))
    assert (first, second, set_back) == (NOON, NOON + TICK, NOON + 2 * TICK)
    assert later == NOON + timedelta(hours=1)


def test_stamps_of_many_threads_are_all_different(database: Database) -> None:
    def stamp(_: int) -> object:
        with database.write() as conn:
            return issue_time(conn, NOON)

    with ThreadPoolExecutor(8) as pool:
        stamps = list(pool.map(stamp, range(30)))
    assert sorted(stamps) == [NOON + i * TICK for i in range(30)]  # type: ignore[type-var]


_KILLED_WHILE_WRITING = """
import sys, time
from monitor.store import meta
from monitor.store.database import open_database
with open_database(sys.argv[1]).write() as conn:
    meta.put(conn, "key", "half done")
    print("writing", flush=True)
    time.sleep(60)
"""


def test_a_process_killed_while_it_writes_leaves_nothing_and_frees_the_lock(
    database: Database, database_url: str
) -> None:
    with database.write() as conn:
        meta.put(conn, "key", "whole")
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED_WHILE_WRITING, database_url], stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.kill()
    with database.write() as conn:
        assert meta.get(conn, "key") == "whole"


def test_a_database_without_tables_names_the_command(new_url: object) -> None:
    opened = open_database(new_url())  # type: ignore[operator]
    with pytest.raises(SchemaError) as caught, opened.read() as conn:
        meta.get(conn, "key")
    assert caught.value.remedy == "monitor db upgrade"
    opened.close()


def test_a_full_disk_is_said_and_stores_nothing(migrated_sqlite: Path, tmp_path: Path) -> None:
    file = tmp_path / "full.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    opened = open_database(f"sqlite:///{file}")

    def fill() -> None:
        with opened.write() as conn:
            conn.exec_driver_sql("PRAGMA max_page_count = 1")  # taken as the pages there are
            for i in range(100):
                meta.put(conn, f"key{i}", "x" * 10_000)

    with pytest.raises(DatabaseFullError) as caught:
        fill()
    assert "free space" in str(caught.value.remedy)
    with opened.read() as conn:
        assert meta.get(conn, "key0") is None
    opened.close()


def test_a_damaged_file_is_said(migrated_sqlite: Path, tmp_path: Path) -> None:
    file = tmp_path / "damaged.db"
    whole = migrated_sqlite.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StoreError, match="damaged") as caught:
        open_database(f"sqlite:///{file}")
    assert "backup" in str(caught.value.remedy)


def test_a_file_opened_read_only_says_so_on_writing(migrated_sqlite: Path, tmp_path: Path) -> None:
    file = tmp_path / "readonly.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    opened = open_database(f"sqlite:///file:{file}?mode=ro&uri=true")
    with pytest.raises(StoreError, match="read-only"), opened.write() as conn:
        meta.put(conn, "key", "value")
    opened.close()


def test_sqlite_keeps_readers_and_the_writer_apart(migrated_sqlite: Path, tmp_path: Path) -> None:
    file = tmp_path / "monitor.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    opened = open_database(f"sqlite:///{file}")
    with opened.read() as conn:
        found = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,  # NORMAL
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }
    opened.close()


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_file_that_is_taken_away_is_noticed_at_the_next_write(
    tmp_path: Path, *, replaced: bool
) -> None:
    file, away = tmp_path / "monitor.db", tmp_path / "away.db"
    database = open_database(f"sqlite:///{file}")
    with database.write() as conn:
        conn.exec_driver_sql("CREATE TABLE t (x INTEGER)")
    file.rename(away)
    if replaced:
        file.write_bytes(away.read_bytes())
    words = "replaced" if replaced else "deleted"
    for _ in range(2):
        with (
            pytest.raises(StoreError, match=f"the file was {words} while it was in use"),
            database.write() as conn,
        ):
            conn.exec_driver_sql("INSERT INTO t VALUES (1)")
    away.replace(file)  # put back: it is the one that was opened
    with database.write() as conn:
        conn.exec_driver_sql("INSERT INTO t VALUES (2)")
    database.close()
    again = open_database(f"sqlite:///{file}")
    with again.read() as conn:
        assert conn.exec_driver_sql("SELECT x FROM t").scalars().all() == [2]
    again.close()


def test_a_file_system_without_a_write_ahead_log_is_known(tmp_path: Path) -> None:
    plain = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    without = open_database(f"sqlite:///file:{tmp_path / 'b.db'}?vfs=unix-dotfile&uri=true")
    assert (lacks_wal(plain), lacks_wal(without)) == (False, True)
    for database in (plain, without):
        database.close()


def test_a_new_connection_makes_no_empty_file_where_the_one_in_use_was_moved_away(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    file, away = tmp_path / "monitor.db", tmp_path / "away.db"
    shutil.copy(migrated_sqlite, file)
    opened = open_database(f"sqlite:///{file}")
    file.rename(away)
    opened.engine.dispose()  # whoever reads next needs a connection
    with pytest.raises(StoreError, match="deleted while it was in use"), opened.read():
        pass
    assert not file.exists()
    away.rename(file)
    with opened.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM step").scalar() == 0
    opened.close()
