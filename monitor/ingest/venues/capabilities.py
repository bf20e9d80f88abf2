"""What each venue can give, as data. Sources: ccxt 4.5.90's own request builders and the venues' public documents."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from monitor.model.grid import floor_time
from monitor.model.universe import Market

Kind = Literal["spot", "swap"]


@dataclass(frozen=True, slots=True)
class VenueCapabilities:
    """Limits and habits of one venue.

    ``spot_limit`` and ``swap_limit``: candles in one answer. ``settle``: how long after the close a bar may still move.
    ``fills_quiet``: a bar without a trade is served as a flat row; where it is not, a hole in a good answer is quiet.
    ``reach_bars``: how many bars back history goes, None for all of it. ``newest_only``: it always answers with the
    newest bars, whatever was asked. ``raw``: its candles are read from the wire, with quote volume and, where
    ``taker_volume``, what takers bought; else through ccxt's unified call, quote volume estimated as base volume times
    typical price.
    """

    venue: str
    spot_limit: int = 200
    swap_limit: int = 200
    settle: timedelta = timedelta(seconds=3)
    fills_quiet: bool = False
    reach_bars: int | None = None
    newest_only: bool = False
    raw: bool = True
    taker_volume: bool = False

    def limit(self, kind: Kind) -> int:
        """Candles in one answer."""
        return self.spot_limit if kind == "spot" else self.swap_limit

    def reach(self, now: datetime, width: timedelta) -> datetime | None:
        """The earliest open that the venue still serves at ``now``; None where history has no known end."""
        if self.reach_bars is None:
            return None
        # One bar less than the venue's own count: the window moves while we ask.
        return floor_time(now, width) - (self.reach_bars - 2) * width


def _seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


_TABLE = (
    VenueCapabilities("binance", 1000, 1000, _seconds(2), fills_quiet=True, taker_volume=True),
    VenueCapabilities("bybit", 1000, 1000, _seconds(2), fills_quiet=True),
    VenueCapabilities("okx", 300, 300, _seconds(2), fills_quiet=True),
    VenueCapabilities("gate", 999, 1999, _seconds(3), fills_quiet=True, reach_bars=10_000),
    VenueCapabilities("kucoin", 1500, 200, _seconds(3)),
    VenueCapabilities("mexc", 500, 2000, _seconds(3)),
    VenueCapabilities("kraken", 720, 720, _seconds(5), reach_bars=720, newest_only=True),
    VenueCapabilities("coinbase", 299, 299, _seconds(5)),
    VenueCapabilities("bitget", 200, 200, _seconds(3)),
    VenueCapabilities("htx", 1000, 2000, _seconds(3)),
)
_BY_VENUE = {c.venue: c for c in _TABLE}


def capabilities_of(venue: str) -> VenueCapabilities:
    """The venue's row, or careful assumptions for one that is not in the table."""
    return _BY_VENUE.get(venue) or VenueCapabilities(venue, settle=_seconds(5), raw=False)


def kind_of(market: Market) -> Kind:
    """``swap`` for ``VIRTUAL/USDT:USDT``, ``spot`` for ``VIRTUAL/USDT``."""
    return "swap" if ":" in market.symbol else "spot"
