"""A window of the last steps in fixed memory."""

from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise

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


class Rings(Mapping[str, "Part"]):
    """Rings of one length side by side in one block: they move on together, and are summed in one go.

    ``widths``: of each by name. ``whole``: the block, its columns in the order of the names; ``places``: whose are which.
    """

    def __init__(self, length: int, widths: Mapping[str, int]) -> None:
        self.whole = Ring(length, sum(widths.values()))
        ends = accumulate(widths.values(), initial=0)
        self.places = {n: slice(*ab) for n, ab in zip(widths, pairwise(ends), strict=True)}
        self._parts = {name: Part(self.whole, place) for name, place in self.places.items()}

    def push(self, rows: Mapping[str, FloatArray]) -> None:
        """Append a row to each; the oldest go."""
        self.whole.push(np.concatenate([rows[name] for name in self.places]))

    def beside(self, first: str, last: str, count: int) -> FloatArray:
        """View of the newest rows of the rings from ``first`` to ``last``, as they stand side by side."""
        columns = slice(self.places[first].start, self.places[last].stop)
        return self.whole.last(count)[:, columns]

    def __getitem__(self, name: str) -> "Part":
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


class Part:
    """One of :class:`Rings`: its columns of the block, read as a ring is."""

    __slots__ = ("_place", "_whole")

    def __init__(self, whole: Ring, place: slice) -> None:
        self._whole = whole
        self._place = place

    @property
    def length(self) -> int:
        """Rows that are kept."""
        return self._whole.length

    def last(self, count: int) -> FloatArray:
        """As :meth:`Ring.last`."""
        return self._whole.last(count)[:, self._place]

    def ago(self, steps: int) -> FloatArray:
        """As :meth:`Ring.ago`."""
        return self._whole.ago(steps)[self._place]

    def dump(self) -> FloatArray:
        """As :meth:`Ring.dump`."""
        return self.last(self.length).copy()

    def fill(self, rows: FloatArray) -> None:
        """As :meth:`Ring.fill`; the others keep theirs."""
        block = self._whole.dump()
        block[:, self._place] = rows
        self._whole.fill(block)

    def columns(self) -> FloatArray:
        """As :meth:`Ring.columns`."""
        return self._whole.columns()[:, self._place]
