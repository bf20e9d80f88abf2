"""A market as it is written in the configuration: what the universe is built from, the other way round."""

from monitor.model.grid import iso
from monitor.model.universe import BEGINNING, END, Market


def market_line(market: Market) -> str:
    """A value of ``tokens.X.markets``: ``{venue = "gate", symbol = "ARC/USDT", to = 2026-11-27T09:00:00Z}``."""
    parts = [f'venue = "{market.venue}"', f'symbol = "{market.symbol}"']
    if market.multiplier != 1.0:
        parts.append(f"multiplier = {market.multiplier:.15g}")
    if market.listed_from != BEGINNING:
        parts.append(f"from = {iso(market.listed_from)}")
    if market.listed_to != END:
        parts.append(f"to = {iso(market.listed_to)}")
    return f"{{{', '.join(parts)}}}"
