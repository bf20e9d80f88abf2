"""Real ccxt against the local exchange server: two coins on four venues, by a clock that stands still."""

import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.clock import ManualClock
from monitor.ingest.exchange.ccxt_client import CcxtClient
from monitor.ingest.exchange.venue import VenueClient
from monitor.ingest.poll_report import PollReport
from monitor.ingest.poller import Poller
from monitor.model.bars import Bar
from monitor.model.grid import to_ms
from monitor.model.universe import Market, Sector, Token, Universe
from monitor.store import bars
from monitor.store.database import Database, open_database
from tests.kit.venue_server import VENUES as PLAYED
from tests.kit.venue_server import BarBook, Candle, VenueServer

WIDTH = timedelta(minutes=5)
NOON = datetime(2025, 1, 20, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(minutes=2)
FIRST = NOON - timedelta(hours=30)
VENUES = ("binance", "bybit", "gate", "okx")
COINS = {"TRUMP": 40.0, "VIRTUAL": 3.0}


def candle(at: datetime, price: float, *, coins: float = 1000.0) -> Candle:
    """Open at ``price``, close 0.1 % higher, high 1 % above, low 1 % below, 60 % bought by takers."""
    quote = coins * price
    return Candle(
        to_ms(at), price, price * 1.01, price * 0.99, price * 1.001, coins, quote, quote * 0.6
    )


def market(venue: str, coin: str) -> Market:
    """The coin's spot market there."""
    return Market(venue, f"{coin}/USDT", coin.lower())


class Hall:
    """The server, its clock and book, and clients that were made for them."""

    def __init__(self, server: VenueServer, clock: ManualClock, book: BarBook) -> None:
        self.server = server
        self.clock = clock
        self.book = book
        self.clients: list[VenueClient] = []
        self.markets: list[Market] = [market(v, c) for v in VENUES for c in COINS]

    @property
    def universe(self) -> Universe:
        """The coins on their venues."""
        ids = sorted({m.token for m in self.markets})
        tokens = tuple(Token(t, t, tuple(m for m in self.markets if m.token == t)) for t in ids)
        return Universe((Sector("all", "All", ()),), tokens)

    def client(self, venue: str, **options: object) -> VenueClient:
        """A client of that venue's server."""
        ours = [m for m in self.markets if m.venue == venue]
        settings: dict[str, object] = {
            "base_url": self.server.url(venue),
            "timeout": timedelta(seconds=60),
            "rate_limit_ms": 1,
        }
        connection = CcxtClient(venue, ours, self.clock, **(settings | options))  # type: ignore[arg-type]
        made = VenueClient(connection, self.clock)
        self.clients.append(made)
        return made

    def poller(
        self, database: Database, venues: Sequence[str] = VENUES, **options: object
    ) -> Poller:
        """A poller over these venues."""
        clients = [self.client(venue) for venue in venues]
        settings: dict[str, object] = {"first_reach": timedelta(hours=1)}
        return Poller(
            self.universe,
            clients,
            database,
            self.clock,
            WIDTH,
            **(settings | options),  # type: ignore[arg-type]
        )


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    clock = ManualClock(NOW)
    book = BarBook(WIDTH)
    opens = [FIRST + i * WIDTH for i in range(31 * 12)]
    for venue in VENUES:
        for coin, price in COINS.items():
            book.put(venue, f"{coin}/USDT", [candle(at, price) for at in opens])
    with VenueServer(book, clock, venues=sorted({*PLAYED} - {"bitstamp"})) as server:
        made = Hall(server, clock, book)
        yield made
        for client in made.clients:
            await client.close()


@pytest.fixture
def sqlite(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database: most of what is tested here does not depend on the kind."""
    file = tmp_path / "ingest.db"
    shutil.copy(migrated_sqlite, file)
    database = open_database(f"sqlite:///{file}")
    yield database
    database.close()


async def turn(poller: Poller, now: datetime) -> PollReport:
    """A poll, and what is read over after it, as a daemon does; what the poll found."""
    report = await poller.poll(now)
    await poller.read_over()
    return report


def stored(database: Database, market_id: str) -> list[Bar]:
    """All bars of a market, ascending."""
    with database.read() as conn:
        return [bar for bar, _ in bars.read_bars(conn, width=WIDTH, market_ids=[market_id])]
