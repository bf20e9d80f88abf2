"""A window of the last steps in fixed memory."""

import numpy as np

from monitor.model.interval import FloatArray


class Ring:
    """The last ``length`` rows of ``width`` values, NaN before there were any.

    Each row is written twice, ``length`` apart, so that any window of the past is one contiguous block in order of
    time: sums over it run in the same order whether or not the stream was cut.
    """

    __slots__ = ("_rows", "length", "position")

    def __init__(self, length: int, width: int) -> None:
        self.length = length
        self.position = 0
        self._rows = np.full((2 * length, width), np.nan)

    def push(self, row: FloatArray) -> None:
        """Append a row; the oldest goes."""
        self._rows[self.position] = row
        self._rows[self.position + self.length] = row
        self.position = (self.position + 1) % self.length

    def last(self, count: int) -> FloatArray:
        """View (count, width) of the newest rows, oldest first; ``count`` at most ``length``."""
        end = self.position + self.length
        return self._rows[end - count : end]

    def ago(self, steps: int) -> FloatArray:
        """View of the row pushed ``steps`` before the newest (0: the newest)."""
        row: FloatArray = self._rows[self.position + self.length - 1 - steps]
        return row

    def dump(self) -> FloatArray:
        """All rows, oldest first: a copy to be stored."""
        return self.last(self.length).copy()

    def fill(self, rows: FloatArray) -> None:
        """Take rows as :meth:`dump` gave them."""
        self.position = 0
        self._rows[: self.length] = rows
        self._rows[self.length :] = rows

    def columns(self) -> FloatArray:
        """The whole memory, to write into a column of all rows at once."""
        return self._rows
