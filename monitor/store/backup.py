"""Copies of a database: a file of the same kind while the daemon runs, or all rows into another database."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from monitor.store import migrations
from monitor.store.database import Database, open_database
from monitor.store.errors import StoreError
from monitor.store.sql import chunks
from monitor.store.tables import lease, metadata

_ROWS = 5_000
_MOVED = tuple(table for table in metadata.sorted_tables if table is not lease)
"""All but the leases: they are of the processes at work on the one database."""


def backup(db: Database, file: Path) -> None:
    """Write a whole and consistent copy of an SQLite database to ``file``, which must not exist yet.

    Readers and the daemon go on meanwhile. Raises StoreError on PostgreSQL, which has its own tool.
    """
    if db.dialect != "sqlite":
        raise StoreError(
            f"{db.url_masked}: `monitor db backup` copies SQLite files only",
            remedy="pg_dump --format=custom --file=monitor.dump NAME",
        )
    if file.exists():
        raise StoreError(f"{file} exists already", remedy="name another file, or remove it first")
    unfinished = file.with_name(file.name + ".part")
    try:
        with db.read() as conn:
            source = conn.connection.driver_connection
            if source is None:
                raise StoreError(f"{db.url_masked}: the connection is closed")
            _write_copy(source, unfinished, db.url_masked)
        unfinished.rename(file)
    except OSError as error:
        raise _unwritten(file, error) from None
    finally:
        unfinished.unlink(missing_ok=True)


def _write_copy(source: Any, unfinished: Path, url_masked: str) -> None:
    """What fails here is told of the copy; outside it would be told of the database that is read."""
    try:
        with closing(sqlite3.connect(unfinished)) as target:
            source.backup(target)
            verdict = target.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        raise _unwritten(unfinished.with_suffix(""), error) from None
    if verdict != "ok":
        raise StoreError(f"{url_masked}: the copy is damaged ({verdict})", remedy="monitor doctor")


def _unwritten(file: Path, error: Exception) -> StoreError:
    return StoreError(
        f"{file}: the copy could not be written ({error})",
        remedy="check the directory, its permissions and its free space",
    )


def copy_to(db: Database, other_url: str) -> dict[str, int]:
    """Copy all rows into the database at ``other_url``; table -> rows, counted on both sides.

    The other database is migrated first and must hold no rows. All or nothing: one transaction.
    """
    migrations.check_schema(db)
    other = open_database(other_url)
    try:
        migrations.upgrade(other)
        with db.read() as source, other.write() as target:
            _refuse_rows(target, other.url_masked)
            return {table.name: _copy(source, target, table) for table in _MOVED}
    finally:
        other.close()


def _refuse_rows(conn: Connection, url_masked: str) -> None:
    filled = [t.name for t in _MOVED if conn.execute(select(t).limit(1)).first()]
    if filled:
        raise StoreError(
            f"{url_masked}: found rows in {', '.join(filled)}, expected an empty database",
            remedy="name an empty database",
        )


def _copy(source: Connection, target: Connection, table: Table) -> int:
    rows = source.execution_options(yield_per=_ROWS).execute(select(table)).mappings()
    for chunk in chunks(rows, _ROWS):
        target.execute(insert(table), [dict(row) for row in chunk])
    counts = [
        conn.execute(select(func.count()).select_from(table)).scalar_one()
        for conn in (source, target)
    ]
    if counts[0] != counts[1]:
        raise StoreError(
            f"{table.name}: {counts[0]} rows here, {counts[1]} arrived; nothing was kept",
            remedy="try again",
        )
    _advance_row_ids(target, table)
    return int(counts[1])


def _advance_row_ids(conn: Connection, table: Table) -> None:
    """On PostgreSQL the counter of new ids does not see ids that were written by hand."""
    column = table.autoincrement_column
    if conn.dialect.name != "postgresql" or column is None:
        return
    highest = conn.execute(select(func.max(column))).scalar()
    if highest is not None:
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        conn.execute(select(func.setval(sequence, highest)))
