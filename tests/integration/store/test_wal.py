"""The log beside an SQLite file stays small: in a long catch-up, under readers without a gap, and after one that stayed."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.model.bars import Bar
from monitor.store import bars
from monitor.store.database import Database, file_of
from monitor.store.knowledge import issue_time
from monitor.store.wal import MOST_BYTES
from tests.kit.waiting import eventually

WIDTH = timedelta(minutes=5)
START = datetime(2025, 1, 1, tzinfo=UTC)
BARS = 4_000
"""Of a transaction, about half a megabyte."""
ONE_WRITE = 2 << 20
"""No transaction here is larger."""


@pytest.fixture
def database_kind() -> str:
    """There is no such file beside PostgreSQL."""
    return "sqlite"


def log_of(database: Database) -> Path:
    file = file_of(database)
    assert file is not None
    return file.with_name(f"{file.name}-wal")


def size(database: Database) -> int:
    log = log_of(database)
    return log.stat().st_size if log.exists() else 0


def write(database: Database, number: int) -> int:
    """One transaction of a catch-up; the log's size after it."""
    first = START + (number // 50) * BARS * WIDTH
    market = f"okx:T{number % 50}/USDT"
    rows = [
        Bar(market, first + i * WIDTH, 3.0, 3.1, 2.9, 3.0, 1000.0 + number, 3000.0, 1500.0)
        for i in range(BARS)
    ]
    with database.write() as conn:
        bars.save_bars(conn, rows, width=WIDTH, received_at=issue_time(conn, START))
    return size(database)


@contextmanager
def readers_without_a_gap(database: Database) -> Iterator[None]:
    """From one to the next there is always one that reads, as under a page that many look at."""
    over = threading.Event()
    reading = threading.Event()

    def read() -> None:
        with ExitStack() as last:
            while not over.is_set():
                following = ExitStack()
                conn = following.enter_context(database.read())
                conn.execute(text("SELECT count(*) FROM market"))
                reading.set()
                last.close()
                last.push(following.pop_all())
                over.wait(0.02)  # a commit nearly always finds one that is older

    thread = threading.Thread(target=read)
    thread.start()
    try:
        eventually(reading.is_set, what="the first reader")
        yield
    finally:
        over.set()
        thread.join()


def test_a_long_catch_up_alone(database: Database) -> None:
    peak = max(write(database, number) for number in range(60))
    print(f"\nlog of a catch-up: {peak / 1e6:.1f} MB at most")
    assert peak <= MOST_BYTES


def test_a_catch_up_under_readers_without_a_gap(database: Database) -> None:
    with readers_without_a_gap(database):
        sizes = [write(database, number) for number in range(160)]
    print(f"\nlog under readers without a gap: {max(sizes) / 1e6:.1f} MB at most")
    assert max(sizes) <= 2 * MOST_BYTES + ONE_WRITE


def test_a_reader_that_stays_holds_nobody_up_and_leaves_no_large_log_behind(
    database: Database,
) -> None:
    with database.read() as conn:
        before = conn.scalar(text("SELECT count(*) FROM bar"))
        number = 0
        while write(database, number) <= 2 * MOST_BYTES:
            number += 1
        assert conn.scalar(text("SELECT count(*) FROM bar")) == before
    for more in (1, 2):  # the first ends the old log, the second begins it anew
        left = write(database, number + more)
    assert left <= MOST_BYTES
