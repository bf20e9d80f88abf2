"""One asking for the order books of all markets: their depth into the store; a venue that fails stops no other."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from monitor.analytics.depth import depth_of, middle
from monitor.clock import Clock
from monitor.ingest.errors import BadVenueData, VenueError
from monitor.ingest.exchange.venue import VenueClient
from monitor.model.bars import Refusal
from monitor.model.order_book import BookReading
from monitor.model.universe import DOLLARS, Market, Universe
from monitor.store import quarantine, steps
from monitor.store.database import Database
from monitor.store.knowledge import issue_time
from monitor.store.order_books import save_books
from monitor.store.venue_leases import VenueRights

log = structlog.get_logger(__name__)

OFF_PRICE = "book_off_price"
LARGEST_OFFSET = 0.10
"""Of a book's middle from the token's last price: beyond it is another coin's book, or a broken one."""
PRICE_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Prices:
    """Last known prices of tokens in USD."""

    of_token: Mapping[str, float]

    def rate(self, quote: str) -> float | None:
        """USD for one of a quote currency; the dollar's coins count as one where nothing watches their rate."""
        found = self.of_token.get(quote)
        return 1.0 if found is None and quote in DOLLARS else found


@dataclass(slots=True)
class BooksRead:
    """What one asking gave; ``failed``: by venue in words."""

    readings: list[BookReading] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def last_prices(database: Database, now: datetime) -> Prices:
    """Of the last step, none where it is old: a book is then believed as it stands."""
    with database.read() as conn:
        step = steps.latest_step(conn)
    if step is None or now - step.close_time > PRICE_AGE:
        return Prices({})
    return Prices({t.id: t.price_usd for t in step.tokens if t.price_usd is not None})


async def read_books_into(
    clients: Sequence[VenueClient],
    universe: Universe,
    database: Database,
    clock: Clock,
    rights: VenueRights,
    *,
    deadline: timedelta,
    paused: Collection[str] = (),
) -> BooksRead:
    """Ask every venue of ours for its books, side by side, a market after the other. ``paused``: venues that are not asked
    now; one whose markets are not known yet is not asked either. ``deadline``: machine time for one venue."""
    now = clock.now()
    prices = await asyncio.to_thread(last_prices, database, now)
    ours = rights.venues()
    found = BooksRead()

    async def of_venue(client: VenueClient) -> None:
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                await _of_venue(client, universe, prices, now, found)
        except TimeoutError:
            found.failed[client.venue] = f"{client.venue}: books cut off after {deadline}"
        except VenueError as error:
            found.failed[client.venue] = str(error)
        except Exception as error:
            log.exception("books failed unexpectedly", venue=client.venue)
            found.failed[client.venue] = f"{client.venue}: failed: {type(error).__name__}"

    with rights.polling():
        async with asyncio.TaskGroup() as group:
            for client in clients:
                if client.venue in paused or (ours is not None and client.venue not in ours):
                    continue
                if client.is_prepared:
                    group.create_task(of_venue(client))
        await asyncio.to_thread(partial(_store, database, clock, found))
    return found


async def _of_venue(
    client: VenueClient, universe: Universe, prices: Prices, now: datetime, found: BooksRead
) -> None:
    gone = client.gone
    for market in universe.markets:
        if market.venue != client.venue or market.symbol in gone or not market.listed_at(now):
            continue
        rate = prices.rate(market.quote)
        if rate is None:
            continue  # a quote without a rate: no money in dollars can be said
        try:
            book = await client.fetch_book(market)
        except VenueError as error:
            if error.stops_venue:
                raise
            found.failed[client.venue] = str(error)
            continue
        depth, mid = depth_of(book, rate), middle(book)
        if depth is None or mid is None:
            what = "served an empty or crossed book"
            found.failed[client.venue] = str(BadVenueData(client.venue, what, symbol=market.symbol))
            continue
        refusal = _off_price(market, mid * rate, prices)
        if refusal is not None:
            found.refusals.append(refusal)
            continue
        found.readings.append(BookReading(market.id, now, depth))


def _off_price(market: Market, mid_usd: float, prices: Prices) -> Refusal | None:
    price = prices.of_token.get(market.token)
    if price is None:
        return None
    expected = price * market.multiplier
    if abs(mid_usd / expected - 1) <= LARGEST_OFFSET:
        return None
    detail = f"{market.id}: the book's middle is {mid_usd:.6g} USD, the last price {expected:.6g}"
    return Refusal(market.venue, market.id, None, OFF_PRICE, detail)


def _store(database: Database, clock: Clock, found: BooksRead) -> None:
    if not found.readings and not found.refusals:
        return
    with database.write() as conn:
        at = issue_time(conn, clock.now())
        save_books(conn, [BookReading(row.market_id, at, row.depth) for row in found.readings])
        quarantine.add_refusals(conn, found.refusals, at)
