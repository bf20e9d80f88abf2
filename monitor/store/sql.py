"""The few statements that SQLAlchemy spells per database, and the driver's bare cursor for bulk work."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, cast, extract, type_coerce
from sqlalchemy import Double as SqlDouble
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

T = TypeVar("T")

CHUNK = 500
"""Values in one ``IN`` list: far below every driver's limit on parameters."""


def insert(conn: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert of the connection's own kind, which knows ``ON CONFLICT``."""
    if conn.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  five drivers' dialects come along

    return postgresql.insert(table)


def upsert(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; one whose key is there already replaces the other columns."""
    if not rows:
        return
    statement = insert(conn, table)
    changed = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    keys = [c.name for c in table.primary_key]
    conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def microseconds(conn: Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A time column as a number of microseconds since the epoch, without a Python datetime for each row."""
    if conn.dialect.name == "sqlite":
        return type_coerce(column, BigInteger)
    return cast(extract("epoch", column) * 1_000_000, SqlDouble)  # exact below 2**53 us: year 2255


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Lists of up to ``size`` items, in order."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk
