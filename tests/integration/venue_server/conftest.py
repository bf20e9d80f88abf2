"""A server with hand-made bars, and unmodified ccxt pointed at it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import ccxt.async_support as ccxt
import pytest

from monitor.clock import ManualClock
from monitor.model.grid import to_ms
from tests.kit.venue_server import VENUES, BarBook, Candle, VenueServer
from tests.kit.venue_server.listing import Listing

START = datetime(2025, 1, 10, tzinfo=UTC)
WIDTH = timedelta(minutes=5)
WIDTH_MS = 300_000
BARS = 3000  # ten days and ten hours
# Two minutes into the bar that opens at NOW - 2 min.
NOW = START + timedelta(days=10, minutes=2)

Exchange = Any
OpenExchange = Callable[[str], Awaitable[Exchange]]


def candle(number: int, *, base: float = 0.0) -> Candle:
    """Bar ``number``: opens at base + 100 + number, goes 1 down and 2 up, closes 1 higher; 10 coins, 60 % bought."""
    price = base + 100.0 + number
    return Candle(
        to_ms(START) + number * WIDTH_MS,
        price,
        price + 2,
        price - 1,
        price + 1,
        10.0,
        1000.0 + number,
        600.0,
        trades=7,
    )


def make_book(*, list_from_first_bar: bool = False) -> BarBook:
    """VIRTUAL spot and swap and BTC on every venue; TRUMP only from bar 2592 (19 January 00:00) on."""
    book = BarBook(WIDTH, list_from_first_bar=list_from_first_bar)
    for venue in VENUES:
        book.put(venue, "VIRTUAL/USDT", [candle(n) for n in range(BARS)])
        book.put(venue, "BTC/USDT", [candle(n, base=90_000) for n in range(BARS)])
        book.put(venue, "TRUMP/USDT", [candle(n) for n in range(2592, BARS)])
        book.put(
            venue,
            "VIRTUAL/USDT:USDT",
            [candle(n) for n in range(BARS)],
            listing=Listing("VIRTUAL/USDT:USDT", contract_size=10.0),
        )
    return book


@pytest.fixture
def clock() -> ManualClock:
    """Two minutes into a bar on 20 January."""
    return ManualClock(NOW)


@pytest.fixture
def server(clock: ManualClock) -> Iterator[VenueServer]:
    """All venues."""
    with VenueServer(make_book(), clock, max_requests=2_000, max_seconds=120) as running:
        yield running


def rebased(urls: Any, base: str) -> Any:
    """The same tree of addresses with another scheme and host."""
    if isinstance(urls, dict):
        return {name: rebased(value, base) for name, value in urls.items()}
    return base + urlsplit(urls.replace("{hostname}", "host")).path


@pytest.fixture
async def open_exchange(server: VenueServer) -> AsyncIterator[OpenExchange]:
    """Opens a ccxt instance of a venue that talks to the server; all are closed at the end."""
    opened: list[Exchange] = []

    async def open_one(venue: str) -> Exchange:
        exchange = getattr(ccxt, venue)({"enableRateLimit": False, "timeout": 4_000})
        exchange.urls["api"] = rebased(exchange.urls["api"], server.url(venue))
        opened.append(exchange)
        return exchange

    yield open_one
    await asyncio.gather(*(exchange.close() for exchange in opened))
