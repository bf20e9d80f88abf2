"""Records as CSV, Parquet, Arrow or JSON; the columns and their kinds are known before the first record."""

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Literal

Record = dict[str, Any]
Kind = Literal["text", "number", "whole", "flag"]
Columns = Mapping[str, Kind]
Write = Callable[[Path, Columns, Iterable[Record]], int]
"""Write all records to a file; gives their number. Without a record the header is written all the same."""

_BATCH = 20_000


def _csv(path: Path, columns: Columns, records: Iterable[Record]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        return _write_csv(file, columns, records)


def _csv_gz(path: Path, columns: Columns, records: Iterable[Record]) -> int:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        return _write_csv(file, columns, records)


def _write_csv(file: Any, columns: Columns, records: Iterable[Record]) -> int:
    count = 0
    writer = csv.DictWriter(file, list(columns))
    writer.writeheader()
    for record in records:
        writer.writerow(record)
        count += 1
    return count


def _json(path: Path, _: Columns, records: Iterable[Record]) -> int:
    """A list of objects, a line each."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(",\n" if count else "[\n")
            file.write(json.dumps(record, ensure_ascii=False, allow_nan=False))
            count += 1
        file.write("\n]\n" if count else "[]\n")
    return count


def _parquet(path: Path, columns: Columns, records: Iterable[Record]) -> int:
    import pyarrow.parquet as pq  # noqa: PLC0415  heavy: only where such a file is written

    schema = _schema(columns)
    with pq.ParquetWriter(path, schema) as writer:
        return _in_batches(writer, schema, records)


def _arrow(path: Path, columns: Columns, records: Iterable[Record]) -> int:
    """The Arrow file format, which is Feather's second version."""
    import pyarrow as pa  # noqa: PLC0415  heavy: only where such a file is written

    schema = _schema(columns)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        return _in_batches(writer, schema, records)


def _in_batches(writer: Any, schema: Any, records: Iterable[Record]) -> int:
    import pyarrow as pa  # noqa: PLC0415

    count = 0
    for batch in _batches(records):
        writer.write_table(pa.Table.from_pylist(batch, schema=schema))
        count += len(batch)
    return count


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    rest = iter(records)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _schema(columns: Columns) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    types = {"text": pa.string(), "number": pa.float64(), "whole": pa.int64(), "flag": pa.bool_()}
    return pa.schema([(name, types[kind]) for name, kind in columns.items()])


WRITERS: Mapping[str, Write] = {
    "csv": _csv,
    "csv.gz": _csv_gz,
    "parquet": _parquet,
    "arrow": _arrow,
    "feather": _arrow,
    "json": _json,
}
"""By the name of the format, which is a file's suffix."""
