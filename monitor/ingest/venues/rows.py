"""The one shape of row that every candle answer is read into, and the ways of reading, nothing judged yet.

Column orders as of ccxt 4.5.90. Volumes leave here in coins (contracts times contract size) and in the quote currency.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from monitor.model.bars import typical_price

_PAGE = 100
"""From so many rows on arrays are quicker than an object for each."""


class RawCandle(NamedTuple):
    """One row as served: ``open_ms`` in ms, numbers or None where absent or not a number (NaN for a quote or taker volume that is
    served and no number); ``fault`` says why it is no row."""

    open_ms: float | None
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    base_volume: float | None
    quote_volume: float | None
    taker_buy_quote: float | None
    fault: str | None = None


class RowTable(Sequence[RawCandle]):
    """Rows side by side, each a number wherever one should be. ``figures``: the fields of :class:`RawCandle` but ``fault``, one
    row each, NaN where ``given`` says that the venue has no such field.
    """

    def __init__(self, figures: NDArray[np.float64], given: tuple[bool, ...]) -> None:
        self.figures = figures
        self.given = given

    def __len__(self) -> int:
        return int(self.figures.shape[1])

    @overload
    def __getitem__(self, place: int) -> RawCandle: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[RawCandle]: ...

    def __getitem__(self, place: int | slice) -> RawCandle | Sequence[RawCandle]:
        """One row, or those of a slice."""
        if isinstance(place, slice):
            return list(self)[place]
        return self._row(self.figures[:, place].tolist())

    def __iter__(self) -> Iterator[RawCandle]:
        return (self._row(fields) for fields in self.figures.T.tolist())

    def _row(self, fields: Sequence[float]) -> RawCandle:
        told = [f if given else None for f, given in zip(fields, self.given, strict=True)]
        time, open_, high, low, close, base, quote, taker = told
        return RawCandle(time, open_, high, low, close, base, quote, taker)


class WrongShapeError(Exception):
    """The answer as a whole is no list of candles of this market; the text says what was found and expected."""


def number(value: Any) -> float | None:
    """A float (NaN and infinities included) of a JSON number or numeric text; None else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def estimated(row: RawCandle) -> RawCandle:
    """The row with quote volume as base volume times typical price ``(high + low + close) / 3`` where it has none."""
    parts = (row.high, row.low, row.close, row.base_volume)
    if row.quote_volume is not None or None in parts:
        return row
    high, low, close, base = (float(p) for p in parts if p is not None)
    return row._replace(quote_volume=base * typical_price(high, low, close))


_NUMERIC = {int, float, str}
_ABSENT = object()

Places = tuple[int, int, int, int, int, int, int | None, int | None]


def columns(
    rows: Sequence[Any], places: Places, *, ms: int = 1, coins: float = 1.0
) -> Sequence[RawCandle]:
    """Rows by column numbers: time, open, high, low, close, base, quote, taker buy quote."""
    needed = max(p for p in places if p is not None) + 1
    if len(rows) >= _PAGE:
        table = _side_by_side(rows, places, ms, coins)
        if table is not None:
            return table
    candles = []
    for row in rows:
        if not isinstance(row, list) or len(row) < needed:
            candles.append(_broken(row, f"a list of at least {needed} columns"))
            continue
        candles.append(_scaled([_ABSENT if p is None else row[p] for p in places], ms, coins))
    return candles


def _side_by_side(rows: Sequence[Any], places: Places, ms: int, coins: float) -> RowTable | None:
    """The same of rows that are all numbers where they should be; None where one is not."""
    if set(map(type, rows)) != {list}:
        return None
    figures = np.full((len(places), len(rows)), np.nan)
    try:
        served = list(zip(*rows, strict=True))
        for field, place in enumerate(places):
            if place is not None:
                cells = served[place]
                if not set(map(type, cells)) <= _NUMERIC:
                    return None
                figures[field] = np.fromiter(map(float, cells), np.float64, len(cells))
    except (IndexError, ValueError, OverflowError):
        return None
    figures[0] *= ms
    figures[5] *= coins
    return RowTable(figures, tuple(place is not None for place in places))


def keyed(
    rows: Sequence[Any],
    keys: tuple[str, str, str, str, str, str, str | None],
    *,
    ms: int = 1000,
    coins: float = 1.0,
) -> list[RawCandle]:
    """Rows that are objects, by keys: time in units of ``ms``, open, high, low, close, base, quote."""
    candles = []
    for row in rows:
        if not isinstance(row, dict):
            candles.append(_broken(row, "an object"))
            continue
        cells = [_ABSENT if k is None else row.get(k, _ABSENT) for k in keys]
        candles.append(_scaled([*cells, _ABSENT], ms, coins))
    return candles


def _scaled(cells: Sequence[Any], ms: int, coins: float) -> RawCandle:
    time, open_, high, low, close, base = map(number, cells[:6])
    quote, taker = map(_served, cells[6:])
    time = None if time is None else time * ms
    base = None if base is None else base * coins
    return RawCandle(time, open_, high, low, close, base, quote, taker)


def _served(cell: Any) -> float | None:
    """None where a venue serves no such volume, which is estimated then; NaN for null or a word in its place, which is not."""
    if cell is _ABSENT:
        return None
    value = number(cell)
    return math.nan if value is None else value


def _broken(row: Any, expected: str) -> RawCandle:
    fault = f"found {_short(row)}, expected {expected}"
    return RawCandle(None, None, None, None, None, None, None, None, fault)


def _short(value: Any) -> str:
    text = f"{type(value).__name__} {value!r}"
    return text if len(text) <= 60 else text[:59] + "…"


def candle_list(payload: Any) -> list[Any]:
    """The answer, where it is a list; raises WrongShapeError."""
    if not isinstance(payload, list):
        raise WrongShapeError(f"found {_short(payload)}, expected a list of candles")
    return payload


def inside(payload: Any, *path: str) -> Any:
    """The value under a path of keys; raises WrongShapeError."""
    value = payload
    for key in path:
        if not isinstance(value, dict) or key not in value:
            raise WrongShapeError(f"found {_short(value)}, expected an object with {key!r}")
        value = value[key]
    return value


def expect_market(found: Any, expected: str) -> None:
    """Raises WrongShapeError where the answer names another market than asked; one that names none passes."""
    if found is not None and str(found).lower() != expected.lower():
        raise WrongShapeError(f"found candles of {_short(found)}, expected those of {expected!r}")
