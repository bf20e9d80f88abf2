"""Tables of the page: what people see and what a program reads are made of the same cells."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.content.wording.safe_text import one_line
from monitor.model.grid import iso

_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Cell:
    """``shown``: for people; ``value``: for programs, unknown is None. ``color``: a sector's, shown as a dot."""

    shown: str
    value: Any = None
    href: str | None = None
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """``heading``: for people; ``name``: for programs, with the unit. ``words``: text is not set to the right."""

    heading: str
    name: str
    words: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """``key``: of its CSV; ``caption``: what it is and as of when; ``empty``: why it has no row."""

    key: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    empty: str = "Nothing."


def text_cell(value: str, **more: Any) -> Cell:
    """A word or a name, made safe for one line."""
    return Cell(one_line(value, 80), value, **more)


def time_cell(moment: datetime | None) -> Cell:
    """``2025-01-19 05:00``; a dash where there is none."""
    return Cell(
        moment.strftime("%Y-%m-%d %H:%M") if moment else "-", iso(moment) if moment else None
    )


def to_csv(table: Table) -> str:
    """With a header also where it has no row; a text that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    for row in table.rows:
        writer.writerow([_plain(cell.value) for cell in row])
    return out.getvalue()


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
