"""One candle, parts of it, and several of them made into a wider one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Candle:
    """A bar as the server keeps it: open time in ms UTC, prices and volumes in the market's own units.

    ``taker_buy_quote`` is the part of ``quote_volume`` that takers bought. ``closed`` is False while it is forming.
    """

    open_ms: int
    open: float
    high: float
    low: float
    close: float
    base_volume: float
    quote_volume: float
    taker_buy_quote: float
    trades: int = 0
    closed: bool = True

    @property
    def taker_buy_base(self) -> float:
        """Takers' bought coins, at the bar's mean price."""
        if not self.quote_volume:
            return 0.0
        return self.taker_buy_quote / self.quote_volume * self.base_volume


def quiet(open_ms: int, price: float) -> Candle:
    """The flat row that a venue shows for a bar without a trade."""
    return Candle(open_ms, price, price, price, price, 0.0, 0.0, 0.0)


def part(candle: Candle, begin: float, end: float) -> Candle:
    """The candle between two fractions of its time, ``0 <= begin < end <= 1``.

    The price walks straight from the open over one extreme (at a third) and the other (at two thirds) to the close: the
    low comes first in a bar that rose. Volumes come evenly. ``part(candle, 0, 1)`` is the candle itself.
    """
    extremes = (candle.low, candle.high)
    first, second = extremes if candle.close >= candle.open else extremes[::-1]
    knots = ((0.0, candle.open), (1 / 3, first), (2 / 3, second), (1.0, candle.close))
    inside = [price for at, price in knots if begin <= at <= end]
    opening, closing = _price_at(knots, begin), _price_at(knots, end)
    share = end - begin
    return replace(
        candle,
        open=opening,
        close=closing,
        high=max(opening, closing, *inside),
        low=min(opening, closing, *inside),
        base_volume=candle.base_volume * share,
        quote_volume=candle.quote_volume * share,
        taker_buy_quote=candle.taker_buy_quote * share,
        trades=int(candle.trades * share),
    )


def _price_at(knots: Sequence[tuple[float, float]], at: float) -> float:
    for (left, before), (right, after) in pairwise(knots):
        if at <= left:
            return before
        if at < right:
            return before + (after - before) * (at - left) / (right - left)
    return knots[-1][1]


def merge(candles: Sequence[Candle], open_ms: int) -> Candle:
    """One wider candle of at least one narrower one, ascending."""
    return Candle(
        open_ms=open_ms,
        open=candles[0].open,
        high=max(c.high for c in candles),
        low=min(c.low for c in candles),
        close=candles[-1].close,
        base_volume=sum(c.base_volume for c in candles),
        quote_volume=sum(c.quote_volume for c in candles),
        taker_buy_quote=sum(c.taker_buy_quote for c in candles),
        trades=sum(c.trades for c in candles),
        closed=candles[-1].closed,
    )
