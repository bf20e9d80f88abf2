"""Rows of CSV, CSV.gz and Parquet files as text cells, with their line numbers."""

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from monitor.model.errors import MonitorError

BAR_COLUMNS = (
    "ts",
    "exchange",
    "symbol",
    "open",
    "high",
    "low",
    "close",
    "base_volume",
    "quote_volume",
    "taker_buy_quote",
)
SUPPLY_COLUMNS = (
    "ts",
    "token",
    "source",
    "price_usd",
    "market_cap_usd",
    "circulating_supply",
    "volume_24h_usd",
)
_BATCH = 10_000


class FileRefusedError(MonitorError):
    """A file that cannot be read as what it should be; nothing of it was taken in."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: its line in the file (its number from 1 in Parquet) and its cells by column.

    ``fault`` says why it is no row of this table.
    """

    line: int
    cells: dict[str, str]
    fault: str | None = None


def columns_of(path: Path) -> tuple[str, ...]:
    """The columns a file declares, in its order; raises FileRefusedError where it cannot be read."""
    try:
        if _is_parquet(path):
            return tuple(_parquet(path).schema_arrow.names)
        with _open_text(path) as file:
            header = next(csv.reader(file), [])
    except (OSError, ValueError, EOFError, csv.Error) as error:
        raise FileRefusedError(f"{path}: cannot be read: {error}") from error
    return tuple(name.strip() for name in header)


def kind_of_table(path: Path) -> str:
    """``bars`` or ``supplies``, by its columns; raises FileRefusedError with what was found and expected."""
    found = columns_of(path)
    for kind, expected in (("bars", BAR_COLUMNS), ("supplies", SUPPLY_COLUMNS)):
        if sorted(found) == sorted(expected):
            return kind
    nearest = max((BAR_COLUMNS, SUPPLY_COLUMNS), key=lambda c: len(set(c) & set(found)))
    missing = ", ".join(c for c in nearest if c not in found) or "none"
    extra = ", ".join(c for c in found if c not in nearest) or "none"
    raise FileRefusedError(
        f"{path}: found columns {', '.join(found) or '(none)'}, expected {', '.join(nearest)}"
        f" (missing: {missing}; not known: {extra})"
    )


def read_table(path: Path) -> Iterator[TableRow]:
    """Every row, in the file's order; raises FileRefusedError where reading breaks off."""
    try:
        yield from _parquet_rows(path) if _is_parquet(path) else _text_rows(path)
    except (OSError, ValueError, EOFError, csv.Error) as error:
        raise FileRefusedError(f"{path}: reading broke off: {error}") from error


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _open_text(path: Path) -> TextIO:
    name = path.name.lower()
    if name.endswith(".csv.gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    if name.endswith(".csv"):
        return path.open(encoding="utf-8-sig", newline="")
    raise FileRefusedError(
        f"{path}: found suffix {path.suffix!r}, expected .csv, .csv.gz or .parquet"
    )


def _text_rows(path: Path) -> Iterator[TableRow]:
    with _open_text(path) as file:
        reader = csv.reader(file)
        header = [name.strip() for name in next(reader, [])]
        for values in reader:
            if not values:
                continue
            fault = None
            if len(values) != len(header):
                fault = f"found {len(values)} cells, expected {len(header)}"
            cells = dict(zip(header, (v.strip() for v in values), strict=False))
            yield TableRow(reader.line_num, cells, fault)


def _parquet(path: Path) -> Any:
    import pyarrow.parquet as pq  # noqa: PLC0415  heavy: only where a Parquet file is read

    return pq.ParquetFile(path)


def _parquet_rows(path: Path) -> Iterator[TableRow]:
    line = 0
    for batch in _parquet(path).iter_batches(batch_size=_BATCH):
        names = batch.schema.names
        columns: Sequence[list[Any]] = [column.to_pylist() for column in batch.columns]
        for values in zip(*columns, strict=True):
            line += 1
            yield TableRow(line, {n: _text(v) for n, v in zip(names, values, strict=True)})


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)
