"""Files as blocks of columns: CSV in its dialects, JSON, Parquet and Feather, told apart by content, packed or not."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, TextIO

from monitor.files.blocks import BLOCK, Block, block_of
from monitor.files.csv_blocks import csv_blocks
from monitor.files.numbers import AmbiguousNumberError, NumberForm, number_form
from monitor.model.errors import MonitorError

_SAMPLE = 200
_DELIMITERS = (",", ";", "\t", "|")
_CHUNK = 1 << 20  # characters of JSON in memory at a time
_WHOLE_JSON = 256 * 1024 * 1024  # a JSON object is read whole; larger ones are no market chart
_INDEX = "__index_level_0__"

_BREAKS = (
    OSError,
    ValueError,
    EOFError,
    csv.Error,
    zipfile.BadZipFile,
    RecursionError,
)


class FileRefusedError(MonitorError):
    """A file that cannot be read as what it should be; nothing of it was taken in."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was looked into. ``names``: its columns, or their places as text where it has no header.

    ``title``: the name that may tell pair and width: the file's own, or that of the one file in an archive.
    """

    path: Path
    form: str
    title: str
    names: tuple[str, ...]
    headless: bool
    sample: list[list[Any]]
    numbers: NumberForm = field(default_factory=NumberForm)
    skipped: int = 0
    delimiter: str = ","

    def blocks(self) -> Iterator[Block]:
        """All rows, in the file's order; raises FileRefusedError where reading breaks off."""
        try:
            yield from _READERS[self.form.partition(",")[0]](self)
        except _BREAKS as error:
            raise FileRefusedError(f"{self.path}: reading broke off: {error}") from error


def open_sheet(path: Path) -> Sheet:
    """Look into a file; raises FileRefusedError where it cannot be read."""
    try:
        with _unpacked(path) as (raw, title):
            head = raw.read(8)
        if head.startswith(b"PAR1"):
            return _arrow_sheet(path, "Parquet", title)
        if head.startswith(b"ARROW1"):
            return _arrow_sheet(path, "Feather", title)
        if head.startswith(b"FEA1"):
            raise FileRefusedError(
                f"{path}: found Feather of version 1, expected version 2",
                remedy="write it again with pandas: to_feather",
            )
        with _text(path) as text:
            first = text.read(4096).lstrip()[:1]
        if first == "[":
            return _rows_sheet(path, title)
        return _object_sheet(path, title) if first == "{" else _csv_sheet(path, title)
    except AmbiguousNumberError as error:
        raise FileRefusedError(f"{path}: {error}") from error
    except _BREAKS as error:
        raise FileRefusedError(f"{path}: cannot be read: {error}") from error


@contextmanager
def _unpacked(path: Path) -> Iterator[tuple[IO[bytes], str]]:
    """The bytes inside, and the name that tells what they are."""
    with path.open("rb") as raw:
        magic = raw.read(4)
    if magic.startswith(b"\x1f\x8b"):
        with gzip.open(path, "rb") as packed:
            yield packed, path.name.removesuffix(".gz")  # type: ignore[misc]
    elif magic.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if not name.endswith("/")]
            if len(members) != 1:
                raise FileRefusedError(
                    f"{path}: found {len(members)} files in it, expected one", remedy="unpack it"
                )
            with archive.open(members[0]) as packed:
                yield packed, Path(members[0]).name
    else:
        with path.open("rb") as raw:
            yield raw, path.name


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """The file as text: UTF-8 with or without a byte order mark, or UTF-16 with one."""
    with _unpacked(path) as (raw, _):
        marked = raw.read(2)
    encoding = "utf-16" if marked in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    with _unpacked(path) as (raw, _):
        yield io.TextIOWrapper(raw, encoding=encoding, newline="")


# CSV


def _csv_sheet(path: Path, title: str) -> Sheet:
    with _text(path) as text:
        encoding = text.encoding
        lines = list(islice(text, _SAMPLE))
    skipped = 1 if lines and lines[0].lstrip('"').lower().startswith(("http:", "https:")) else 0
    body = lines[skipped:] if lines[skipped:] and lines[skipped].strip() else []
    delimiter = max(_DELIMITERS, key=body[0].count) if body else ","
    rows = [[cell.strip() for cell in row] for row in csv.reader(body, delimiter=delimiter) if row]
    headless = bool(rows) and all(_is_number(cell) for cell in rows[0] if cell) and any(rows[0])
    data = rows if headless else rows[1:]
    names = tuple(map(str, range(len(rows[0])))) if headless else tuple(rows[0] if rows else ())
    numbers = number_form(cell for row in data for cell in row)
    words = [{",": "", ";": "semicolons", "\t": "tabs", "|": "bars between"}[delimiter]]
    words += ["no header"] if headless else []
    words += [f"decimal {numbers.decimal!r}"] if not numbers.is_plain else []
    words += [encoding.upper()] if encoding == "utf-16" else []
    form = ", ".join(["CSV", *(word for word in words if word)])
    return Sheet(path, form, title, names, headless, data, numbers, skipped, delimiter)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _csv_blocks(sheet: Sheet) -> Iterator[Block]:
    with _text(sheet.path) as text:
        for _ in range(sheet.skipped):
            next(text)
        yield from csv_blocks(
            text,
            sheet.delimiter,
            len(sheet.names),
            has_header=not sheet.headless,
            line=sheet.skipped,
        )


