"""`explain`, `why-not` and `replay --since` over a year of 5-minute bars of 60 tokens, beside the same over its last days alone.

The last days are stepped from their first bar by the real pipeline, states and all, and in them one sector loses to
another. For the year the same store gets the bars and kept states of the months before put beneath, without being stepped:
that fold takes minutes (:mod:`tests.benchmarks.test_replay_year`), and what is asked here must not read so far back. What
the verbs say of either store has to be what was decided. Seconds are those of the processor, the start of the verb with them.
"""

import json
import math
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitor.clock import ManualClock
from monitor.commands.replay import engine_of
from monitor.model.bars import Bar, Coverage
from monitor.model.grid import iso
from monitor.model.interval import FloatArray
from monitor.model.rotation_json import change_to_json
from monitor.pipeline import Pipeline
from monitor.reference import ensure_supplies
from monitor.settings.load import load_settings
from monitor.store import bars, coverage, rotations
from monitor.store.database import open_database
from monitor.store.knowledge import issue_time
from monitor.store.migrations import upgrade
from tests.scenarios.stage import ROOT

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

TOKENS, SECTORS = 60, ("ai", "defi", "memes")
WIDTH = timedelta(minutes=5)
A_DAY = 288
STEPPED, YEAR = 10, 365
UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
ASKED_SINCE = UNTIL - timedelta(days=3)
RUNS = 3
ROOM = 1.3
"""What a verb may take of the year, as a multiple of what it takes of the last days: the noise of two like processes."""

SCRIPT = """
import sqlite3, sys
import pandas as pd
bars = pd.read_sql(
    "SELECT market, open_time, close, quote_volume, taker_buy_quote FROM bar"
    " WHERE market IN (SELECT DISTINCT market FROM bar) AND width_s = 300 AND open_time >= ?",
    sqlite3.connect(sys.argv[1]), params=(int(sys.argv[2]),),
)
print(len(bars.pivot(index="open_time", columns="market")))
"""
"""What a notebook does before it computes anything: the bars of the range as a table."""


@dataclass(frozen=True)
class Store:
    """A configuration over a history, the last rotation that was confirmed in it, and what was decided."""

    folder: Path
    days: int
    rotation: str
    decided: list[str]

    @property
    def config(self) -> Path:
        return self.folder / f"{self.days}.toml"

    @property
    def database(self) -> Path:
        return self.folder / f"{self.days}.db"

    def monitor(self, *arguments: str) -> tuple[str, float]:
        """(what the verb prints, seconds that it takes)."""
        return run("-m", "monitor", "--config", str(self.config), *arguments)


def run(*arguments: str) -> tuple[str, float]:
    """(what a Python process prints, its seconds of the processor)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def config_text(database: Path) -> str:
    members = {s: [f"T{i:02}" for i in range(k, TOKENS, 3)] for k, s in enumerate(SECTORS)}
    members["market"] = ["BTC"]
    lines = ["[engine]", 'interval = "5m"', "[database]", f'url = "sqlite:///{database}"']
    for sector, tokens in members.items():
        lines += ["[[sectors]]", f'id = "{sector}"', f'name = "{sector}"', f"tokens = {tokens}"]
        lines.append(f"benchmark = {str(sector == 'market').lower()}")
    lines += ["[venues.gate]"]
    for token in [t for tokens in members.values() for t in tokens]:
        lines += [f"[tokens.{token}]", f'name = "{token}"']
        lines.append(f'markets = [{{venue = "gate", symbol = "{token}/USDT"}}]')
        lines.append('supplies = [{from = 2020-01-01, circulating = 1e9, source = "test"}]')
    return "\n".join(lines) + "\n"


def drawn(days: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(close, USD traded, taker buying) per step and token, BTC last; ai loses to memes in the two days before the last."""
    rng, steps = np.random.default_rng(11), days * A_DAY
    moves = rng.normal(0.0, 1.2e-3, (steps, TOKENS + 1)) + rng.normal(0.0, 8e-4, (steps, 1))
    volume = rng.uniform(1e4, 2e4, moves.shape) * np.exp(rng.normal(0.0, 0.2, moves.shape))
    taker = rng.uniform(0.45, 0.55, moves.shape)
    turn = slice(steps - 3 * A_DAY, steps - A_DAY)
    for first, sign in ((0, -1), (2, 1)):
        moves[turn, first:TOKENS:3] += sign * 0.11 / (2 * A_DAY)
        volume[turn, first:TOKENS:3] *= math.exp(sign * 0.5)
        taker[turn, first:TOKENS:3] += sign * 0.08
    return np.exp(np.cumsum(moves, axis=0)), volume, volume * taker


def day_by_day() -> Iterator[list[Bar]]:
    close, volume, taker = drawn(STEPPED)
    names = [*(f"T{i:02}" for i in range(TOKENS)), "BTC"]
    for day in range(STEPPED):
        yield [
            Bar(
                f"gate:{name}/USDT", UNTIL - (STEPPED * A_DAY - k) * WIDTH,
                price, price, price, price, usd / price, usd, bought,
            )
            for i, name in enumerate(names)
            for k in range(day * A_DAY, (day + 1) * A_DAY)
            for price, usd, bought in [(float(close[k, i]), float(volume[k, i]), float(taker[k, i]))]
        ]  # fmt: skip


