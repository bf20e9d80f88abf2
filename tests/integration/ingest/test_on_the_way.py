"""What goes wrong on the way to a venue, on every venue that is played: nothing false enters, the others go on, the truth comes after.

All venues but one are at fault at once, so the one that is well would wait for them all.
"""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from monitor.clock import ManualClock
from monitor.ingest.exchange.venue import VenueClient
from monitor.ingest.poller import Poller
from monitor.model.grid import floor_time
from monitor.store.database import Database
from tests.integration.ingest.conftest import FIRST, NOW, WIDTH, Hall, candle, market, stored
from tests.kit.venue_server import VENUES, BarBook, VenueServer

WELL = "okx"
AT_FAULT = sorted({*VENUES} - {WELL})
HUNG = timedelta(seconds=1.5)
"""How long a client waits for a venue that never ends its answer; what is well is waited for as long as a busy machine takes."""

FAULTS = {
    "connection reset": "reset",
    "body cut short": "cut_body",
    "slow loris": "drip",
    "no answer": "stall",
    "answer of 100 MB": "huge",
    "page of the network": "html200",
    "TLS error": "https",
    "name that is not known": "nowhere",
}


@pytest.fixture
async def wide_hall() -> AsyncIterator[Hall]:
    clock = ManualClock(NOW)
    book = BarBook(WIDTH)
    opens = [FIRST + i * WIDTH for i in range(31 * 12)]
    for venue in VENUES:
        book.put(venue, "TRUMP/USDT", [candle(at, 40.0) for at in opens])
    with VenueServer(book, clock) as server:
        made = Hall(server, clock, book)
        made.markets = [market(venue, "TRUMP") for venue in VENUES]
        yield made
        for client in made.clients:
            await client.close()


def client_at_fault(hall: Hall, venue: str, kind: str) -> VenueClient:
    address = hall.server.url(venue)
    if kind == "https":
        return hall.client(venue, base_url=address.replace("http://", "https://"))
    if kind == "nowhere":
        return hall.client(venue, base_url="http://venue.invalid")
    if kind in ("drip", "stall"):
        return hall.client(venue, timeout=HUNG)
    return hall.client(venue)


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_on_the_way_stores_nothing_false_and_holds_up_nobody(
    wide_hall: Hall, sqlite: Database, name: str
) -> None:
    hall, kind = wide_hall, FAULTS[name]
    if kind not in ("https", "nowhere"):
        for venue in AT_FAULT:
            hall.server.faults.add(kind, venue, endpoint="candles", seconds=60.0)
    clients = [hall.client(WELL), *(client_at_fault(hall, v, kind) for v in AT_FAULT)]
    poller = Poller(
        hall.universe, clients, sqlite, hall.clock, WIDTH, first_reach=timedelta(hours=1)
    )
    report = await poller.poll(hall.clock.now())
    newest = floor_time(hall.clock.now(), WIDTH) - WIDTH
    assert stored(sqlite, f"{WELL}:TRUMP/USDT")[-1].open_time == newest
    told = {venue.venue: venue.words for venue in report.venues}
    for venue in AT_FAULT:
        assert stored(sqlite, f"{venue}:TRUMP/USDT") == [], told[venue]
    assert len(report.failures) == len(AT_FAULT), told

    hall.server.faults.clear()
    hall.clock.advance(timedelta(minutes=30))
    again = hall.poller(sqlite, sorted(VENUES), first_reach=timedelta(hours=3))
    await again.poll(hall.clock.now())
    for venue in sorted(VENUES):
        bars = stored(sqlite, f"{venue}:TRUMP/USDT")
        assert bars[-1].open_time == floor_time(hall.clock.now(), WIDTH) - WIDTH, venue
        for bar in bars:
            right = candle(bar.open_time, 40.0)
            assert (bar.open, bar.high, bar.low, bar.close) == pytest.approx(
                (right.open, right.high, right.low, right.close)
            ), venue
            assert bar.base_volume == pytest.approx(right.base_volume), venue
