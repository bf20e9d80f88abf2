"""Columns of bars and rotations in frames and the kind of each; those of sectors and tokens are the model's."""

from typing import Any

from monitor.model import rotation_columns
from monitor.model.bars import Bar

BARS = {
    "open_quote": "quote",
    "high_quote": "quote",
    "low_quote": "quote",
    "close_quote": "quote",
    "volume_base": "base",
    "volume_quote": "quote",
    "taker_buy_quote": "quote",
    "received_at": "time",
}


def rotation_kinds() -> dict[str, str]:
    """Column -> kind."""
    return {name: _rotation_kind(name) for name in rotation_columns.COLUMNS}


def bar_row(bar: Bar) -> dict[str, Any]:
    """A bar's figures under the names of ``BARS``; in the market's own quote currency, which its symbol names."""
    values = (bar.open, bar.high, bar.low, bar.close)
    volumes = (bar.base_volume, bar.quote_volume, bar.taker_buy_quote)
    return dict(zip(list(BARS)[:-1], (*values, *volumes), strict=True))


def _rotation_kind(name: str) -> str:
    if name in rotation_columns.TIMES:
        return "time"
    if name in rotation_columns.FLAGS:
        return "flag"
    if name in rotation_columns.NUMBERS:
        return "number" if name.endswith("score") else name.rpartition("_")[2]
    return "h" if name in rotation_columns.WHOLE else "text"
