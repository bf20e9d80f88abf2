"""A store that is empty, older, newer, locked, gone or no store: every surface says so, and what to do, in a line."""

import gzip
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

import monitor
from monitor.clock import LiveClock
from monitor.commands.replay import engine_of
from monitor.frames import Monitor
from monitor.store import database as database_module
from monitor.store.database import Database, open_database
from monitor.store.tables import metadata
from tests.integration.surfaces.asking import (
    Answers,
    Frames,
    Tool,
    frames_say,
    paths_say,
    tools_say,
    verbs_say,
)
from tests.integration.surfaces.conftest import Stored
from tests.kit.postgres_server import PostgresServer

FIRST = Path(__file__).resolve().parents[1] / "store" / "first_version" / "monitor_0_1_0.db.gz"
WAIT_S = 0.2
"""So long a locked store is waited for here."""


def verbs(stored: Stored) -> list[list[str]]:
    """Those that only read."""
    out = stored.file.parent
    return [
        ["status"],
        ["sectors"],
        ["rotations"],
        ["explain", stored.rotation],
        ["why-not", "ai-agents", "memes"],
        ["why-silent", stored.rotation],
        ["report", "--date", "2025-01-19", "--out", str(out / "report.html")],
        ["export", "bars", "--out", str(out / "bars.csv")],
        ["export", "sectors", "--out", "-"],
        ["export", "rotations", "--out", str(out / "rotations.parquet")],
        ["replay", "--since", "2025-01-18"],
    ]


SERVERS = [["web", "--port", "1"], ["mcp"]]
"""Verbs that go on where the store is good."""


def paths(rotation: str) -> list[str]:
    return [
        "/",
        f"/?rotation={rotation}",
        "/charts/levels.json?range=7d",
        "/csv/sectors.csv",
        "/metrics",
        "/api/sectors",
        "/api/tokens",
        "/api/series?sector=memes",
        "/api/rotations",
        f"/api/rotations/{rotation}",
        "/api/why-not?from=ai-agents&to=memes",
        "/api/conditions?from=ai-agents&to=memes",
        "/api/report?date=2025-01-19",
        "/api/status",
        "/api/coverage",
        "/api/rotations.csv",
        "/feed.atom",
    ]


def tools(rotation: str) -> list[Tool]:
    return [
        ("sectors", {}),
        ("series", {"sector": "memes"}),
        ("report", {"date": "2025-01-19"}),
        ("status", {}),
        ("rotations", {}),
        ("explain", {"rotation_id": rotation}),
        ("why_not", {"from_sector": "ai-agents", "to_sector": "memes"}),
    ]


def frames(rotation: str) -> Frames:
    return {
        "sectors": lambda m: m.sectors(),
        "tokens": lambda m: m.tokens(sector="memes"),
        "bars": lambda m: m.bars("DOGE"),
        "rotations": lambda m: m.rotations(),
        "conditions": lambda m: m.conditions("ai-agents", "memes"),
        "explain": lambda m: m.explain(rotation),
        "replay": lambda m: m.replay(since="2025-01-19"),
    }


def assert_clear(said: Answers, *words: str) -> None:
    """Each is a failure in few words, these among them."""
    for name, answer in said.items():
        assert not answer.good, name
        assert "Traceback" not in answer.text, name
        assert len(answer.text) < 3000, name
        for word in words:
            assert word in answer.text.replace("&#39;", "'"), (name, word, answer.text[:600])


def assert_good(said: Answers) -> None:
    for name, answer in said.items():
        assert "Traceback" not in answer.text, name
        assert answer.good, (name, answer.text[:600])
        assert answer.text, name


def opened_say(stored: Stored, database: Database) -> Answers:
    """All that go on asking a store that is open."""
    settings = stored.settings
    engine = engine_of(settings)
    return (
        paths_say(database, settings, paths(stored.rotation))
        | tools_say(database, settings, tools(stored.rotation))
        | frames_say(lambda: _Lent(database, engine, LiveClock()), frames(stored.rotation))
    )


class _Lent(Monitor):
    """Over a database that others use too."""

    def close(self) -> None:
        """Left to its owner."""


def opening_says(stored: Stored) -> Answers:
    """All that open a store: every verb, and the Python API."""
    calls = [*verbs(stored), *SERVERS]
    said = verbs_say(calls, stored.options, WAIT_S)
    return said | frames_say(
        lambda: monitor.open(stored.url, stored.config), {"open": lambda m: m.rotations()}
    )


