"""What to write into the configuration where a market of ours is gone, or where a coin of ours is listed on a further venue.

A ticker is no identity: a market is proposed where its price agrees with the coin's, and where nothing tells the coin's price
that is said.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from monitor.ingest.errors import MarketGone, VenueDown, VenueError
from monitor.ingest.exchange.venue import VenueClient
from monitor.ingest.validation.acceptance import SAME_TIME, PriceBoard
from monitor.ingest.validation.plausibility import Known, wrong_coins
from monitor.ingest.venues.request import kind_of
from monitor.model.grid import floor_time
from monitor.model.universe import DOLLARS, Market, Universe

FURTHER = 5
"""Markets of a venue that are asked for a price, those of coins with the fewest markets first."""

_LAUNCH = timedelta(days=1)  # a market that is missing so long after its listing is late, not gone
_NO_PRICE = "no price to tell whether it is the same coin"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A market that the configuration does not name; ``words``: how its price compares."""

    market: Market
    words: str


@dataclass(frozen=True, slots=True)
class GoneMarket:
    """A market of ours that its venue does not trade; ``strangers``: markets of that name or a near one that are another coin's.

    ``ended``: ours with the end to write, None of one that may be listed yet. ``instead``: what may have taken its place.
    """

    market: Market
    reason: MarketGone
    ended: Market | None
    instead: Candidate | None
    strangers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VenueProposals:
    """Of one venue; ``more``: how many further coins of ours are listed there and were not looked at."""

    gone: tuple[GoneMarket, ...]
    further: tuple[Candidate, ...]
    more: int


def possible_markets(universe: Universe, now: datetime) -> list[Market]:
    """Spot markets in dollars that members of a sector may have on polled venues where they have none."""
    venues = sorted({market.venue for market in universe.markets if market.polled})
    known = {(market.venue, market.symbol) for market in universe.markets}
    found = []
    for token in universe.tokens:
        if universe.sector_of(token.id, now) is None:
            continue
        at = {m.venue for m in token.markets if kind_of(m) == "spot" and m.listed_at(now)}
        units = {m.base: m.multiplier for m in token.markets} or {token.id: 1.0}
        found += [
            Market(venue, f"{base}/{quote}", token.id, multiplier)
            for venue in venues
            if venue not in at
            for base, multiplier in units.items()
            for quote in sorted(DOLLARS)
            if (venue, f"{base}/{quote}") not in known
        ]
    return found


class Proposals:
    """``newest``: market id -> its newest stored bar, of width ``width``. Prices are asked of clients that are prepared."""

    def __init__(
        self,
        universe: Universe,
        clients: Sequence[VenueClient],
        newest: Mapping[str, Known],
        width: timedelta,
        now: datetime,
    ) -> None:
        self._universe = universe
        self._clients = {client.venue: client for client in clients if client.is_prepared}
        self._newest = newest
        self._width = width
        self._now = now
        self._prices: dict[str, asyncio.Task[float | None]] = {}
        self._silent: set[str] = set()
        """Venues that gave no price and would give none of another market."""
        self._quotes = Counter(market.quote for market in universe.markets)

    async def of_venue(self, venue: str) -> VenueProposals:
        """Asks for the prices that it needs; a price that cannot be had is one that is not known."""
        client = self._clients[venue]
        gone = [
            await self._gone(client, market, client.gone[market.symbol])
            for market in self._universe.markets
            if market.venue == venue and market.symbol in client.gone
        ]
        listed = list(self._one_a_coin(client))
        compared = [await self._compared(client, market) for market in listed[:FURTHER]]
        further = tuple(c for c in compared if isinstance(c, Candidate))
        return VenueProposals(tuple(gone), further, len(listed[FURTHER:]))

    def _one_a_coin(self, client: VenueClient) -> Iterator[Market]:
        """Of each coin the market in the quote that is usual here."""
        by_token: dict[str, Market] = {}
        for market in sorted(client.further, key=lambda m: (-self._quotes[m.quote], m.symbol)):
            by_token.setdefault(market.token, market)
        yield from sorted(by_token.values(), key=lambda m: (self._market_count(m.token), m.token))

    def _market_count(self, token: str) -> int:
        return sum(market.listed_at(self._now) for market in self._universe.token(token).markets)

    async def _gone(self, client: VenueClient, market: Market, reason: MarketGone) -> GoneMarket:
        instead, strangers = None, []
        for other in client.instead.get(market.symbol, ()):
            compared = await self._compared(client, other)
            if isinstance(compared, str):
                strangers.append(f"{other.symbol}: {compared}")
            elif compared.words != _NO_PRICE or other.base == market.base:
                instead = compared
                break
        end, is_seen = self._end(market), market.id in self._newest
        if instead is not None and is_seen:  # one market after the other, no bar in both
            instead = replace(instead, market=replace(instead.market, listed_from=end))
        is_late = not is_seen and self._now - market.listed_from < _LAUNCH
        ended = None if is_late else replace(market, listed_to=end)
        return GoneMarket(market, reason, ended, instead, tuple(strangers))

    def _end(self, market: Market) -> datetime:
        """The close of its newest bar; by now where none was ever stored."""
        newest = self._newest.get(market.id)
        return (
            floor_time(self._now, self._width) if newest is None else newest.open_time + self._width
        )

    async def _compared(self, client: VenueClient, market: Market) -> Candidate | str:
        """The market and how its price compares, or why it is another coin's."""
        known = await self._price_of(market.token)
        price = None if known is None else await self._asked(client, market)
        if known is None or price is None:
            return Candidate(market, _NO_PRICE)
        strange = wrong_coins({market.id: price}, [known])
        if strange:
            return strange[market.id]
        return Candidate(market, f"its price agrees within {_percent(abs(price / known - 1))}")

    async def _price_of(self, token: str) -> float | None:
        """Of a coin in dollars, looked up once."""
        if token not in self._prices:
            self._prices[token] = asyncio.create_task(self._look_up(token))
        return await self._prices[token]

    async def _look_up(self, token: str) -> float | None:
        board = PriceBoard(self._universe.markets, self._newest)
        newest_open = floor_time(self._now, self._width) - self._width
        stored = board.coin_prices(token, newest_open, without=())
        if stored:
            return median(stored)
        for market in self._universe.token(token).markets:
            client = self._clients.get(market.venue)
            if client is None or market.symbol in client.gone or market.quote not in DOLLARS:
                continue
            if not market.listed_at(self._now):
                continue
            price = await self._asked(client, market)
            if price is not None:
                return price
        return None

    async def _asked(self, client: VenueClient, market: Market) -> float | None:
        """A coin's newest close there, an hour old at most."""
        if client.venue in self._silent:
            return None
        until = client.last_closed(self._width)
        count = max(1, SAME_TIME // self._width)
        try:
            found = await client.fetch_bars(market, self._width, until - count * self._width, count)
        except VenueError as error:
            if error.stops_venue or isinstance(error, VenueDown):
                self._silent.add(client.venue)
            return None
        return found.closed[-1].close / market.multiplier if found.closed else None


def _percent(part: float) -> str:
    """``0.4 %``; never 0, which would claim more than was looked at."""
    return f"{max(1, math.ceil(part * 1000)) / 10:.1f} %"
