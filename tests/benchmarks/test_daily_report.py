"""How long a day's report takes to build from a database that holds a year: what is read does not grow with history.

The year is fabricated straight into the tables: every 5-minute step of seven sectors, 90 days of readings of all pairs,
500 rotations. Tokens of a step are stored hourly, and bars of the last two days: both are found by key, whatever lies
before them.
"""

import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, func, select

from monitor.content.report import report_mail
from monitor.model.bars import Coverage
from monitor.model.rotation import ChangeReason
from monitor.model.universe import Market, Membership, Sector, Token, Universe
from monitor.reporting.gather import gather_day
from monitor.store import bars, notes, outbox, readings, rotations, step_rows
from monitor.store import coverage as coverage_rows
from monitor.store.database import Database, open_database
from monitor.store.migrations import upgrade
from monitor.store.tables import pair_reading, sector_state, step
from monitor.store.types import to_us
from tests.integration.store import samples

pytestmark = pytest.mark.benchmark

BOUND_S = 5.0
TOKENS, SECTORS = 60, 6
DAY = date(2026, 3, 14)
UNTIL = datetime(2026, 3, 15, tzinfo=UTC)
WIDTH = timedelta(minutes=5)
STEPS = 365 * 288
READ_STEPS = 90 * 288
CHUNK = 20_000
VENUES = ("binance", "bybit", "gate")


def universe() -> Universe:
    names = [f"T{i:02}" for i in range(TOKENS)]
    sectors = [
        Sector(f"s{k}", f"Sector {k}", tuple(Membership(n) for n in names[k::SECTORS]))
        for k in range(SECTORS)
    ]
    sectors.append(Sector("market", "Market", (Membership("BTC"),), benchmark=True))
    tokens = tuple(
        Token(n, n, tuple(Market(v, f"{n}/USDT", n) for v in VENUES)) for n in [*names, "BTC"]
    )
    return Universe(tuple(sectors), tokens)


