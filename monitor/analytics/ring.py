"""A window of the last steps in fixed memory."""

from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise

import numpy as np

from monitor.model.interval import FloatArray


class Ring:
    """The last ``length`` rows of ``width`` values, NaN before there were any.

    Rows are written one behind the other into twice the room, so that any window of the past is one contiguous block in
    order of time: sums over it run in the same order whether or not the stream was cut. Where the room ends, what is kept
    moves to its front.

    ``back``: so many of the newest rows are overlooked by whoever reads, who then sees the past as it stood before them;
    as far as :meth:`reserve` made room for them in one go. ``end``: where in the room the newest row ends. Rows are appended behind the newest only where it is 0.
    """

    __slots__ = ("_rows", "back", "end", "length")

    def __init__(self, length: int, width: int) -> None:
        self.length = length
        self.back = 0
        self.end = length
        self._rows = np.full((2 * length, width), np.nan)

    def reserve(self, count: int) -> None:
        """Make room for so many rows, at most ``length``: until they are written no older one is overwritten."""
        if self.end + count > len(self._rows):
            self._rows[: self.length] = self._rows[self.end - self.length : self.end]
            self.end = self.length

    def push(self, row: FloatArray) -> None:
        """Append a row; the oldest goes."""
        self.reserve(1)
        self._rows[self.end] = row
        self.end += 1

    def extend(self, rows: FloatArray) -> None:
        """Append rows, at most ``length``, as :meth:`push` does one after the other."""
        self.reserve(len(rows))
        self._rows[self.end : self.end + len(rows)] = rows
        self.end += len(rows)

    def drop(self, count: int) -> None:
        """Take the newest rows back, as far as :meth:`reserve` made room for them in one go."""
        self.end -= count

    def last(self, count: int) -> FloatArray:
        """View (count, width) of the newest rows, oldest first; ``count`` at most ``length``."""
        end = self.end - self.back
        return self._rows[end - count : end]

    def over(self, count: int, steps: int) -> FloatArray:
        """View of all rows that lie in the windows of ``count`` rows that ended with each of the last ``steps`` rows."""
        end = self.end - self.back
        return self._rows[end - steps - count + 1 : end]

    def ago(self, steps: int) -> FloatArray:
        """View of the row pushed ``steps`` before the newest (0: the newest)."""
        row: FloatArray = self._rows[self.end - self.back - 1 - steps]
        return row

    def dump(self) -> FloatArray:
        """All rows, oldest first: a copy to be stored."""
        return self.last(self.length).copy()

    def fill(self, rows: FloatArray) -> None:
        """Take rows as :meth:`dump` gave them."""
        self.end, self.back = self.length, 0
        self._rows[: self.length] = rows

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

    def extend(self, rows: Mapping[str, FloatArray]) -> None:
        """Append rows (steps, width) to each; the oldest go."""
        self.whole.extend(np.concatenate([rows[name] for name in self.places], axis=1))

    def columns_of(self, first: str, last: str) -> slice:
        """The columns of the rings from ``first`` to ``last``."""
        return slice(self.places[first].start, self.places[last].stop)

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

    def over(self, count: int, steps: int) -> FloatArray:
        """As :meth:`Ring.over`."""
        return self._whole.over(count, steps)[:, self._place]

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
