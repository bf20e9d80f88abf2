"""Sectors and tokens of a step as flat rows with units in the names: what frames and CSV show; unknown is None."""

from dataclasses import fields
from typing import Any

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
"""Column -> unit."""


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
