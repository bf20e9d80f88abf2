"""The keys fit TimescaleDB's hypertables and Citus' distribution, as the example files make them.

Neither extension is in Debian, so the files do not run here whole. What is proved: PostgreSQL parses each statement, and the
real schema keeps the rules that make the extensions refuse a table: each unique index holds the column that the table is
parted by, no foreign key leads to it, and rows that go together have one kind of column to go by.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.store.database import Database
from monitor.store.errors import StoreError

EXAMPLES = Path(__file__).resolve().parents[3] / "config" / "examples"
PARTED = re.compile(
    r"(create_hypertable\('(?P<time>\w+)', by_range\('(?P<at>\w+)'|create_distributed_table\('(?P<spread>\w+)', '(?P<by>\w+)')"
)
SEGMENTED = re.compile(
    r"ALTER TABLE (\w+) SET \(.*segmentby = '([^']+)', .*orderby = '([^']+)'", re.IGNORECASE
)


@dataclass(frozen=True)
class Parted:
    """A table and the column that it is parted by."""

    table: str
    column: str


@pytest.fixture
def database_kind() -> str:
    """Both are extensions of PostgreSQL."""
    return "postgresql"


def statements(name: str) -> list[str]:
    """Of an example file, without its comments."""
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    whole = "\n".join(line for line in lines if not line.startswith("--"))
    return [part.strip() for part in whole.split(";") if part.strip()]


def parted(name: str) -> list[Parted]:
    """What the file parts."""
    found = [PARTED.search(statement) for statement in statements(name)]
    return [Parted(m["time"] or m["spread"], m["at"] or m["by"]) for m in found if m]


@pytest.mark.parametrize(("name", "count"), [("timescaledb.sql", 7), ("citus.sql", 6)])
def test_each_table_may_be_parted_by_its_column(database: Database, name: str, count: int) -> None:
    tables = parted(name)
    assert len(tables) == count
    assert sum("create_hypertable" in s or "create_distributed" in s for s in statements(name)) == count  # fmt: skip
    with database.read() as conn:
        for one in tables:
            unique = conn.execute(
                text(
                    "SELECT i.indexrelid::regclass::text, array_agg(a.attname::text) FROM pg_index i"
                    " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
                    " WHERE i.indrelid = CAST(:table AS regclass) AND i.indisunique GROUP BY 1"
                ),
                {"table": one.table},
            ).all()
            assert unique, f"{one.table}: nothing to upsert by"
            for index, columns in unique:
                assert one.column in columns, f"{index} does not hold {one.column}"
            keys = conn.scalar(
                text(
                    "SELECT count(*) FROM pg_constraint WHERE contype = 'f'"
                    " AND CAST(:table AS regclass) IN (conrelid, confrelid)"
                ),
                {"table": one.table},
            )
            assert keys == 0, f"{one.table}: a foreign key"


def test_a_hypertable_is_parted_by_a_time_that_is_never_unknown(database: Database) -> None:
    with database.read() as conn:
        for one in parted("timescaledb.sql"):
            kind = conn.execute(
                text(
                    "SELECT data_type, is_nullable FROM information_schema.columns"
                    " WHERE table_name = :table AND column_name = :column"
                ),
                {"table": one.table, "column": one.column},
            ).one()
            assert tuple(kind) == ("timestamp with time zone", "NO"), one


def test_segments_and_order_of_compressed_rows_are_columns_of_the_key(database: Database) -> None:
    by_time = {one.table: one.column for one in parted("timescaledb.sql")}
    found = [SEGMENTED.search(statement) for statement in statements("timescaledb.sql")]
    segmented = {m[1]: (m[2].split(", "), m[3]) for m in found if m}
    assert len(segmented) == 5
    with database.read() as conn:
        for table, (segments, order) in segmented.items():
            key = set(
                conn.scalars(
                    text(
                        "SELECT a.attname::text FROM pg_index i JOIN pg_attribute a"
                        " ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
                        " WHERE i.indrelid = CAST(:table AS regclass) AND i.indisprimary"
                    ),
                    {"table": table},
                )
            )
            assert order == by_time[table]
            assert {*segments, order} == key, table


@pytest.mark.parametrize("name", ["timescaledb.sql", "citus.sql"])
def test_postgresql_parses_each_statement(database: Database, name: str) -> None:
    """PL/pgSQL parses a branch that it never takes, and looks no function up in it."""
    for statement in statements(name):
        with database.write() as conn:
            conn.exec_driver_sql(
                f"DO $do$ BEGIN IF false THEN {statement}; END IF; END $do$".replace("%", "%%")
            )


def test_a_statement_that_does_not_parse_would_be_seen(database: Database) -> None:
    broken = "SELECT create_hypertable('bar' by_range)"
    with pytest.raises(StoreError, match="syntax error"), database.write() as conn:
        conn.exec_driver_sql(f"DO $do$ BEGIN IF false THEN {broken}; END IF; END $do$")
