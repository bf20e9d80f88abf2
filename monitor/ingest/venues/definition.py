"""What one venue can give and how it is asked, as data and two functions; each venue's own file makes one.

Sources of the figures: ccxt 4.5.90's request builders and the venues' public documents.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.ingest.venues.request import Call, CandleQuestion, Kind, MarketFacts
from monitor.ingest.venues.rows import RawCandle
from monitor.model.grid import floor_time


def by_kind(kinds: Collection[Kind]) -> Any:
    """ccxt's option for which market tables to load, in its common words."""
    return sorted(kinds)


def by_kind_linear(kinds: Collection[Kind]) -> Any:
    """The same where ccxt's word for linear swaps is ``linear``."""
    return ["linear" if kind == "swap" else kind for kind in sorted(kinds)]


@dataclass(frozen=True, slots=True)
class VenueDefinition:
    """Limits, habits, candle request and rows reader of one venue.

    ``request``: the implicit method of ccxt and its parameters; None asks through the unified ``fetch_ohlcv`` of a venue
    whose wire we have not proved. ``rows``: the answer's rows, in the order served.

    ``spot_limit`` and ``swap_limit``: candles in one answer. ``settle``: how long after the close a bar may still move.
    ``fills_quiet``: a bar without a trade is served as a flat row; where it is not, a hole in a good answer is quiet.
    ``reach_bars``: how many bars back history goes, None for all of it. ``taker_volume``: its candles tell what takers bought.

    ``interval_words``: where in ccxt's options the venue's words for widths stand, by kind of market; empty for its common
    ``timeframes``. ``market_types``: ccxt's option that loads only the tables of these kinds, since one dead side endpoint
    would fail the whole load. ``spot_markets``: the method that loads spot markets alone. ``bans_by_403``: a plain HTTP 403
    is a ban for asking too often. ``reset_header``: a header with the time in ms at which a limit ends.
    ``book_levels``: of an order book in one plain answer, as many as cost little. ``spot_trades`` and ``swap_trades``: recent
    trades in one answer; 0 where they are not read.
    ``usual_funding_h``: hours between two fundings where rates name none and the venue lists only those that differ.
    ``unknown_market``: words by which it refuses a market that it does not list, where ccxt's class does not tell.
    ``ticker_interest``: the open contracts in its ticker, where ccxt has no call for the open interest. ``kinds``: the markets whose
    candles are read here.
    """

    venue: str
    request: Callable[[CandleQuestion], Call] | None
    rows: Callable[[MarketFacts, Any], Sequence[RawCandle]]
    spot_limit: int = 200
    swap_limit: int = 200
    settle: timedelta = timedelta(seconds=3)
    fills_quiet: bool = False
    reach_bars: int | None = None
    taker_volume: bool = False
    interval_words: tuple[str, ...] = ()
    market_types: Callable[[Collection[Kind]], Any] = by_kind
    spot_markets: str = "fetch_markets"
    bans_by_403: bool = False
    reset_header: str | None = None
    book_levels: int = 100
    spot_trades: int = 0
    swap_trades: int = 0
    usual_funding_h: float | None = None
    unknown_market: str | None = None
    ticker_interest: str | None = None
    kinds: frozenset[Kind] = frozenset({"spot", "swap"})

    @property
    def proved(self) -> bool:
        """Whether its wire format is read and tested here."""
        return self.request is not None

    def limit(self, kind: Kind) -> int:
        """Candles in one answer."""
        return self.spot_limit if kind == "spot" else self.swap_limit

    def recent_trades(self, kind: Kind) -> int:
        """Recent trades in one answer."""
        return self.spot_trades if kind == "spot" else self.swap_trades

    def reach(self, now: datetime, width: timedelta) -> datetime | None:
        """The earliest open that the venue still serves at ``now``; None where history has no known end."""
        if self.reach_bars is None:
            return None
        # One bar less than the venue's own count: the window moves while we ask.
        return floor_time(now, width) - (self.reach_bars - 2) * width
