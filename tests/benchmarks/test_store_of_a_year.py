"""What the store costs at 500 tokens on ten venues in 5-minute bars: rates, latencies and size on disk.

A year of them is 525.6 million bars. ``MONITOR_BENCH_STORE_HOURS`` (12) are written, most in bulk as a backfill does, the last
as polls bring them; then intervals are read as a step does, a backup is written and compressed, the older half is deleted and the
other made into hours by the policy of `db prune`, and the file is made small after each. What a year takes is reckoned from them
in proportion: indexes that no longer lie in the machine's memory are left out of that. Beside it in the same run: the bare
driver with the same rows in the same portions, and Parquet. TimescaleDB's compression is not among what is measured: the
extension is not installed here; PostgreSQL's own (`default_toast_compression`) is of values over 2 kB, and a bar has none.
"""

import gc
import gzip
import os
import shutil
import sqlite3
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select

from monitor.clock import ManualClock
from monitor.model.bar_columns import BAR_FIGURES, BarColumns
from monitor.model.bars import Bar, Coverage
from monitor.model.grid import EPOCH, floor_time
from monitor.model.universe import Market, Membership, Sector, Token, Universe
from monitor.store import bars, migrations
from monitor.store.backup import backup
from monitor.store.bar_rows import COLUMNS
from monitor.store.database import Database, open_database
from monitor.store.interval_source import read_intervals
from monitor.store.knowledge import issue_time
from monitor.store.prune import prune_in_turns
from monitor.store.rollup import roll_up
from monitor.store.tables import bar
from tests.kit.postgres_server import PostgresServer, find_binaries, started_or_skipped

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

HOURS = int(os.environ.get("MONITOR_BENCH_STORE_HOURS", "12"))
TOKENS, VENUES, SECTORS = 500, 10, 4
MARKETS = TOKENS * VENUES
WIDTH = timedelta(minutes=5)
END = datetime(2025, 2, 1, tzinfo=UTC)
START = END - timedelta(hours=HOURS)
STEPS = (END - START) // WIDTH
PORTION = timedelta(days=1)
"""Of a venue, in one transaction."""
POLLS = 2
READ_AGAIN = 2
"""Bars of each market that a poll brings beside the new one."""
LIVE_FROM = END - POLLS * WIDTH
BARS = STEPS * MARKETS
BULK = BARS - POLLS * MARKETS
YEARS = timedelta(days=365) / (END - START)
"""A year over what is written."""
READS = 5
MOST_OVER_DRIVER = 2.0
KEPT = timedelta(days=180)
"""How long bars are kept by the policies that are tried: their times are taken as so old."""
HALF = floor_time(START + (END - START) / 2, timedelta(hours=1))
OLD = (HALF - START) // WIDTH * MARKETS
"""Bars of the older half."""
HOURLY = timedelta(hours=1) // WIDTH
MOST_OF_BARS_AS_HOURS = 1 / 5
"""Of the bytes of the bars that they are made of: a twelfth, and coverage, which takes as much for an hour as for a year."""


def universe() -> Universe:
    """500 tokens on each of the venues, in four sectors and a benchmark of two."""
    names = [f"T{i:03}" for i in range(TOKENS)]
    sectors = [
        Sector(f"s{s}", f"Sector {s}", tuple(Membership(n) for n in names[2 + s :: SECTORS]))
        for s in range(SECTORS)
    ]
    sectors.append(Sector("z", "Market", tuple(Membership(n) for n in names[:2]), benchmark=True))
    tokens = tuple(
        Token(n, n, tuple(Market(f"v{v}", f"{n}/USD", n) for v in range(VENUES))) for n in names
    )
    return Universe(tuple(sectors), tokens)


