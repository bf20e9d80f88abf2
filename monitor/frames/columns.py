"""Columns of the frames and the kind of each; those of sectors and rotations follow from the model's tables."""

from dataclasses import fields
from typing import Any

from monitor.model import rotation_columns
from monitor.model.bars import Bar
from monitor.model.figures import FIGURES
from monitor.model.state import SectorState, ShareSplit, TokenState

SECTORS = {
    figure.export_name: figure.unit.value
    for figure in FIGURES
    if len(figure.columns) == 1 or figure.exported
}
SPLIT = {f"share_split_24h_{part.name}_fraction": part.name for part in fields(ShareSplit)}
TOKENS = {
    "price_usd": "usd",
    "market_cap_usd": "usd",
    "supply_coins": "coins",
    "supply_age_h": "h",
    "return_1h_fraction": "fraction",
    "return_24h_fraction": "fraction",
    "own_return_24h_fraction": "fraction",
    "contribution_24h_fraction": "fraction",
    "volume_24h_usd": "usd",
    "net_flow_24h_usd": "usd",
    "flow_grade": "grade",
    "age_s": "s",
    "venues": "text",
}
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


def sector_row(state: SectorState) -> dict[str, Any]:
    """A sector's figures under the names of ``SECTORS`` and ``SPLIT``."""
    row = {f.export_name: f.read(state) for f in FIGURES if f.export_name in SECTORS}
    split = state.share_split_24h
    return row | {
        name: getattr(split, part) if split is not None else None for name, part in SPLIT.items()
    }


def token_row(state: TokenState) -> dict[str, Any]:
    """A token's figures under the names of ``TOKENS``."""
    row = {
        name: getattr(state, name.removesuffix("_fraction").removesuffix("_coins"))
        for name in TOKENS
    }
    return row | {"venues": ", ".join(state.venues)}


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
