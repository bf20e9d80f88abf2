"""Whose trades are read: the main markets by the last day's volume, chosen anew from time to time."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.ingest.last_prices import Prices
from monitor.ingest.main_markets import main_markets
from monitor.model.grid import floor_time
from monitor.model.universe import Market, Universe
from monitor.store.database import Database
from monitor.store.day_volumes import quote_volumes

DAY = timedelta(days=1)
CHOSEN_FOR = timedelta(hours=1)
"""A day's volumes are a sum of many bars and change little from one asking to the next."""


@dataclass
class TradesChoice:
    """Of the members of ``sectors``, by bars of ``width``; not to be asked by two threads at once."""

    universe: Universe
    sectors: Collection[str]
    width: timedelta
    _chosen: list[Market] = field(default_factory=list, init=False)
    _chosen_at: datetime | None = field(default=None, init=False)

    def markets(self, database: Database, prices: Prices, now: datetime) -> list[Market]:
        """Those that are listed now, by id. Where nothing could be chosen yet, it is tried at each asking."""
        if not self._chosen or self._chosen_at is None or not self._is_fresh(self._chosen_at, now):
            usd = self._day_volumes(database, prices, now)
            self._chosen = main_markets(self.universe, self.sectors, usd, now)
            self._chosen_at = now
        return [market for market in self._chosen if market.listed_at(now)]

    def _is_fresh(self, chosen_at: datetime, now: datetime) -> bool:
        return timedelta(0) <= now - chosen_at < CHOSEN_FOR  # a clock may be set back

    def _day_volumes(self, database: Database, prices: Prices, now: datetime) -> dict[str, float]:
        """USD by market, of those whose quote has a rate."""
        until = floor_time(now, self.width)
        with database.read() as conn:
            traded = quote_volumes(conn, self.width, until - DAY, until)
        rates = {market.id: prices.rate(market.quote) for market in self.universe.markets}
        return {
            name: volume * rate
            for name, volume in traded.items()
            if (rate := rates.get(name)) is not None
        }
