"""One asking for the order books of all markets: their depth into the store; a venue that fails stops no other."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.analytics.depth import depth_of, middle
from monitor.clock import Clock
from monitor.ingest.beside_bars import Read, ask_venues
from monitor.ingest.errors import BadVenueData
from monitor.ingest.exchange.venue import VenueClient
from monitor.ingest.last_prices import Prices, last_prices
from monitor.model.bars import Refusal
from monitor.model.order_book import BookReading
from monitor.model.universe import Market, Universe
from monitor.store.database import Database
from monitor.store.order_books import save_books
from monitor.store.venue_leases import VenueRights

OFF_PRICE = "book_off_price"
LARGEST_OFFSET = 0.10
"""Of a book's middle from the token's last price: beyond it is another coin's book, or a broken one."""


BooksRead = Read[BookReading]


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
    """Ask every venue of ours for its books; ``paused`` and ``deadline`` as in :func:`ask_venues`."""
    now = clock.now()
    prices = await asyncio.to_thread(last_prices, database, now)
    found = BooksRead()

    async def take(client: VenueClient, market: Market) -> None:
        rate = prices.rate(market.quote)
        if rate is None:
            return  # a quote without a rate: no money in dollars can be said
        book = await client.fetch_book(market)
        depth, mid = depth_of(book, rate), middle(book)
        if depth is None or mid is None:
            what = "served an empty or crossed book"
            raise BadVenueData(client.venue, what, symbol=market.symbol)
        refusal = _off_price(market, mid * rate, prices)
        if refusal is None:
            found.readings.append(BookReading(market.id, now, depth))
        else:
            found.refusals.append(refusal)

    await ask_venues(
        "books",
        clients,
        universe.markets,
        take,
        found,
        _save,
        database,
        clock,
        rights,
        deadline=deadline,
        paused=paused,
    )
    return found


def _off_price(market: Market, mid_usd: float, prices: Prices) -> Refusal | None:
    price = prices.of_token.get(market.token)
    if price is None:
        return None
    expected = price * market.multiplier
    if abs(mid_usd / expected - 1) <= LARGEST_OFFSET:
        return None
    detail = f"{market.id}: the book's middle is {mid_usd:.6g} USD, the last price {expected:.6g}"
    return Refusal(market.venue, market.id, None, OFF_PRICE, detail)


def _save(conn: Connection, readings: Sequence[BookReading], at: datetime) -> None:
    save_books(conn, [BookReading(row.market_id, at, row.depth) for row in readings])