def us_of(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def served_bars(venue: int, since: datetime, until: datetime) -> BarColumns:
    """One venue's, market after market: walks of prices and volumes with the digits that venues serve."""
    rng = np.random.default_rng([venue, int(since.timestamp())])
    count = (until - since) // WIDTH
    price = np.exp(np.cumsum(rng.normal(0.0, 2e-3, (TOKENS, count + 1)), axis=1)) * 10.0
    start, end = np.round(price[:, :-1], 4), np.round(price[:, 1:], 4)
    high = np.maximum(start, end) + np.round(rng.uniform(0, 0.02, start.shape), 4)
    low = np.minimum(start, end) - np.round(rng.uniform(0, 0.02, start.shape), 4)
    base = np.round(rng.lognormal(7.0, 1.0, start.shape), 2)
    quote = np.round(base * (start + end) / 2, 2)
    taker = np.round(quote * rng.uniform(0.3, 0.7, start.shape), 2)
    width = WIDTH // timedelta(microseconds=1)
    return BarColumns(
        [f"v{venue}:T{n:03}/USD" for n in range(TOKENS)],
        np.repeat(np.arange(TOKENS, dtype=np.int64), count),
        np.tile(us_of(since) + width * np.arange(count, dtype=np.int64), TOKENS),
        np.stack([part.ravel() for part in (start, high, low, end, base, quote, taker)]),
    )


class Side(Protocol):
    """One kind of database: the monitor's own, and beside it one for the bare driver."""

    name: str
    database: Database

    def bare(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write rows of bars into the same table by the driver alone."""
        ...

    def moment(self, us: int) -> Any:
        """A time as the driver takes it."""
        ...

    def size(self) -> int:
        """Bytes on disk of the monitor's."""
        ...

    def vacuum(self) -> None:
        """Give what was deleted back to the disk."""
        ...

    def backup(self, folder: Path) -> tuple[int, dict[str, int]]:
        """(bytes of a backup as the documentation says, bytes of it by the name of what compressed it)."""
        ...


class Sqlite:
    """Two files."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._file, other = folder / "ours.db", folder / "bare.db"
        self.database = open_database(f"sqlite:///{self._file}")
        migrations.upgrade(self.database)
        self.size()  # empties the log beside it
        shutil.copy(self._file, other)
        self._bare = sqlite3.connect(other, isolation_level=None)
        self._bare.execute("PRAGMA journal_mode=WAL")
        self._bare.execute("PRAGMA synchronous=NORMAL")

    def bare(self, rows: Sequence[tuple[Any, ...]]) -> None:
        statement = (
            f"INSERT INTO bar ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
        )
        self._bare.execute("BEGIN IMMEDIATE")
        self._bare.executemany(statement, rows)
        self._bare.execute("COMMIT")

    def moment(self, us: int) -> int:
        return us

    def size(self) -> int:
        with sqlite3.connect(self._file) as conn:
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self._file.stat().st_size

    def vacuum(self) -> None:
        with closing(sqlite3.connect(self._file, isolation_level=None)) as conn:
            conn.execute("VACUUM")

    def backup(self, folder: Path) -> tuple[int, dict[str, int]]:
        file = folder / "backup.db"
        backup(self.database, file)
        packed = {"gzip -6": _gzip_bytes(file)}
        if zstd := shutil.which("zstd"):
            subprocess.run([zstd, "-q", "-3", file, "-o", folder / "backup.zst"], check=True)
            packed["zstd -3"] = (folder / "backup.zst").stat().st_size
        return file.stat().st_size, packed

    def close(self) -> None:
        self._bare.close()
        self.database.close()


class Postgres:
    """Two databases of a server of its own."""

    name = "PostgreSQL (fsync off)"

    def __init__(self, server: PostgresServer) -> None:
        name, other = server.create(), server.create()
        self._url = server.url(name)
        for url in (self._url, server.url(other)):
            made = open_database(url)
            migrations.upgrade(made)
            made.close()
        self.database = open_database(self._url)
        self._bare = psycopg.connect(server.url(other))

    def bare(self, rows: Sequence[tuple[Any, ...]]) -> None:
        statement = f"COPY bar ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
        with self._bare.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(["int4", "int4", "timestamptz", *["float8"] * 7, "timestamptz"])
            for row in rows:
                copy.write_row(row)
        self._bare.commit()

    def moment(self, us: int) -> datetime:
        return EPOCH + timedelta(microseconds=us)

    def size(self) -> int:
        with psycopg.connect(self._url, autocommit=True) as conn:
            found = conn.execute("SELECT pg_database_size(current_database())").fetchone()
        assert found is not None
        return int(found[0])

    def vacuum(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as conn:
            conn.execute("VACUUM FULL")

    def backup(self, folder: Path) -> tuple[int, dict[str, int]]:
        sizes = []
        for level in ("0", "6"):
            file = folder / f"dump-{level}"
            command = [_pg_dump(), "--format=custom", f"--compress={level}", f"--file={file}"]
            subprocess.run([*command, self._url], check=True)
            sizes.append(file.stat().st_size)
        return sizes[0], {"pg_dump's zlib": sizes[1]}

    def close(self) -> None:
        self._bare.close()
        self.database.close()


def _gzip_bytes(file: Path) -> int:
    packed = file.with_suffix(".gz")
    with file.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
        shutil.copyfileobj(source, target)
    return packed.stat().st_size


def _pg_dump() -> str:
    binaries = find_binaries()
    assert binaries is not None
    return str(binaries / "pg_dump")


@dataclass
class Cost:
    """Seconds, and bytes on disk after each part.

    ``saved``: a backup's bytes; ``packed``: by what compressed it. ``whole``, ``half``, ``hours``, ``rest``: the size made
    small with all bars, with the later half, with that one as hours, with none.
    """

    ours_s: list[float] = field(default_factory=list)
    bare_s: list[float] = field(default_factory=list)
    poll_s: list[float] = field(default_factory=list)
    read_s: list[float] = field(default_factory=list)
    parquet: int = 0
    empty: int = 0
    bulk: int = 0
    saved: int = 0
    packed: dict[str, int] = field(default_factory=dict)
    prune_s: float = 0.0
    rollup_s: float = 0.0
    whole: int = 0
    half: int = 0
    hours: int = 0
    rest: int = 0

    @property
    def ratio(self) -> float:
        """Ours over the driver's, portion by portion in turn: a busy machine hits both alike."""
        return statistics.median(a / b for a, b in zip(self.ours_s, self.bare_s, strict=True))


def seconds(action: Callable[[], object]) -> float:
    gc.collect()
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def bare_rows(side: Side, chunk: BarColumns, numbered_from: int) -> list[tuple[Any, ...]]:
    moments = {us: side.moment(us) for us in set(chunk.opens.tolist())}
    received = side.moment(us_of(LIVE_FROM))
    return [
        (numbered_from + code, 300, moments[us], *figures, received)
        for code, us, *figures in zip(
            chunk.codes.tolist(), chunk.opens.tolist(), *chunk.figures.tolist(), strict=True
        )
    ]


def portions() -> Iterator[tuple[datetime, datetime]]:
    """Stretches of the time before the live part."""
    since = START
    while since < LIVE_FROM:
        yield since, min(since + PORTION, LIVE_FROM)
        since += PORTION


def write_bulk(side: Side, cost: Cost, folder: Path) -> None:
    """All up to the live part, a venue's day at a time, in turn with the driver; and as Parquet."""
    cost.empty = side.size()
    for since, until in portions():
        for venue in range(VENUES):
            chunk = served_bars(venue, since, until)
            rows = bare_rows(side, chunk, 1 + venue * TOKENS)

            def ours(chunk: BarColumns = chunk) -> None:
                with side.database.write() as conn:
                    at = issue_time(conn, LIVE_FROM)
                    saved = bars.save_columns(conn, chunk, width=WIDTH, received_at=at)
                assert saved.new == len(chunk)

            cost.ours_s.append(seconds(ours))
            cost.bare_s.append(seconds(lambda rows=rows: side.bare(rows)))  # type: ignore[misc]
            del rows
            cost.parquet += parquet_bytes(chunk, folder / "venue.parquet")
    cost.bulk = side.size()
    with side.database.write() as conn:
        known = issue_time(conn, LIVE_FROM)
        markets = [market.id for market in universe().markets]
        bars.save_coverage(
            conn, [Coverage(m, WIDTH, START, LIVE_FROM) for m in markets], fetched_at=known
        )


def parquet_bytes(chunk: BarColumns, file: Path) -> int:
    columns = {"market": pa.array(chunk.codes), "open_time": pa.array(chunk.opens)}
    columns |= {name: pa.array(row) for name, row in zip(BAR_FIGURES, chunk.figures, strict=True)}
    pq.write_table(pa.table(columns), file, compression="zstd")
    return file.stat().st_size


def live_bars() -> list[dict[int, list[Bar]]]:
    """By venue: open -> the bars of all its markets."""
    found = []
    for venue in range(VENUES):
        by_open: dict[int, list[Bar]] = {}
        for since, until in (*portions(), (LIVE_FROM, END)):
            chunk = served_bars(venue, since, until)
            late = chunk.opens >= us_of(LIVE_FROM - READ_AGAIN * WIDTH)
            for each in chunk.chosen(late).bars():
                by_open.setdefault(us_of(each.open_time), []).append(each)
        found.append(by_open)
    return found


def poll(database: Database, served: list[dict[int, list[Bar]]], opened: datetime) -> None:
    """What an asking of all venues stores: a transaction a venue."""
    since = opened - READ_AGAIN * WIDTH
    opens = [us_of(since + k * WIDTH) for k in range(READ_AGAIN + 1)]
    for by_open in served:
        answered = [each for us in opens for each in by_open[us]]
        names = {each.market_id for each in answered}
        with database.write() as conn:
            at = issue_time(conn, opened + WIDTH + timedelta(seconds=5))
            saved = bars.save_bars(conn, answered, width=WIDTH, received_at=at)
            spoken = [Coverage(name, WIDTH, since, opened + WIDTH) for name in names]
            bars.save_coverage(conn, spoken, fetched_at=at)
        assert (saved.new, saved.revised) == (TOKENS, 0)


def live(side: Side, cost: Cost) -> None:
    """Polls, then reads of single intervals all over the time."""
    watched, served = universe(), live_bars()
    for k in range(POLLS):
        opened = LIVE_FROM + k * WIDTH
        cost.poll_s.append(seconds(lambda at=opened: poll(side.database, served, at)))  # type: ignore[misc]

    def read(place: int) -> None:
        since = START + place * WIDTH
        with side.database.read() as conn:
            (found,) = read_intervals(conn, watched, width=WIDTH, since=since, until=since + WIDTH)
        assert np.isfinite(found.close).all()

    places = np.random.default_rng(7).integers(0, STEPS, READS)
    cost.read_s = [seconds(lambda k=place: read(k)) for place in places.tolist()]  # type: ignore[misc]


def small(side: Side) -> int:
    """Bytes when what was deleted is given back."""
    side.vacuum()
    return side.size()


def aged(side: Side, cost: Cost, folder: Path) -> None:
    """A backup, then what `db prune` does: the older half deleted, the other made into hours, at last nothing kept."""
    cost.saved, cost.packed = side.backup(folder)
    cost.whole = small(side)

    def prune(before: datetime) -> int:
        kept = {"bars": KEPT}
        return prune_in_turns(side.database, now=before + KEPT, retention=kept)["bars"]

    begin = time.perf_counter()
    assert prune(HALF) == OLD
    cost.prune_s = time.perf_counter() - begin
    cost.half = small(side)
    begin = time.perf_counter()
    gone = roll_up(side.database, clock=ManualClock(END + KEPT), width=WIDTH, after={"bars": KEPT})
    cost.rollup_s = time.perf_counter() - begin
    assert gone["bars"] == BARS - OLD
    cost.hours = small(side)
    with side.database.read() as conn:
        kept = conn.execute(select(bar.c.width_s, func.count()).group_by(bar.c.width_s)).all()
    assert [tuple(row) for row in kept] == [(3600, (BARS - OLD) // HOURLY)]
    assert prune(END) == (BARS - OLD) // HOURLY
    cost.rest = small(side)


def told(side: Side, cost: Cost) -> None:
    a_bar, a_year = (cost.bulk - cost.empty) / BULK, YEARS * BARS
    poll_s, read_s = statistics.median(cost.poll_s), statistics.median(cost.read_s)
    rate = BULK / sum(cost.ours_s)
    hours = (BARS - OLD) // HOURLY
    an_hour = (cost.hours - cost.rest) / hours
    recent = KEPT / timedelta(days=365)
    rolled = a_year * (recent * a_bar + (1 - recent) / HOURLY * an_hour)
    packed = ", ".join(f"{name} {n / cost.saved:.0%}" for name, n in cost.packed.items())
    print(
        f"\n{side.name}: {HOURS} h of a year, {BARS:,} bars of {MARKETS:,} markets;"
        " a year is reckoned in proportion\n"
        f"  in bulk {rate:,.0f} bars/s, {cost.ratio:.2f} x the bare driver's time;"
        f" a year {a_year / rate / 60:.0f} min\n"
        f"  a poll ({MARKETS:,} new bars, {READ_AGAIN * MARKETS:,} read again) {poll_s:.1f} s;"
        f" an interval read {read_s:.2f} s\n"
        f"  {a_bar:.0f} bytes a bar, a year {a_bar * a_year / 1e9:.1f} GB;"
        f" as Parquet (zstd) {cost.parquet / BULK:.0f} bytes, {cost.parquet / BULK * a_year / 1e9:.1f} GB\n"
        f"  backup {cost.saved / 1e6:.0f} MB for {cost.whole / 1e6:.0f} MB of database, of that {packed}\n"
        f"  made small {cost.whole / 1e6:.1f} MB; pruned by half {cost.half / 1e6:.1f} MB"
        f" ({OLD / cost.prune_s:,.0f} bars/s); that as {hours:,} hours {cost.hours / 1e6:.1f} MB"
        f" ({(BARS - OLD) / cost.rollup_s:,.0f} bars/s); without bars {cost.rest / 1e6:.1f} MB\n"
        f"  {an_hour:.0f} bytes a bar of an hour; a year as hours {an_hour * a_year / HOURLY / 1e9:.1f} GB,"
        f" rolled up after {KEPT.days} days {rolled / 1e9:.1f} GB"
    )


def judged(side: Side, folder: Path) -> None:
    cost = Cost()
    write_bulk(side, cost, folder)
    live(side, cost)
    aged(side, cost, folder)
    told(side, cost)
    assert cost.ratio <= MOST_OVER_DRIVER
    as_hours = (cost.hours - cost.rest) / (cost.half - cost.rest)
    assert as_hours <= MOST_OF_BARS_AS_HOURS, as_hours


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with started_or_skipped() as started:
        yield started


def test_a_year_of_500_tokens_on_ten_venues_in_sqlite(tmp_path: Path) -> None:
    side = Sqlite(tmp_path)
    try:
        judged(side, tmp_path)
    finally:
        side.close()


def test_a_year_of_500_tokens_on_ten_venues_in_postgresql(
    server: PostgresServer, tmp_path: Path
) -> None:
    side = Postgres(server)
    try:
        judged(side, tmp_path)
    finally:
        side.close()
