"""Whatever a venue answers, no bar is stored that is not true, and the other venues' bars are whole.

Unmodified ccxt asks over HTTP. One venue of three damages most of what it says: the JSON's tree, its text, headers and
status, in its list of markets and its candles alike. More runs by MONITOR_VENUE_FUZZ.
"""

import gc
import os
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.clock import ManualClock
from monitor.model.bars import Bar
from monitor.model.grid import floor_time
from monitor.store import quarantine
from monitor.store.database import Database, open_database
from tests.integration.ingest.conftest import NOON, NOW, WIDTH, Hall, market, stored, turn
from tests.integration.ingest.test_truth_after_faults import moving
from tests.kit.venue_server import VENUES, BarBook, VenueServer
from tests.kit.venue_server.spoiling import Spoiler

COINS = ("TRUMP", "VIRTUAL")
RUNS = int(os.environ.get("MONITOR_VENUE_FUZZ", "10"))
"""Of each venue; each run is two polls."""
WARM = timedelta(hours=5)
GUARDS = {"venue failed unexpectedly", "venue could not be judged"}
"""What is logged where a guard around a venue caught what nobody had thought of."""
TOTALS: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    gc.collect()
    gc.freeze()  # each client that is made collects garbage, and need not walk through all imports for it
    yield
    gc.unfreeze()
    print(f"\nvenue answers: {dict(sorted(TOTALS.items()))}")


@pytest.fixture
async def fuzz_hall() -> AsyncIterator[Hall]:
    clock = ManualClock(NOW)
    book = BarBook(WIDTH)
    opens = [NOON - timedelta(hours=6) + i * WIDTH for i in range(9 * 12)]
    for venue in VENUES:
        for coin in COINS:
            book.put(venue, f"{coin}/USDT", [moving(venue, coin, at) for at in opens])
    with VenueServer(book, clock) as server:
        made = Hall(server, clock, book)
        yield made
        for client in made.clients:
            await client.close()


def others_of(venue: str) -> list[str]:
    """Two that stay honest."""
    names = sorted(VENUES)
    at = names.index(venue)
    return [names[(at + 1) % len(names)], names[(at + 2) % len(names)]]


Truth = dict[tuple[str, datetime], Bar]


async def warm(hall: Hall, template: Path, folder: Path) -> Truth:
    """A store that knows every market of the chosen venues since five hours; what healthy venues say until an hour later."""
    shutil.copy(template, folder / "warm.db")
    truth: Truth = {}
    for file in ("warm.db", "truth.db"):
        database = open_database(f"sqlite:///{folder / file}")
        poller = hall.poller(database, sorted({m.venue for m in hall.markets}), first_reach=WARM)
        await turn(poller, hall.clock.now())
        await poller.close()
        if file == "warm.db":
            database.close()
            shutil.copy(folder / file, folder / "truth.db")
            hall.clock.advance(timedelta(hours=1))
            continue
        for watched in hall.markets:
            truth |= {(watched.id, bar.open_time): bar for bar in stored(database, watched.id)}
        database.close()
    hall.clients.clear()
    hall.clock.advance(-timedelta(hours=1))
    for (name, at), bar in truth.items():
        venue, _, symbol = name.partition(":")
        told = moving(venue, symbol.partition("/")[0], at)
        assert (bar.open, bar.high, bar.low, bar.close) == pytest.approx(
            (told.open, told.high, told.low, told.close), rel=1e-9
        )
        assert bar.base_volume == pytest.approx(told.base_volume, rel=1e-9)
    return truth


def false_bars(database: Database, hall: Hall, truth: Truth) -> list[tuple[Bar, Bar | None]]:
    """Stored bars that are not the venue's. An amount that a venue leaves blank is unknown, not false; and a taker side that is
    smaller than it was cannot be told from a true one.
    """
    found = []
    for watched in hall.markets:
        for bar in stored(database, watched.id):
            TOTALS["bars compared"] += 1
            told = truth.get((watched.id, bar.open_time))
            if told is not None:
                quote = None if bar.quote_volume is None else told.quote_volume
                told = replace(told, quote_volume=quote, taker_buy_quote=bar.taker_buy_quote)
            if bar != told or bar.open_time + WIDTH > hall.clock.now():
                found.append((bar, told))
    return found


@pytest.mark.parametrize("venue", sorted(VENUES))
async def test_damaged_answers_store_nothing_false_and_cost_no_other_venue_a_bar(
    fuzz_hall: Hall, migrated_sqlite: Path, tmp_path: Path, venue: str
) -> None:
    hall = fuzz_hall
    venues = [venue, *others_of(venue)]
    hall.markets = [market(v, c) for v in venues for c in COINS]
    truth = await warm(hall, migrated_sqlite, tmp_path)
    since = hall.clock.now()
    for seed in range(RUNS):
        hall.clock.set(since + timedelta(minutes=30))
        shutil.copy(tmp_path / "warm.db", tmp_path / "run.db")
        database = open_database(f"sqlite:///{tmp_path / 'run.db'}")
        spoiler = Spoiler(seed)
        poller = hall.poller(database, venues)
        hall.server.spoilers[venue] = spoiler
        with capture_logs() as logs:
            for _ in range(2):
                report = await turn(poller, hall.clock.now())
                hall.clock.advance(WIDTH)
        hall.server.spoilers.clear()
        hall.clock.advance(-WIDTH)
        told = f"{venue}, seed {seed}: {spoiler.words}"
        assert not [entry for entry in logs if entry["event"] in GUARDS], told
        assert len(report.venues) == len(venues), told
        assert false_bars(database, hall, truth) == [], told
        newest = floor_time(hall.clock.now(), WIDTH) - WIDTH
        for honest in others_of(venue):
            for coin in COINS:
                opens = [bar.open_time for bar in stored(database, market(honest, coin).id)]
                assert opens[-1] == newest, told
                assert len(opens) == (newest - opens[0]) // WIDTH + 1, told
        with database.read() as conn:
            TOTALS["rows refused"] += sum(row[3] for row in quarantine.counts(conn))
        TOTALS["polls"] += 2
        TOTALS["answers damaged"] += sum(spoiler.done.values())
        await poller.close()
        hall.clients.clear()
        database.close()
