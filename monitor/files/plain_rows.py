"""Rows of bars in their plain forms, a block at a time; what is not plain is left to who reads row by row and says why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.files.rows import RowBlock
from monitor.model.bar_columns import BAR_FIGURES

_ISO = len("2025-01-19T05:00:00")
_UTC = (b"Z", b"+00:00")
_EPOCH_UNITS = {10: 1_000_000, 13: 1_000, 16: 1}
"""Digits of a Unix time since 2001 -> microseconds of its unit."""

_LARGEST = 2**32  # s: what the survey of a file keeps of a time


@dataclass(frozen=True, slots=True)
class PlainBlock:
    """``markets``: the distinct ``venue:symbol`` of the rows, ``codes`` each row's place among them. ``opens``: microseconds
    since the epoch. ``figures``: a row for each figure that was asked for, NaN where no number stands. ``blank``: optional
    figures that are blank, and not something else that is no number.
    """

    markets: list[str]
    codes: NDArray[np.int64]
    opens: NDArray[np.int64]
    figures: NDArray[np.float64]
    blank: NDArray[np.bool_]


def plain_block(block: RowBlock, names: Sequence[str] = BAR_FIGURES) -> PlainBlock | None:
    """The block as arrays of the figures by these names; None where its times are not all of one plain form."""
    opens = plain_times(block.columns.get("ts", ()))
    if opens is None:
        return None
    length = len(opens)
    markets, codes = _markets(block, length)
    figures = np.full((len(names), length), np.nan)
    blank = np.zeros((len(names), length), dtype=np.bool_)
    for i, name in enumerate(names):
        cells = block.columns.get(name)
        if cells is None or not any(cells):
            blank[i] = True
            continue
        try:
            figures[i] = np.fromiter(map(float, cells), np.float64, length)
        except ValueError:
            figures[i] = [_figure(cell) for cell in cells]
            blank[i] = [cell == "" for cell in cells]
    return PlainBlock(markets, codes, opens, figures, blank)


def plain_times(cells: Sequence[str]) -> NDArray[np.int64] | None:
    """Microseconds since the epoch of ISO 8601 times in UTC to the second, or of Unix times in s, ms or us by their
    digits; None where one of the cells is anything else.
    """
    try:
        texts = np.array(cells, dtype=np.bytes_)
    except ValueError:  # what is no ASCII
        return None
    if texts.ndim != 1 or not len(texts):
        return None
    wide = texts.dtype.itemsize
    if wide in _EPOCH_UNITS:
        digits = texts.view(np.uint8)
        if ((digits < ord("0")) | (digits > ord("9"))).any():
            return None
        opens = texts.astype(np.int64) * _EPOCH_UNITS[wide]
    else:
        found = _iso(texts)
        if found is None:
            return None
        opens = found
    seconds = opens // 1_000_000
    return opens if ((seconds >= 0) & (seconds < _LARGEST)).all() else None


def _iso(texts: NDArray[np.bytes_]) -> NDArray[np.int64] | None:
    letters = texts.view(np.uint8).reshape(len(texts), -1)
    tail = letters[:, _ISO:].tobytes()
    if not any(tail == zone * len(texts) for zone in _UTC):
        return None
    marks = {4: b"-", 7: b"-", 13: b":", 16: b":"}
    for place in range(_ISO):
        column = letters[:, place]
        if place == 10:
            right = (column == ord("T")) | (column == ord(" "))
        elif place in marks:
            right = column == marks[place][0]
        else:
            right = (column >= ord("0")) & (column <= ord("9"))
        if not right.all():
            return None
    try:
        moments = texts.astype(f"S{_ISO}").astype("datetime64[s]")
    except ValueError:  # the 31st of February
        return None
    return moments.astype(np.int64) * 1_000_000


def _markets(block: RowBlock, length: int) -> tuple[list[str], NDArray[np.int64]]:
    venues, symbols = block.columns.get("exchange"), block.columns.get("symbol")
    if venues is None and symbols is None:
        return [f"{block.given['exchange']}:{block.given['symbol']}"], np.zeros(length, np.int64)
    venues = venues if venues is not None else [block.given["exchange"]] * length
    symbols = symbols if symbols is not None else [block.given["symbol"]] * length
    places: dict[tuple[str, str], int] = {}
    codes = [places.setdefault(pair, len(places)) for pair in zip(venues, symbols, strict=True)]
    return [f"{venue}:{symbol}" for venue, symbol in places], np.array(codes, dtype=np.int64)


def _figure(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan
