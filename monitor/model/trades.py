"""Public trades of a market, and their sums by bar."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade. ``key``: tells it from every other of its market and millisecond; ``quote``: its value in the quote currency;
    ``bought``: the taker was the buyer."""

    key: str
    time_ms: int
    quote: float
    bought: bool


@dataclass(frozen=True, slots=True)
class RecentTrades:
    """The newest trades of a market in one answer, ascending by time."""

    market_id: str
    trades: tuple[Trade, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """How far a market's trades are counted: all up to ``at_ms``, and of that millisecond those of these ``keys``."""

    at_ms: int
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class TradeSum:
    """What was read of the trades of one bar: quote currency that takers bought and sold.

    ``gap_s``: seconds of the bar that lie between two answers of which neither reached the other: what was traded in them is
    not in the sums.
    """

    open_time: datetime
    buy_quote: float
    sell_quote: float
    trades: int
    gap_s: float
