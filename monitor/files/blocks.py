"""Rows of a file as columns, some thousands at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

BLOCK = 20_000
"""Rows in memory at a time."""

Column = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Block:
    """Rows as columns, in the order of the sheet's names. ``lines``: each row's line in the file, from 1 (its number
    where the file has no lines). ``faults``: lines that are no rows of this table, and why."""

    lines: Sequence[int]
    columns: list[Column]
    faults: list[tuple[int, str]] = field(default_factory=list)


def block_of(rows: list[Any], lines: Sequence[int], wide: int) -> Block:
    """Rows as columns; a row that is longer or shorter is a fault, an empty one nothing."""
    faults: list[tuple[int, str]] = []
    if set(map(len, rows)) != {wide}:
        whole = []
        for line, row in zip(lines, rows, strict=True):
            if len(row) == wide:
                whole.append((line, row))
            elif row:
                faults.append((line, f"found {len(row)} cells, expected {wide}"))
        lines, rows = [line for line, _ in whole], [row for _, row in whole]
    columns: list[Column] = [list(column) for column in zip(*rows, strict=True)]
    return Block(lines, columns or [[] for _ in range(wide)], faults)
