"""What venues tell us: closed bars, what an answer spoke for, and what was refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray


class Slot(IntEnum):
    """State of one market in one interval. Absence is information, never zero.

    TRADED: a bar with volume. QUIET: asked, answered, no trade: price carries, volume is truly 0. UNSEEN: nobody
    answered: price carries for a bounded time, volume is unknown. UNLISTED: the market does not exist then.
    """

    UNSEEN = 0
    QUIET = 1
    TRADED = 2
    UNLISTED = 3


Figure = TypeVar("Figure", float, NDArray[np.float64])


def typical_price(high: Figure, low: Figure, close: Figure) -> Figure:
    """``(high + low + close) / 3``, by which base volume estimates quote volume where that is not given."""
    return (high + low + close) / 3


@dataclass(frozen=True, slots=True)
class Bar:
    """One closed bar of one market, prices and volumes in the market's own units and quote currency.

    ``quote_volume`` and ``taker_buy_quote`` are None where the venue does not give them; ``0 <= taker_buy_quote <=
    quote_volume``.
    """

    market_id: str
    open_time: datetime
    open: float
    high: float
    low: float
    close: float
    base_volume: float
    quote_volume: float | None
    taker_buy_quote: float | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """An answer of a venue spoke for every bar of the market that opens in ``[since, until)``."""

    market_id: str
    width: timedelta
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that came in and was kept out, with the reason in words.

    ``reason`` is a short stable word for counting (``not_finite``, ``off_grid``, ``wrong_coin`` ...), ``detail`` what
    was found and expected. ``market_id`` and ``open_time`` are None where the answer as a whole was refused.
    """

    venue: str
    market_id: str | None
    open_time: datetime | None
    reason: str
    detail: str


class VenueState(StrEnum):
    """Health of a venue in one word."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    FORBIDDEN = "forbidden"
    MAINTENANCE = "maintenance"
    DISABLED = "disabled"

    @property
    def is_away(self) -> bool:
        """It is asked and gives nothing."""
        return self in (VenueState.DOWN, VenueState.FORBIDDEN, VenueState.MAINTENANCE)


@dataclass(frozen=True, slots=True)
class VenueHealth:
    """What is known of a venue: state, since when, last good answer, failures in a row, last error in words."""

    venue: str
    state: VenueState
    since: datetime
    last_success: datetime | None = None
    consecutive_failures: int = 0
    error: str | None = None
    next_try: datetime | None = None
