"""Bars into rows in bulk: the fast way in of each database. Rows whose key is there are left alone.

A row is (market number, width in seconds, open time, open, high, low, close, base volume, quote volume, taker buy
quote, received at), times in the database's own form.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import Connection

from monitor.model.bar_columns import BarColumns
from monitor.model.bars import Bar
from monitor.store.tables import bar
from monitor.store.types import to_us

Row = tuple[Any, ...]

COLUMNS = tuple(column.name for column in bar.columns)
_NAMES = ", ".join(COLUMNS)
_KEY = "market, width_s, open_time"
_AT_ONCE = 500
"""Rows of one statement: SQLite takes 32,766 values in one, and the interpreter goes on while it works."""


def _sqlite_insert(rows: int) -> str:
    each = f"({', '.join('?' * len(COLUMNS))})"
    values = ", ".join([each] * rows)
    return f"INSERT INTO bar ({_NAMES}) VALUES {values} ON CONFLICT ({_KEY}) DO NOTHING"  # noqa: S608  names only


_SQLITE_ONE, _SQLITE_MANY = _sqlite_insert(1), _sqlite_insert(_AT_ONCE)
_PG_TYPES = ("int4", "int4", "timestamptz", *["float8"] * 7, "timestamptz")
_COPY_FROM = 200  # fewer rows than this are quicker without a temporary table


def rows_of_bars(
    conn: Connection,
    bars: Sequence[Bar],
    numbers: Mapping[str, int],
    width: timedelta,
    received_at: datetime,
) -> list[Row]:
    """Rows of the bars, in their order."""
    width_s = width // timedelta(seconds=1)
    received, opens = _in_form(conn, received_at, {b.open_time for b in bars})
    return [
        (
            numbers[b.market_id],
            width_s,
            opens[b.open_time],
            b.open,
            b.high,
            b.low,
            b.close,
            b.base_volume,
            b.quote_volume,
            b.taker_buy_quote,
            received,
        )
        for b in bars
    ]


def insert_columns(
    conn: Connection,
    bars: BarColumns,
    numbers: Mapping[str, int],
    width: timedelta,
    received_at: datetime,
) -> int:
    """The same as :func:`insert_new` of bars side by side, without an object for each."""
    if not len(bars):
        return 0
    # of a market without a bar among them nobody asks the number
    numbers_of = np.array([numbers.get(name, 0) for name in bars.markets], dtype=np.int64)
    width_s = width // timedelta(seconds=1)
    opens: list[Any] = bars.opens.tolist()
    received, _ = _in_form(conn, received_at, set())
    is_sqlite = conn.dialect.name == "sqlite"
    if not is_sqlite:  # whose own form are microseconds
        moments = bars.moments()
        opens = [moments[us] for us in opens]
    columns = (
        numbers_of[bars.codes].tolist(),
        [width_s] * len(bars),
        opens,
        # SQLite stores a NaN as NULL, and its driver takes a float at once where it looks for ways to take a None
        *(bars.figures.tolist() if is_sqlite else bars.lists()),
        [received] * len(bars),
    )
    if not is_sqlite:
        return _postgresql_insert(conn, list(zip(*columns, strict=True)))
    cells: list[Any] = [None] * (len(bars) * len(columns))
    for place, column in enumerate(columns):
        cells[place :: len(columns)] = column
    return _sqlite_cells(conn, cells)


def _in_form(
    conn: Connection, received_at: datetime, moments: AbstractSet[datetime]
) -> tuple[Any, Mapping[datetime, Any]]:
    """(received at, each moment) as the database's driver takes times."""
    if conn.dialect.name != "sqlite":
        return received_at, {moment: moment for moment in moments}
    return to_us(received_at), {moment: to_us(moment) for moment in moments}


def insert_new(conn: Connection, rows: list[Row]) -> int:
    """Insert the rows whose key is not there; returns how many were."""
    if not rows:
        return 0
    if conn.dialect.name == "sqlite":
        return _sqlite_new(conn, rows)
    return _postgresql_insert(conn, rows)


def _sqlite_new(conn: Connection, rows: list[Row]) -> int:
    return _sqlite_cells(conn, list(chain.from_iterable(rows)))


def _sqlite_cells(conn: Connection, cells: list[Any]) -> int:
    """Insert rows that stand one after another in one list."""
    new, each = 0, len(COLUMNS)
    whole = len(cells) - len(cells) % (_AT_ONCE * each)
    for first in range(0, whole, _AT_ONCE * each):
        values = tuple(cells[first : first + _AT_ONCE * each])
        new += conn.exec_driver_sql(_SQLITE_MANY, values).rowcount
    rest = [tuple(cells[first : first + each]) for first in range(whole, len(cells), each)]
    return new + conn.exec_driver_sql(_SQLITE_ONE, rest).rowcount if rest else new


def _postgresql_insert(conn: Connection, rows: list[Row]) -> int:
    connection: Any = conn.connection.driver_connection
    with connection.cursor() as cursor:
        if len(rows) < _COPY_FROM:
            marks = ", ".join(["%s"] * len(COLUMNS))
            cursor.executemany(
                f"INSERT INTO bar ({_NAMES}) VALUES ({marks}) ON CONFLICT ({_KEY}) DO NOTHING",  # noqa: S608
                rows,
            )
            return int(cursor.rowcount)
        if _keys_are_free(cursor, rows):
            # Sound because there is one writer; looking for conflicts row by row takes twice the time.
            _copy(cursor, "bar", rows)
            return len(rows)
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS bar_incoming (LIKE bar) ON COMMIT DROP"
        )
        cursor.execute("TRUNCATE bar_incoming")
        _copy(cursor, "bar_incoming", rows)
        cursor.execute(
            f"INSERT INTO bar ({_NAMES}) SELECT {_NAMES} FROM bar_incoming "  # noqa: S608
            f"ON CONFLICT ({_KEY}) DO NOTHING"
        )
        return int(cursor.rowcount)


def _copy(cursor: Any, table: str, rows: list[Row]) -> None:
    with cursor.copy(f"COPY {table} ({_NAMES}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(_PG_TYPES)
        for row in rows:
            copy.write_row(row)


def _keys_are_free(cursor: Any, rows: list[Row]) -> bool:
    """Whether no row has a key of another, and none of their markets has a bar in their span of time."""
    opens = {row[2] for row in rows}
    if len({(row[0], row[2]) for row in rows}) < len(rows):
        return False
    cursor.execute(
        "SELECT NOT EXISTS (SELECT 1 FROM unnest(%s::int4[]) AS wanted(market) JOIN bar USING (market) "
        "WHERE bar.width_s = %s AND bar.open_time BETWEEN %s AND %s)",
        (list({row[0] for row in rows}), rows[0][1], min(opens), max(opens)),
    )
    return bool(cursor.fetchone()[0])
