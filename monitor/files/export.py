"""Stored bars, sector states and rotations as a file; the suffix is the format, units stand in the column names."""

import csv
import gzip
import json
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from monitor.files.tables import BAR_COLUMNS
from monitor.model.errors import MonitorError
from monitor.model.figures import FIGURES
from monitor.model.grid import iso
from monitor.model.rotation_json import rotation_to_json
from monitor.model.state import SectorState
from monitor.model.universe import BEGINNING, END
from monitor.store import bars, rotations, steps
from monitor.store.database import Database

Record = dict[str, Any]

_BATCH = 20_000
_ROTATION_COLUMNS = (
    "id",
    "from_sector",
    "to_sector",
    "status",
    "severity",
    "detected_at",
    "confirmed_at",
    "closed_at",
    "started_at",
    "score",
    "at_start",
    "parameters",
)
_EVIDENCE_COLUMNS = (
    "window_h",
    "relative_return",
    "share_change_pp",
    "volume_share_change_pp",
    "net_flow_usd",
    "market_return",
    "from_own_return",
    "to_own_return",
    "moved_before_detection_pp",
)


def export_file(
    kind: str,
    out: Path,
    database: Database,
    *,
    width: timedelta,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Write ``bars``, ``sectors`` or ``rotations`` of ``[since, until)`` to ``out``; gives the number of rows.

    ``.csv``, ``.csv.gz``, ``.parquet`` or ``.json`` (a list of objects; rotations as `rotations --json` prints them).
    Exported bars can be imported again. The file appears whole or not at all. Raises MonitorError for another suffix.
    """
    write = _writer(out)
    partial = out.with_name(f".{out.name}.part")
    try:
        with database.read() as conn:
            if kind == "bars":
                records = _bars(conn, width, since, until)
            elif kind == "sectors":
                records = _sectors(conn, since, until)
            else:
                flat = not out.name.lower().endswith(".json")
                records = _rotations(conn, since, until, flat=flat)
            count = write(partial, records)
        os.replace(partial, out)  # noqa: PTH105  atomic, and Path.replace says the same
    except OSError as error:
        raise MonitorError(f"{out}: cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def _writer(out: Path) -> Callable[[Path, Iterable[Record]], int]:
    name = out.name.lower()
    for suffix, write in (
        (".csv", _csv),
        (".csv.gz", _csv_gz),
        (".parquet", _parquet),
        (".json", _json),
    ):
        if name.endswith(suffix):
            return write
    raise MonitorError(
        f"{out}: found suffix {out.suffix!r}, expected .csv, .csv.gz, .parquet or .json",
        remedy="name the file with the suffix of the format you want",
    )


def _bars(
    conn: Connection, width: timedelta, since: datetime | None, until: datetime | None
) -> Iterator[Record]:
    for bar, _received in bars.read_bars(conn, width=width, since=since, until=until):
        exchange, _, symbol = bar.market_id.partition(":")
        values = (iso(bar.open_time), exchange, symbol, bar.open, bar.high, bar.low, bar.close)
        volumes = (bar.base_volume, bar.quote_volume, bar.taker_buy_quote)
        yield dict(zip(BAR_COLUMNS, (*values, *volumes), strict=True))


def _sectors(conn: Connection, since: datetime | None, until: datetime | None) -> Iterator[Record]:
    for close, state in steps.sector_series(conn, since or BEGINNING, until or END):
        yield {"close_ts": iso(close), "sector": state.id, **_sector_figures(state)}


def _sector_figures(state: SectorState) -> Record:
    return {figure.export_name: figure.read(state) for figure in FIGURES if figure.exported}


def _rotations(
    conn: Connection, since: datetime | None, until: datetime | None, *, flat: bool
) -> Iterator[Record]:
    for rotation in rotations.list_rotations(conn, since=since, until=until):
        record = rotation_to_json(rotation)
        if not flat:
            yield record
            continue
        evidence = record["evidence"]
        yield {name: record[name] for name in _ROTATION_COLUMNS} | {
            name: evidence[name] for name in _EVIDENCE_COLUMNS
        }


def _csv(path: Path, records: Iterable[Record]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        return _write_csv(file, records)


def _csv_gz(path: Path, records: Iterable[Record]) -> int:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        return _write_csv(file, records)


def _write_csv(file: Any, records: Iterable[Record]) -> int:
    count = 0
    writer = None
    for record in records:
        if writer is None:
            writer = csv.DictWriter(file, list(record))
            writer.writeheader()
        writer.writerow(record)
        count += 1
    return count


def _json(path: Path, records: Iterable[Record]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(",\n" if count else "[\n")
            file.write(json.dumps(record, ensure_ascii=False, allow_nan=False))
            count += 1
        file.write("\n]\n" if count else "[]\n")
    return count


def _parquet(path: Path, records: Iterable[Record]) -> int:
    import pyarrow as pa  # noqa: PLC0415  heavy: only where a Parquet file is written
    import pyarrow.parquet as pq  # noqa: PLC0415

    rest = iter(records)
    batch = list(islice(rest, _BATCH))
    if not batch:
        pq.write_table(pa.table({}), path)
        return 0
    schema = pa.schema([(name, _type(pa, name)) for name in batch[0]])
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        while batch:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
            batch = list(islice(rest, _BATCH))
    return count


def _type(pa: Any, name: str) -> Any:
    texts = {"ts", "close_ts", "exchange", "symbol", "sector", *_ROTATION_COLUMNS} - {
        "score",
        "at_start",
    }
    if name in texts:
        return pa.string()
    if name == "at_start":
        return pa.bool_()
    return pa.int64() if name in ("members_count", "window_h") else pa.float64()