def _older(file: Path) -> None:
    file.write_bytes(gzip.decompress(FIRST.read_bytes()))


def _newer(file: Path) -> None:
    with sqlite3.connect(file) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    conn.close()


def _without_tables(file: Path) -> None:
    file.write_bytes(b"")


def _no_store(file: Path) -> None:
    file.write_bytes(b"close_ts,sector\n" * 500)


UNFIT: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "older": (_older, ("is at schema 0002, this program needs", "monitor db upgrade")),
    "newer": (_newer, ("is at schema 9999, which this program", "install a newer monitor")),
    "without tables": (_without_tables, ("has no tables yet", "monitor db upgrade")),
    "no store": (_no_store, ("not an SQLite database", "set database.url to another file")),
    "gone": (Path.unlink, ("there is no such", "monitor db upgrade")),
}


@pytest.mark.parametrize("state", UNFIT)
def test_a_store_that_does_not_fit_is_refused_with_what_makes_it_fit(
    state: str, copied: Callable[[], Stored]
) -> None:
    make, words = UNFIT[state]
    stored = copied()
    make(stored.file)
    assert_clear(opening_says(stored), *words)


@contextmanager
def held(file: Path, *, whole: bool) -> Iterator[None]:
    """Another connection has the write lock; ``whole``: of the whole file, so that nobody reads either."""
    holder = sqlite3.connect(file, isolation_level=None)
    if whole:
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN IMMEDIATE")
    holder.execute("UPDATE meta SET value = value")
    try:
        yield
    finally:
        holder.rollback()
        holder.close()


def test_a_write_lock_of_another_keeps_no_reader_waiting(copied: Callable[[], Stored]) -> None:
    stored = copied()
    verbs_say(
        [["replay", "--since", "2025-01-20"]], stored.options, 30
    )  # the configured supplies are stored
    with held(stored.file, whole=False):
        assert_good(verbs_say(verbs(stored), stored.options, WAIT_S))
        database = open_database(stored.url, read_only=True)
        assert_good(opened_say(stored, database))
        database.close()


def test_a_file_that_is_locked_whole_is_said_to_be_so(
    copied: Callable[[], Stored], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "WRITE_WAIT_S", WAIT_S)
    stored = copied()
    with held(stored.file, whole=True):
        assert_clear(
            opening_says(stored), "another process kept the database locked", "end the other writer"
        )


def test_a_file_that_goes_away_under_its_readers_is_said_to_be_gone(
    copied: Callable[[], Stored],
) -> None:
    stored = copied()
    database = open_database(stored.url, read_only=True)
    assert_good(paths_say(database, stored.settings, ["/"]))
    moved = stored.file.with_suffix(".moved")
    stored.file.rename(moved)
    assert_clear(opened_say(stored, database), "the file was deleted while it was in use", "put the file back")  # fmt: skip
    shutil.copy(moved, stored.file)
    assert_clear(opened_say(stored, database), "the file was replaced while it was in use")
    database.close()


def test_tables_that_are_locked_whole_on_postgresql_are_said_to_be_so(
    january: Stored,
    postgres: PostgresServer,
    migrated_postgres: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database_module, "WRITE_WAIT_S", WAIT_S)
    url = postgres.url(postgres.create(template=migrated_postgres))
    database = open_database(url, read_only=True)
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    options = ["--config", str(january.config), "--db", url]
    with psycopg.connect(plain) as holder:
        holder.execute(
            f"LOCK TABLE {', '.join(metadata.tables)} IN ACCESS EXCLUSIVE MODE"  # as an ALTER TABLE does
        )
        said = opened_say(january, database) | verbs_say(verbs(january), options, WAIT_S)
        assert_clear(said, "another process kept the write lock", "end the other writer")
        holder.rollback()
    database.close()


def test_an_empty_store_says_what_fills_it(
    january: Stored, migrated_sqlite: Path, tmp_path: Path
) -> None:
    file = tmp_path / "empty.db"
    shutil.copy(migrated_sqlite, file)
    stored = Stored(file, january.config, january.rotation)
    database = open_database(stored.url, read_only=True)
    said = opened_say(stored, database) | verbs_say(verbs(stored), stored.options, WAIT_S)
    database.close()
    for name, answer in said.items():
        assert "Traceback" not in answer.text, name
        assert len(answer.text) < 30_000, name
        assert answer.text, name
    for name in ("GET /", "GET /api/sectors", "tool sectors {}", "monitor sectors"):
        assert "monitor backfill" in said[name].text, (name, said[name].text)