def insert(conn: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    """Raw rows, as the database keeps them."""
    columns = [column.name for column in table.columns]
    statement = (
        f"INSERT INTO {table.name} ({', '.join(columns)}) "  # noqa: S608  names only
        f"VALUES ({', '.join('?' * len(columns))})"
    )
    chunk: list[tuple[Any, ...]] = []
    for row in rows:
        chunk.append(tuple(row[name] for name in columns))
        if len(chunk) == CHUNK:
            conn.exec_driver_sql(statement, chunk)
            chunk = []
    if chunk:
        conn.exec_driver_sql(statement, chunk)


def closes(count: int) -> Iterator[datetime]:
    return (UNTIL - k * WIDTH for k in range(count - 1, -1, -1))


def step_rows_of(dice: random.Random) -> Iterator[dict[str, Any]]:
    blobs = [
        step_rows.pack_tokens(
            [
                samples.token(
                    f"T{i:02}",
                    sector=f"s{i % SECTORS}",
                    volume_24h_usd=dice.uniform(1e6, 1e8),
                    contribution_24h=dice.uniform(-0.05, 0.05),
                    return_24h=dice.uniform(-0.2, 0.2),
                )
                for i in range(TOKENS)
            ]
        )
        for _ in range(12)
    ]
    for close in closes(STEPS):
        whole = close.minute == 0
        yield {
            "close_time": to_us(close),
            "width_s": 300,
            "stepped_at": to_us(close),
            "tokens": blobs[close.hour % len(blobs)] if whole else None,
        }


def sector_rows_of(dice: random.Random) -> Iterator[dict[str, Any]]:
    names = [*(f"s{k}" for k in range(SECTORS)), "market"]
    level = dict.fromkeys(names, 1000.0)
    rows = {
        name: step_rows.sector_row(
            UNTIL,
            place,
            samples.sector(name, share=None if name == "market" else 1 / SECTORS, coverage=1.0),
        )
        for place, name in enumerate(names)
    }
    for close in closes(STEPS):
        for name in names:
            level[name] *= 1 + dice.gauss(0, 0.001)
            yield rows[name] | {
                "close_time": to_us(close),
                "index_level": level[name],
                "net_flow_step_usd": dice.gauss(0, 1e5),
            }


def reading_rows_of(conn: Connection, dice: random.Random) -> Iterator[dict[str, Any]]:
    readings.save_readings(conn, [samples.reading(UNTIL)])
    [template] = conn.exec_driver_sql("SELECT * FROM pair_reading").mappings()
    conn.exec_driver_sql("DELETE FROM pair_reading")
    names = [f"s{k}" for k in range(SECTORS)]
    for source in names:
        for target in names:
            if source == target:
                continue
            for close in closes(READ_STEPS):
                yield dict(template) | {
                    "from_sector": source,
                    "to_sector": target,
                    "at": to_us(close),
                    "score": dice.gauss(0, 1),
                    "met": dice.randrange(4),
                }


def small_things(conn: Connection, dice: random.Random) -> None:
    """Rotations with their changes, notices, notes, coverage with late answers, two days of bars."""
    made = []
    for k in range(500):
        at = UNTIL - timedelta(hours=17.5 * k + 3)
        found = samples.rotation(f"rot-{k}", at, from_sector="s0", to_sector=f"s{1 + k % 5}")
        for reason, hours in ((ChangeReason.OPENED, 0), (ChangeReason.CONFIRMED, 1)):
            made.append(samples.change(found, reason, at + timedelta(hours=hours)))
    rotations.save_changes(conn, made)
    outbox.enqueue(
        conn,
        [
            samples.notice(f"n{k}", event_at=UNTIL - timedelta(hours=k), thread=f"t{k}")
            for k in range(3000)
        ],
    )
    for k in range(20):
        notes.add_note(conn, UNTIL - timedelta(hours=13 * k), f"note {k}", UNTIL)
    markets = [m.id for m in universe().markets]
    spoken = [Coverage(m, WIDTH, UNTIL - timedelta(days=365), UNTIL) for m in markets]
    coverage_rows.save_coverage(conn, spoken, fetched_at=UNTIL)
    rows = [
        replace(samples.bar(m, UNTIL - (j + 1) * WIDTH), close=10.0 + dice.random() / 10)
        for m in markets
        for j in range(2 * 288)
    ]
    bars.save_bars(conn, rows, width=WIDTH, received_at=UNTIL)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("year")
    opened = open_database(f"sqlite:///{folder / 'year.db'}")
    upgrade(opened)
    dice = random.Random(7)
    with opened.write() as conn:
        insert(conn, step, step_rows_of(dice))
        insert(conn, sector_state, sector_rows_of(dice))
        insert(conn, pair_reading, reading_rows_of(conn, dice))
        small_things(conn, dice)
    yield opened
    opened.close()
    shutil.rmtree(folder)


def test_a_report_is_built_in_seconds_from_a_year_of_five_minute_data(database: Database) -> None:
    with database.read() as conn:
        counted = [
            conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (step, sector_state, pair_reading)
        ]
    begun = time.perf_counter()
    facts = gather_day(
        database,
        universe(),
        day=DAY,
        zone="UTC",
        width=WIDTH,
        now=UNTIL + timedelta(hours=7),
        due_at=UNTIL + timedelta(hours=7),
    )
    gathered = time.perf_counter()
    letter = report_mail(facts)
    done = time.perf_counter()
    print(
        f"\n{counted[0]} steps, {counted[1]} sector states, {counted[2]} readings: gathered in"
        f" {gathered - begun:.2f} s, written and drawn in {done - gathered:.2f} s, in all {done - begun:.2f} s"
    )
    assert len(facts.steps) == 288 * (SECTORS + 1)
    assert len(facts.readings) == SECTORS * (SECTORS - 1)
    assert len(facts.volume_medians) == TOKENS
    assert facts.venues == list(VENUES)
    assert len(letter.pictures) == 4
    assert done - begun < BOUND_S
