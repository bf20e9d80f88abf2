"""The last accepted bars of every market, in memory: what is usual there, and what the others did at the same time."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from monitor.model.bars import Bar
from monitor.model.universe import DOLLARS, Market

KEPT = 60
"""Bars of each market: five hours of five minutes, enough for a habit and for what is read again."""

HABIT_BARS = 48
LEAST_BARS = 12


@dataclass(frozen=True, slots=True)
class Habit:
    """What a market's bars were like lately. ``traded``: share of them with volume; ``reach``: median of high over low
    less 1; ``most`` and ``usual``: largest and median volume in coins of bars that had any.
    """

    bars: int
    traded: float
    reach: float
    most: float
    usual: float

    @classmethod
    def of(cls, bars: Sequence[Bar]) -> "Habit | None":
        """The habit of the newest of these bars, ascending; None where they are too few to speak of one."""
        newest = bars[-HABIT_BARS:]
        volumes = [bar.base_volume for bar in newest if bar.base_volume > 0]
        if len(volumes) < LEAST_BARS:
            return None
        return cls(
            bars=len(newest),
            traded=len(volumes) / len(newest),
            reach=median(bar.high / bar.low - 1 for bar in newest),
            most=max(volumes),
            usual=median(volumes),
        )


class RecentBars:
    """At most ``kept`` accepted bars of each market, the newest."""

    def __init__(self, markets: Iterable[Market], *, kept: int = KEPT) -> None:
        self._kept = kept
        self._markets = {market.id: market for market in markets}
        self._bars: dict[str, OrderedDict[datetime, Bar]] = {}
        self._coins: dict[str, list[Market]] = {}
        for market in self._markets.values():
            if market.quote in DOLLARS:
                self._coins.setdefault(market.token, []).append(market)

    def note(self, bars: Iterable[Bar]) -> None:
        """Remember accepted bars; a later version takes the place of an earlier one."""
        touched = set()
        for bar in bars:
            self._bars.setdefault(bar.market_id, OrderedDict())[bar.open_time] = bar
            touched.add(bar.market_id)
        for market_id in touched:
            kept = sorted(self._bars[market_id].items())[-self._kept :]
            self._bars[market_id] = OrderedDict(kept)

    def of(self, market_id: str) -> Mapping[datetime, Bar]:
        """Open -> bar, ascending."""
        return self._bars.get(market_id, OrderedDict())

    def before(self, market_id: str, moment: datetime) -> list[Bar]:
        """Bars that open before ``moment``, ascending."""
        kept = self.of(market_id)
        return list(kept.values())[: bisect_left(list(kept), moment)]

    def peers(self, market: Market, moment: datetime) -> list[Bar]:
        """Bars of the coin's other dollar markets at that time, prices and volume by the coin and not by the unit."""
        return [
            by_coin(self._bars[other.id][moment], other)
            for other in self._coins.get(market.token, ())
            if other.id != market.id and moment in self._bars.get(other.id, {})
        ]

    def others_trade(self, venue: str, moment: datetime) -> bool:
        """Whether any market of another venue had volume then."""
        return any(
            bars[moment].base_volume > 0
            for market_id, bars in self._bars.items()
            if moment in bars
            and market_id in self._markets
            and self._markets[market_id].venue != venue
        )


def by_coin(bar: Bar, market: Market) -> Bar:
    """The bar with prices of one coin and its volume in coins."""
    if market.multiplier == 1.0:
        return bar
    each = market.multiplier
    return Bar(
        bar.market_id,
        bar.open_time,
        bar.open / each,
        bar.high / each,
        bar.low / each,
        bar.close / each,
        bar.base_volume * each,
        bar.quote_volume,
        bar.taker_buy_quote,
    )
