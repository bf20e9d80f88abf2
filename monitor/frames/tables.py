"""Rows to frames: UTC times, nullable whole numbers and flags, NaN for unknown; units in the names and in ``attrs``."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

UNITS = {
    "usd": "USD",
    "fraction": "of 1",
    "pp": "percentage points",
    "h": "hours",
    "s": "seconds",
    "count": "a number",
    "level": "index, 1 at the first bar",
    "ratio": "a ratio",
    "coins": "coins",
    "quote": "the market's quote currency",
    "base": "the market's coin",
    "grade": "A taker volume, B trades, C estimated, D display only",
}
_DTYPES = {"count": "Int64", "grade": "string", "flag": "boolean", "text": "string"}


def frame(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    index: Sequence[str],
    *,
    empty_because: str = "",
) -> pd.DataFrame:
    """``columns``: name -> kind, a unit of :data:`UNITS` or "time", "text", "flag", "number".

    ``attrs["units"]`` says each column's unit in words; of a frame without rows ``attrs["empty_because"]`` says why.
    """
    made = pd.DataFrame(
        {name: _series([row[name] for row in rows], kind) for name, kind in columns.items()}
    ).set_index(list(index))
    made.attrs["units"] = {
        name: UNITS[kind] for name, kind in columns.items() if kind in UNITS and name in made
    }
    if not rows:
        made.attrs["empty_because"] = empty_because
    return made


def _series(values: list[Any], kind: str) -> "pd.Series[Any]":
    if kind == "time":
        return pd.Series(pd.to_datetime(values, utc=True, format="ISO8601")).dt.as_unit("us")
    return pd.Series(values, dtype=_DTYPES.get(kind, "float64"))
