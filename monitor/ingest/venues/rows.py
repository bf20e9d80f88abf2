"""The one shape of row that every candle answer is read into, and the ways of reading, nothing judged yet.

Column orders as of ccxt 4.5.90. Volumes leave here in coins (contracts times contract size) and in the quote currency.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from monitor.model.bars import typical_price


class RawCandle(NamedTuple):
    """One row as served: ``open_ms`` in ms, numbers or None where absent or not a number; ``fault`` says why it is no row."""

    open_ms: float | None
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    base_volume: float | None
    quote_volume: float | None
    taker_buy_quote: float | None
    fault: str | None = None


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


Places = tuple[int, int, int, int, int, int, int | None, int | None]


def columns(
    rows: Sequence[Any], places: Places, *, ms: int = 1, coins: float = 1.0
) -> list[RawCandle]:
    """Rows by column numbers: time, open, high, low, close, base, quote, taker buy quote."""
    needed = max(p for p in places if p is not None) + 1
    candles = []
    for row in rows:
        if not isinstance(row, list) or len(row) < needed:
            candles.append(_broken(row, f"a list of at least {needed} columns"))
            continue
        fields = [None if p is None else number(row[p]) for p in places]
        candles.append(_scaled(fields, ms, coins))
    return candles


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
        fields = [None if k is None else number(row.get(k)) for k in keys]
        candles.append(_scaled([*fields, None], ms, coins))
    return candles


def _scaled(fields: Sequence[float | None], ms: int, coins: float) -> RawCandle:
    time, open_, high, low, close, base, quote, taker = fields
    time = None if time is None else time * ms
    base = None if base is None else base * coins
    return RawCandle(time, open_, high, low, close, base, quote, taker)


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
