"""Rows of a file under our own names of columns, as text, with their lines."""

from collections.abc import Collection, Iterator, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Rows side by side. ``columns``: cells by our names as far as the file has them; ``given``: one text for all rows of
    each other name, blank where nothing says it. ``faults``: lines that are no rows.
    """

    lines: Sequence[int]
    columns: Mapping[str, Sequence[str]]
    given: Mapping[str, str]
    faults: Sequence[tuple[int, str]] = ()

    def broken(self) -> Iterator[FileRow]:
        """The lines that are no rows."""
        for line, fault in self.faults:
            yield FileRow(line, dict(self.given), fault)

    def row(self, place: int) -> FileRow:
        """One of the rows."""
        cells = {name: cells[place] for name, cells in self.columns.items()}
        return FileRow(self.lines[place], {**self.given, **cells})


def read_blocks(
    sheet: Sheet, reading: Reading, *, only: Collection[str] | None = None
) -> Iterator[RowBlock]:
    """All rows in the file's order, or ``only`` some of our columns; raises FileRefusedError where reading breaks off."""
    names = BAR_COLUMNS if reading.kind == "bars" else SUPPLY_COLUMNS
    given = {name: reading.fixed.get(name, "") for name in names}
    text = str.strip if sheet.form.startswith("CSV") else _text  # cells of a CSV are text already
    for block in sheet.blocks():
        columns: dict[str, Sequence[str]] = {}
        for name, place in reading.columns.items():
            if only is not None and name not in only:
                continue
            cells = list(map(text, block.columns[place]))
            columns[name] = cells if name in _TEXTS else sheet.numbers.plain(cells)
        yield RowBlock(block.lines, columns, given, block.faults)


def read_rows(sheet: Sheet, reading: Reading) -> Iterator[FileRow]:
    """Every row in the file's order; raises FileRefusedError where reading breaks off."""
    for block in read_blocks(sheet, reading):
        yield from block.broken()
        for place in range(len(block.lines)):
            yield block.row(place)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None or value != value:  # noqa: PLR0124  NaN, as pandas writes the unknown
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)