def stepped(folder: Path) -> Store:
    """A store of the last days, stepped from its first bar."""
    for days in (STEPPED, YEAR):
        text = config_text(folder / f"{days}.db")
        (folder / f"{days}.toml").write_text(text, encoding="utf-8")
    settings = load_settings(folder / f"{STEPPED}.toml", {})
    database = open_database(settings.database.url.get_secret_value())
    upgrade(database)
    since = UNTIL - timedelta(days=STEPPED)
    ensure_supplies(database, settings.supplies, since)
    for day in day_by_day():
        with database.write() as conn:
            at = issue_time(conn, day[-1].open_time + WIDTH)
            bars.save_bars(conn, day, width=WIDTH, received_at=at)
    heard = [Coverage(m.id, WIDTH, since, UNTIL) for m in settings.universe.markets]
    with database.write() as conn:
        coverage.save_coverage(conn, heard, fetched_at=UNTIL)
    deadline = settings.engine.deadline
    pipeline = Pipeline(
        database, engine_of(settings), WIDTH, deadline=deadline, clock=ManualClock(UNTIL)
    )
    pipeline.catch_up(UNTIL + timedelta(hours=1))
    with database.read() as conn:
        changes = rotations.list_changes(conn, since=ASKED_SINCE, until=UNTIL + WIDTH)
    database.close()
    told = [c for c in changes if c.rotation.detected_at >= ASKED_SINCE]
    confirmed = [c.rotation.id for c in told if c.rotation.confirmed_at is not None]
    lines = [json.dumps(change_to_json(c), sort_keys=True) for c in told]
    return Store(folder, STEPPED, confirmed[-1], lines)


def with_the_months_before(store: Store) -> Store:
    """The same under which the rest of a year lies: bars of every market and interval, and a state a day.

    Its first day again and again, a day earlier each, in the order of the table's key.
    """
    long = Store(store.folder, YEAR, store.rotation, store.decided)
    shutil.copyfile(store.database, long.database)
    with closing(sqlite3.connect(long.database, isolation_level=None)) as conn:
        for made_fast in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
            conn.execute(f"PRAGMA {made_fast}")
        conn.execute("BEGIN")
        columns = [row[1] for row in conn.execute("PRAGMA table_info(bar)")]
        moved = ["open_time - day * ?1" if c == "open_time" else c for c in columns]
        a_day = timedelta(days=1) // timedelta(microseconds=1)
        first, count = conn.execute("SELECT min(open_time), count(*) FROM bar").fetchone()
        assert count == STEPPED * A_DAY * (TOKENS + 1)
        days = "WITH RECURSIVE before(day) AS (VALUES (?2) UNION ALL SELECT day - 1 FROM before WHERE day > 1)"
        for (market,) in conn.execute("SELECT DISTINCT market FROM bar").fetchall():
            conn.execute(
                f"{days} INSERT INTO bar ({', '.join(columns)}) SELECT {', '.join(moved)}"  # noqa: S608  names only
                " FROM before CROSS JOIN bar WHERE market = ?3 AND width_s = 300"
                " AND open_time >= ?4 AND open_time < ?4 + ?1",
                (a_day, YEAR - STEPPED, market, first),
            )
        conn.execute(
            f"{days} INSERT INTO engine_checkpoint (identity, as_known, last_open, whole, blob)"  # noqa: S608
            " SELECT identity, as_known, last_open - day * ?1, whole, blob"
            " FROM before CROSS JOIN engine_checkpoint WHERE last_open < ?3 + ?1",
            (a_day, YEAR - STEPPED, first),
        )
        conn.execute("COMMIT")
        (count,) = conn.execute("SELECT count(*) FROM bar").fetchone()
    assert count == YEAR * A_DAY * (TOKENS + 1)
    return long


def check(store: Store, verb: str, said: str) -> None:
    """It is what the fold from the first bar decided."""
    if verb == "explain":
        assert "recomputed from stored inputs: same result" in said
    elif verb == "why-not":
        assert "conditions met" in said
    else:
        again = [json.dumps(json.loads(line), sort_keys=True) for line in said.splitlines()]
        assert again == store.decided


def test_a_question_on_the_past_does_not_take_longer_where_the_history_is_long(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = stepped(tmp_path)
    long = with_the_months_before(short)
    at = iso(UNTIL - timedelta(days=2))
    verbs = {
        "explain": (short.rotation,),
        "why-not": ("ai", "memes", "--at", at),
        "replay": ("--since", iso(ASKED_SINCE), "--changes", "--json"),
    }
    least: dict[str, dict[int, float]] = {verb: {} for verb in verbs}
    answers: dict[str, set[str]] = {verb: set() for verb in verbs}
    for _ in range(RUNS):
        for store in (short, long):
            for verb, arguments in verbs.items():
                said, seconds = store.monitor(verb, *arguments)
                check(store, verb, said)
                answers[verb].add(said)
                least[verb][store.days] = min(seconds, least[verb].get(store.days, math.inf))
    since = str(int(ASKED_SINCE.timestamp() * 1e6))
    read = min(run("-c", SCRIPT, str(long.database), since)[1] for _ in range(RUNS))
    with capsys.disabled():
        print(
            f"\na year of 5-minute bars of {TOKENS} tokens, beside its last {STEPPED} days alone, and beside pandas"
            f" reading the bars of {(UNTIL - ASKED_SINCE).days} days ({read:.1f} s of a processor):"
        )
        for verb, took in least.items():
            print(
                f"{verb}: {took[YEAR]:.1f} s, {took[YEAR] / took[STEPPED]:.2f} of that without the months before,"
                f" {took[YEAR] / read:.1f} x the reading"
            )
    assert {verb: len(said) for verb, said in answers.items()} == dict.fromkeys(verbs, 1)
    assert max(took[YEAR] / took[STEPPED] for took in least.values()) <= ROOM
