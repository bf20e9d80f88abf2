"""Who stood where in the episode: sectors, and the venues whose books are played."""

from datetime import UTC, datetime

SECTORS: dict[str, tuple[str, ...]] = {
    "ai-agents": ("VIRTUAL", "AI16Z", "ARC", "PIPPIN", "AIXBT", "GRIFFAIN", "ZEREBRO", "GOAT"),
    "memes": ("DOGE", "SHIB", "PEPE", "WIF", "BONK", "FARTCOIN", "FLOKI", "TRUMP", "MELANIA"),
    "benchmark": ("BTC", "ETH"),
}
NAMES = {"ai-agents": "AI agents", "memes": "Memes", "benchmark": "Market"}
COLORS = {"ai-agents": "#0072B2", "memes": "#E69F00", "benchmark": "#7F7F7F"}

_ESTABLISHED = ("BTC", "ETH", "DOGE", "SHIB", "PEPE", "WIF", "BONK", "FLOKI")
_YOUNG = ("VIRTUAL", "AI16Z", "AIXBT", "GOAT", "FARTCOIN", "MELANIA")
_ON_ONE = ("ARC", "PIPPIN", "GRIFFAIN", "ZEREBRO")
VENUES_OF: dict[str, dict[str, float]] = {
    **{token: {"okx": 0.45, "bybit": 0.55} for token in _ESTABLISHED},
    **{token: {"gate": 0.55, "bybit": 0.45} for token in _YOUNG},
    **{token: {"gate": 1.0} for token in _ON_ONE},
    "TRUMP": {"bybit": 0.45, "gate": 0.20, "okx": 0.35},
}
"""Venue -> part of the token's volume; venues that listed it then (facts file, and the venues' notices)."""


def listed_from(token: str, venue: str) -> datetime | None:
    """When the venue began to trade it, where that lies within the episode."""
    if (token, venue) == ("TRUMP", "okx"):
        return datetime(2025, 1, 19, 5, tzinfo=UTC)
    return None
