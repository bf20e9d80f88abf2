"""A database that version 0.1.0 wrote (its January 2025, cut to the last thirty hours) is brought up to date without loss."""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from monitor.model.errors import SchemaError
from monitor.model.grid import parse_iso
from monitor.store import migrations, outbox, rotations, steps
from monitor.store.database import open_database

WRITTEN = Path(__file__).parent / "first_version" / "monitor_0_1_0.db.gz"
Rows = dict[str, list[dict[str, object]]]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / "monitor.db"
    file.write_bytes(gzip.decompress(WRITTEN.read_bytes()))
    return file


def rows_of(file: Path) -> Rows:
    """table -> rows, in the order of their keys."""
    with closing(sqlite3.connect(file)) as conn:
        conn.row_factory = sqlite3.Row
        names = [
            row[0]
            for row in conn.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        return {
            name: [dict(row) for row in conn.execute(f"SELECT * FROM {name} ORDER BY 1, 2")]  # noqa: S608
            for name in names
            if name != "alembic_version"
        }


def verb(file: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environ = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
    return subprocess.run(
        [sys.executable, "-m", "monitor", "--db", f"sqlite:///{file}", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_every_row_is_as_it_was(old: Path) -> None:
    before = rows_of(old)
    assert all(before[table] for table in ("bar", "rotation", "rotation_change", "outbox", "step"))
    refused = verb(old, "status")
    assert refused.returncode == 2
    assert "next: monitor db upgrade" in refused.stderr
    assert rows_of(old) == before
    assert verb(old, "db", "upgrade").returncode == 0
    after = rows_of(old)
    for table, rows in before.items():
        kept = [
            {name: value for name, value in row.items() if name in after[table][0]} for row in rows
        ]
        cut = [{name: row[name] for name in kept[0]} for row in after[table]] if kept else []
        assert cut == kept, table


def test_the_program_reads_what_it_told(old: Path) -> None:
    before = rows_of(old)
    database = open_database(f"sqlite:///{old}")
    with closing(database):
        with pytest.raises(SchemaError) as caught:
            migrations.check_schema(database)
        assert caught.value.remedy == "monitor db upgrade"
        migrations.upgrade(database)
        with database.read() as conn:
            known = rotations.list_rotations(conn)
            newest = steps.latest_step(conn)
            told = outbox.list_notices(
                conn, parse_iso("2025-01-01T00:00:00Z"), parse_iso("2025-03-01T00:00:00Z")
            )
    assert {r.id for r in known} == {row["id"] for row in before["rotation"]}
    assert newest is not None
    assert len(newest.sectors) == 3
    assert [notice.delivered_at is not None for notice in told] == [True, False, False]
    assert [notice.failed_at is not None for notice in told] == [False, True, False]
    listed = verb(old, "rotations", "--json", "--since", "2025-01-01")
    assert listed.returncode in (0, 3), listed.stderr
    shown = [json.loads(line) for line in listed.stdout.splitlines()]
    assert shown
    assert "Traceback" not in listed.stderr


def test_an_older_program_refuses_a_newer_database_with_words(old: Path) -> None:
    database = open_database(f"sqlite:///{old}")
    with closing(database):
        migrations.upgrade(database)
    with closing(sqlite3.connect(old)) as conn, conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    for arguments in (["status"], ["db", "upgrade"], ["run"], ["run", "--migrate"]):
        refused = verb(old, *arguments)
        assert refused.returncode == 2, arguments
        assert "which this program does not know" in refused.stderr
        assert "next: install a newer monitor" in refused.stderr
        assert "Traceback" not in refused.stderr