# JSON


def _rows_sheet(path: Path, title: str) -> Sheet:
    sample = list(islice(_items(path), _SAMPLE))
    if not sample:
        raise FileRefusedError(f"{path}: found an empty list, expected rows")
    if isinstance(sample[0], dict):
        names = tuple(map(str, sample[0]))
        rows = [[row.get(name) for name in names] for row in sample if isinstance(row, dict)]
        return Sheet(path, "JSON objects", title, names, headless=False, sample=rows)
    if not isinstance(sample[0], list):
        raise FileRefusedError(f"{path}: found a list of {type(sample[0]).__name__}, expected rows")
    names = tuple(map(str, range(len(sample[0]))))
    return Sheet(path, "JSON arrays", title, names, headless=True, sample=sample)


def _items(path: Path) -> Iterator[Any]:
    """The elements of a JSON list one after another, however long it is."""
    decode = json.JSONDecoder().raw_decode
    with _text(path) as text:
        buffer, at, ended = text.read(_CHUNK).lstrip()[1:], 0, False
        while True:
            at = _next_item(buffer, at)
            if buffer[at : at + 1] == "]":
                return
            try:
                item, end = decode(buffer, at)
            except ValueError:
                end = None
            if end is None or (end == len(buffer) and not ended):
                if ended:
                    raise ValueError("the list has no end")
                more = text.read(_CHUNK)
                ended = not more
                buffer, at = buffer[at:] + more, 0
                continue
            yield item
            at = end


def _next_item(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n,":
        position += 1
    return position


def _json_blocks(sheet: Sheet) -> Iterator[Block]:
    items = _items(sheet.path)
    first = 1
    while rows := list(islice(items, BLOCK)):
        if sheet.form == "JSON objects":
            rows = [
                [row.get(name) for name in sheet.names] if isinstance(row, dict) else [row]
                for row in rows
            ]
        else:
            rows = [row if isinstance(row, list) else [row] for row in rows]
        yield block_of(rows, range(first, first + len(rows)), len(sheet.names))
        first += len(rows)


def _object_sheet(path: Path, title: str) -> Sheet:
    names, rows = _chart(path)
    return Sheet(path, "JSON market chart", title, names, headless=False, sample=rows[:_SAMPLE])


def _chart(path: Path) -> tuple[tuple[str, ...], list[list[Any]]]:
    """An object of lists of (time, value), joined by time."""
    with _text(path) as text:
        content = text.read(_WHOLE_JSON + 1)
    if len(content) > _WHOLE_JSON:
        raise FileRefusedError(f"{path}: found a JSON object over 256 MB, expected a market chart")
    value = json.loads(content)
    series = {
        str(name): pairs
        for name, pairs in value.items()
        if isinstance(pairs, list) and all(_is_pair(p) for p in pairs)
    }
    if not series:
        found = ", ".join(map(str, list(value)[:10]))
        raise FileRefusedError(
            f"{path}: found an object with {found}, expected prices, market_caps, total_volumes"
        )
    by_time: dict[Any, dict[str, Any]] = {}
    for name, pairs in series.items():
        for at, figure in pairs:
            by_time.setdefault(at, {})[name] = figure
    rows = [[at, *(figures.get(n) for n in series)] for at, figures in by_time.items()]
    return ("time", *series), rows


def _is_pair(item: Any) -> bool:
    """A time and its value; the time is no list of its own."""
    return isinstance(item, list) and len(item) == 2 and not isinstance(item[0], list | dict)


def _chart_blocks(sheet: Sheet) -> Iterator[Block]:
    _, rows = _chart(sheet.path)
    yield block_of(rows, range(1, len(rows) + 1), len(sheet.names))


# Parquet and Feather


def _arrow_sheet(path: Path, form: str, title: str) -> Sheet:
    batches = _batches(path, form)
    batch = next(batches, None)
    names = tuple(batch.schema.names) if batch is not None else ()
    sample = [] if batch is None else [list(r.values()) for r in batch.slice(0, 20).to_pylist()]
    return Sheet(path, form, title, names, headless=False, sample=sample)


def _batches(path: Path, form: str) -> Iterator[Any]:
    if form == "Parquet":
        import pyarrow.parquet as pq  # noqa: PLC0415  heavy: only where such a file is read

        yield from pq.ParquetFile(path).iter_batches(batch_size=BLOCK)
        return
    import pyarrow as pa  # noqa: PLC0415

    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        for i in range(reader.num_record_batches):
            batch = reader.get_batch(i)
            for start in range(0, batch.num_rows, BLOCK):
                yield batch.slice(start, BLOCK)


def _arrow_blocks(sheet: Sheet) -> Iterator[Block]:
    first = 1
    for batch in _batches(sheet.path, sheet.form):
        lines = range(first, first + batch.num_rows)
        yield Block(lines, [column.to_pylist() for column in batch.columns])
        first += batch.num_rows


def is_index(name: str) -> bool:
    """Whether a column is the row index that pandas wrote along."""
    return name in ("", _INDEX) or name.startswith("Unnamed:")


_READERS = {
    "CSV": _csv_blocks,
    "JSON arrays": _json_blocks,
    "JSON objects": _json_blocks,
    "JSON market chart": _chart_blocks,
    "Parquet": _arrow_blocks,
    "Feather": _arrow_blocks,
}
