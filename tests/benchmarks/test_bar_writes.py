"""What the store's care (natural keys, versions, detection of what is unchanged) costs over the bare driver."""

import gc
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from monitor.model.bars import Bar
from monitor.store import migrations
from monitor.store.bars import save_bars
from monitor.store.database import Database, open_database
from monitor.store.tables import bar
from tests.kit.postgres_server import PostgresServer, started_or_skipped

pytestmark = pytest.mark.benchmark

RUNS = 7
MARKETS = 60
INTERVALS = 2_000  # 120,000 bars
WIDTH = timedelta(minutes=5)
SINCE = datetime(2025, 1, 1, tzinfo=UTC)
RECEIVED = datetime(2025, 2, 1, tzinfo=UTC)
COLUMNS = tuple(column.name for column in bar.columns)


def make_bars() -> list[Bar]:
    """As a backfill brings them: market after market, each ascending."""
    return [
        Bar(
            market_id=f"venue:T{m:02}/USDT",
            open_time=SINCE + i * WIDTH,
            open=1.0 + i / 7,
            high=1.1 + i / 7,
            low=0.9 + i / 7,
            close=1.05 + i / 7,
            base_volume=1000.0 + m,
            quote_volume=1050.0 + i,
            taker_buy_quote=500.0 + i / 3,
        )
        for m in range(MARKETS)
        for i in range(INTERVALS)
    ]


def raw_rows(bars: list[Bar], when: Callable[[datetime], Any]) -> list[tuple[Any, ...]]:
    """The same rows as the driver takes them, made before the time is taken."""
    numbers = {name: i + 1 for i, name in enumerate(sorted({b.market_id for b in bars}))}
    return [
        (
            numbers[b.market_id],
            300,
            when(b.open_time),
            b.open,
            b.high,
            b.low,
            b.close,
            b.base_volume,
            b.quote_volume,
            b.taker_buy_quote,
            when(RECEIVED),
        )
        for b in bars
    ]


def microseconds(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def seconds(action: Callable[[], None]) -> float:
    gc.collect()
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def ratio_of(name: str, raw: Callable[[int], float], ours: Callable[[int], float]) -> float:
    """Median of the ratios of runs that alternate, so that a busy machine hits both alike."""
    pairs = [(raw(run), ours(run)) for run in range(RUNS)]
    ratio = statistics.median(mine / bare for bare, mine in pairs)
    bare, mine = (statistics.median(column) for column in zip(*pairs, strict=True))
    count = MARKETS * INTERVALS
    print(f"\n{name}: {count:,} bars, driver {bare:.3f} s, store {mine:.3f} s, ratio {ratio:.2f}")
    return ratio


def write_ours(database: Database, bars: list[Bar]) -> float:
    def action() -> None:
        with database.write() as conn:
            result = save_bars(conn, bars, width=WIDTH, received_at=RECEIVED)
        assert result.new == len(bars)

    return seconds(action)


def test_sqlite_takes_at_most_one_and_a_half_times_the_bare_driver(tmp_path: Path) -> None:
    template = tmp_path / "template.db"
    database = open_database(f"sqlite:///{template}")
    migrations.upgrade(database)
    database.close()
    bars = make_bars()
    rows = raw_rows(bars, microseconds)
    statement = f"INSERT INTO bar ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608

    def raw(run: int) -> float:
        file = shutil.copy(template, tmp_path / f"raw{run}.db")
        connection = sqlite3.connect(file, isolation_level=None)
        connection.execute("PRAGMA synchronous=NORMAL")

        def action() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, rows)
            connection.execute("COMMIT")

        taken = seconds(action)
        connection.close()
        Path(file).unlink()
        return taken

    def ours(run: int) -> float:
        file = Path(shutil.copy(template, tmp_path / f"ours{run}.db"))
        opened = open_database(f"sqlite:///{file}")
        taken = write_ours(opened, bars)
        opened.close()
        file.unlink()
        return taken

    assert ratio_of("SQLite against executemany", raw, ours) <= 1.5


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with started_or_skipped() as started:
        yield started


def test_postgresql_takes_at_most_twice_the_bare_copy(server: PostgresServer) -> None:
    template = server.create()
    database = open_database(server.url(template))
    migrations.upgrade(database)
    database.close()
    bars = make_bars()
    rows = raw_rows(bars, lambda moment: moment)
    types = ["int4", "int4", "timestamptz", *["float8"] * 7, "timestamptz"]

    def raw(_run: int) -> float:
        name = server.create(template)
        connection = psycopg.connect(server.url(name))

        def action() -> None:
            copy_in = f"COPY bar ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
            with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
                copy.set_types(types)
                for row in rows:
                    copy.write_row(row)
            connection.commit()

        taken = seconds(action)
        connection.close()
        server.drop(name)
        return taken

    def ours(_run: int) -> float:
        name = server.create(template)
        opened = open_database(server.url(name))
        taken = write_ours(opened, bars)
        opened.close()
        server.drop(name)
        return taken

    assert ratio_of("PostgreSQL against COPY", raw, ours) <= 2.0
