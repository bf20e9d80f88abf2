"""What is kept of an order book: how much money stands near its middle, and how far its sides are apart."""

from dataclasses import dataclass
from datetime import datetime

Level = tuple[float, float]
"""Price in the quote currency, amount in coins."""


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Both sides as a venue served them, best first."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Depth:
    """USD that would be bought (bids) and sold (asks) within 1 % and 2 % of the middle, spread in basis points.

    ``truncated``: the served book ends before 2 %: what lies there is a lower bound.
    """

    bid_1pct_usd: float
    ask_1pct_usd: float
    bid_2pct_usd: float
    ask_2pct_usd: float
    spread_bp: float
    truncated: bool


@dataclass(frozen=True, slots=True)
class SectorBooks:
    """Sums over a sector's markets within 1 % of the middle, each the median of an hour's books; ``coverage``: part of its
    markets whose books were seen."""

    bid_1pct_usd: float
    ask_1pct_usd: float
    spread_bp: float
    coverage: float


@dataclass(frozen=True, slots=True)
class BookReading:
    """A market's depth as of ``at``, when the book was asked for."""

    market_id: str
    at: datetime
    depth: Depth
