"""Rows of a file under our own names of columns, as text, with their lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.files.reading import BAR_COLUMNS, SUPPLY_COLUMNS, Reading
from monitor.files.tables import Sheet

_TEXTS = frozenset({"ts", "exchange", "symbol", "token", "source"})


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row: its line and its cells by our names, blank where the file has none. ``fault``: why it is no row."""

    line: int
    cells: dict[str, str]
    fault: str | None = None


def read_rows(sheet: Sheet, reading: Reading) -> Iterator[FileRow]:
    """Every row in the file's order; raises FileRefusedError where reading breaks off."""
    names = BAR_COLUMNS if reading.kind == "bars" else SUPPLY_COLUMNS
    blank = {name: reading.fixed.get(name, "") for name in names}
    for block in sheet.blocks():
        for line, fault in block.faults:
            yield FileRow(line, dict(blank), fault)
        columns = []
        for name, place in reading.columns.items():
            cells = [_text(value) for value in block.columns[place]]
            columns.append(cells if name in _TEXTS else sheet.numbers.plain(cells))
        fields = tuple(reading.columns)
        for line, values in zip(block.lines, zip(*columns, strict=True), strict=True):
            yield FileRow(line, blank | dict(zip(fields, values, strict=True)))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None or value != value:  # noqa: PLR0124  NaN, as pandas writes the unknown
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)
