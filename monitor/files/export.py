"""Stored bars, depth of order books, sector states and rotations as a file or on standard output, with units in the column names."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, fields
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from monitor.files.reading import BAR_COLUMNS
from monitor.files.writers import WRITERS, Columns, Kind, Record
from monitor.model import rotation_columns
from monitor.model.errors import MonitorError
from monitor.model.figures import FIGURES, Unit
from monitor.model.grid import iso
from monitor.model.order_book import Depth
from monitor.model.relative_flow import day_of
from monitor.model.rotation_json import rotation_to_json
from monitor.model.universe import BEGINNING, END
from monitor.store import bars, rotations, steps
from monitor.store.database import Database
from monitor.store.order_books import books_between, books_span

_EXPORTED = tuple(figure for figure in FIGURES if figure.exported)
RELATIVE = "relative_net_flow_24h_usd"
"""What a sector got of net flow beyond its part of the tide: a convention, and one of all sectors of a step together."""

_DEPTH_COLUMNS: dict[str, Kind] = {
    "ts": "text",
    "exchange": "text",
    "symbol": "text",
    **{field.name: "number" for field in fields(Depth)},
    "truncated": "flag",
}
_KINDS: dict[Unit, Kind] = {Unit.COUNT: "whole", Unit.GRADE: "text"}
_DAY, _INSTANT = timedelta(days=1), timedelta(microseconds=1)


def export_file(
    kind: str,
    out: Path,
    database: Database,
    *,
    width: timedelta,
    since: datetime | None = None,
    until: datetime | None = None,
    form: str | None = None,
) -> int:
    """Write ``bars``, ``depth``, ``sectors`` or ``rotations`` of ``[since, until)`` to ``out``; gives the number of rows.

    ``form``: a name of :data:`monitor.files.writers.WRITERS`; the file's suffix without it. JSON is a list of objects,
    rotations as `rotations --json` prints them. Exported bars can be imported again. The file appears whole or not at
    all, with its header also where nothing is in it. Raises MonitorError for another suffix.
    """
    form = form or _form(out)
    partial = out.with_name(f".{out.name}.part")
    try:
        with database.read() as conn:
            records = _records(kind, conn, width, since, until, flat=form != "json")
            count = WRITERS[form](partial, _columns(kind), records)
        os.replace(partial, out)  # noqa: PTH105  atomic, and Path.replace says the same
    except OSError as error:
        raise MonitorError(
            f"{out}: cannot be written: {error.strerror}",
            remedy="--out FILE, where this user may write",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def export_stream(
    kind: str,
    out: BinaryIO,
    database: Database,
    *,
    width: timedelta,
    since: datetime | None = None,
    until: datetime | None = None,
    form: str | None = None,
) -> int:
    """As :func:`export_file`, to an open stream; CSV without a ``form``. Nothing is sent before all of it is read."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "export"
        count = export_file(
            kind, whole, database, width=width, since=since, until=until, form=form or "csv"
        )
        with whole.open("rb") as file:
            shutil.copyfileobj(file, out)
    return count


def _form(out: Path) -> str:
    name = out.name.lower()
    found = [form for form in WRITERS if name.endswith(f".{form}")]
    if not found:
        *some, last = (f".{form}" for form in WRITERS)
        raise MonitorError(
            f"{out}: found suffix {out.suffix!r}, expected {', '.join(some)} or {last}",
            remedy="name the file with the suffix of the format you want",
        )
    return found[0]


def _columns(kind: str) -> Columns:
    if kind == "bars":
        texts = ("ts", "exchange", "symbol")
        return {name: "text" if name in texts else "number" for name in BAR_COLUMNS}
    if kind == "depth":
        return _DEPTH_COLUMNS
    if kind == "sectors":
        kinds: dict[str, Kind] = {"close_ts": "text", "sector": "text"}
        for figure in _EXPORTED:
            kinds[figure.export_name] = _KINDS.get(figure.unit, "number")
        kinds[RELATIVE] = "number"
        return kinds
    return {name: _rotation_kind(name) for name in rotation_columns.COLUMNS}


def _rotation_kind(name: str) -> Kind:
    if name in rotation_columns.FLAGS:
        return "flag"
    if name in rotation_columns.WHOLE:
        return "whole"
    return "number" if name in rotation_columns.NUMBERS else "text"


def _records(
    kind: str,
    conn: Connection,
    width: timedelta,
    since: datetime | None,
    until: datetime | None,
    *,
    flat: bool,
) -> Iterator[Record]:
    if kind == "bars":
        return _bars(conn, width, since, until)
    if kind == "depth":
        return _depth(conn, since, until)
    if kind == "sectors":
        return _sectors(conn, since, until)
    found = rotations.list_rotations(conn, since=since, until=until)
    return map(rotation_columns.rotation_row if flat else rotation_to_json, found)


def _bars(
    conn: Connection, width: timedelta, since: datetime | None, until: datetime | None
) -> Iterator[Record]:
    for bar, _received in bars.read_bars(conn, width=width, since=since, until=until):
        exchange, _, symbol = bar.market_id.partition(":")
        values = (iso(bar.open_time), exchange, symbol, bar.open, bar.high, bar.low, bar.close)
        volumes = (bar.base_volume, bar.quote_volume, bar.taker_buy_quote)
        yield dict(zip(BAR_COLUMNS, (*values, *volumes), strict=True))


def _depth(conn: Connection, since: datetime | None, until: datetime | None) -> Iterator[Record]:
    """A day at a time: books of many markets, each five minutes, are many."""
    span = books_span(conn)
    if span is None:
        return
    begin, end = max(since or span[0], span[0]), min(until or END, span[1] + _INSTANT)
    while begin < end:
        day = min(begin + _DAY, end)
        for book in books_between(conn, begin - _INSTANT, day - _INSTANT):
            exchange, _, symbol = book.market_id.partition(":")
            figures = astuple(book.depth)
            yield dict(zip(_DEPTH_COLUMNS, (iso(book.at), exchange, symbol, *figures), strict=True))
        begin = day


def _sectors(conn: Connection, since: datetime | None, until: datetime | None) -> Iterator[Record]:
    stored = steps.sector_series(conn, since or BEGINNING, until or END)
    for close, rows in groupby(stored, key=itemgetter(0)):
        states = [state for _, state in rows]
        relative, _ = day_of(states)
        for state in states:
            figures = {figure.export_name: figure.read(state) for figure in _EXPORTED}
            figures[RELATIVE] = relative.by_sector.get(state.id) if relative else None
            yield {"close_ts": iso(close), "sector": state.id, **figures}
