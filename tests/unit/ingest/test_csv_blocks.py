"""Plain lines of a CSV are split at once into what the csv module makes of them row by row."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.files import csv_blocks as module
from monitor.files.csv_blocks import csv_blocks

CELL = st.sampled_from(["1", "2.5", "", " x ", '"a,b"', '"two\nlines"', "a;b", "3\r"])
END = st.sampled_from(["\n", "\r\n"])


def by_rows(text: str, wide: int) -> tuple[list[list[str]], int]:
    """Cells of whole rows and the count of broken ones, by the csv module alone."""
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    return [[c.strip() for c in row] for row in rows if len(row) == wide], sum(
        len(row) != wide for row in rows
    )


def by_blocks(text: str, wide: int) -> tuple[list[list[str]], int, list[int]]:
    blocks = list(csv_blocks(io.StringIO(text, newline=""), ",", wide, has_header=False, line=0))
    cells = [
        [str(cell).strip() for cell in row]
        for block in blocks
        for row in zip(*block.columns, strict=True)
    ]
    lines = [line for block in blocks for line in block.lines]
    return cells, sum(len(block.faults) for block in blocks), lines


@pytest.mark.parametrize("size", [1, 2, 3, 20_000])
@given(
    rows=st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=8),
    end=END,
    closed=st.booleans(),
)
def test_blocks_hold_what_rows_hold(
    size: int, rows: list[list[str]], end: str, closed: bool
) -> None:
    text = end.join(",".join(row) for row in rows) + (end if closed else "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", size)
        cells, faults, lines = by_blocks(text, 3)
    assert (cells, faults) == by_rows(text, 3)
    assert lines == sorted(lines)


def test_a_short_line_beside_a_long_one_is_two_faults_and_keeps_the_lines_of_the_others() -> None:
    text = "1,2,3\n1,2\n1,2,3,4\n7,8,9\n"
    cells, faults, lines = by_blocks(text, 3)
    assert cells == [["1", "2", "3"], ["7", "8", "9"]]
    assert faults == 2
    assert lines == [1, 4]
