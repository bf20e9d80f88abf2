"""After a fault each venue's bars are those of an undisturbed run, and while it is on nothing false is stored.

One venue is at fault for half an hour while two others and time go on; ONLY is traded on the faulty venue alone, so that
nobody else can say what it costs.
"""

import math
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.clock import ManualClock
from monitor.model.bars import Bar
from monitor.model.grid import to_ms
from monitor.store.database import Database, open_database
from tests.integration.ingest.conftest import NOON, NOW, WIDTH, Hall, market, stored, turn
from tests.kit.venue_server import BarBook, Candle, VenueServer

VENUES = ("binance", "gate", "okx")
EVERYWHERE = {"TRUMP": 40.0, "VIRTUAL": 3.0}
FAULTY_POLLS = 6
WARM_UP = timedelta(hours=4)


@dataclass(frozen=True)
class Case:
    """A fault, and what may be said of the time while it is on."""

    kind: str
    options: dict[str, object] = field(default_factory=dict)
    only_after: bool = False  # no one can tell while it is on that the figures are not final

    @property
    def by_habit(self) -> bool:
        """Whether it matters that a venue leaves quiet bars out (Gate) or serves them (Binance)."""
        return self.kind in {"frozen", "gapped", "misaligned", "null", "vanished"}

    def __str__(self) -> str:
        words = [
            self.kind,
            *(f"{v:g}" if isinstance(v, float) else str(v) for v in self.options.values()),
        ]
        return "-".join(words)


CASES = (
    Case("frozen"),
    *(Case("volume_times", {"factor": factor}) for factor in (50.0, 1e3, 1e6, 0.0)),
    *(Case("close_times", {"factor": factor}) for factor in (1.2, 2.0, 10.0, 1000.0)),
    Case("price_times", {"factor": 1.12}),
    Case("price_times", {"factor": 0.9}),
    Case("provisional", {"seconds": 1800.0}, only_after=True),
    Case("misaligned", {"factor": 1.0}),
    Case("misaligned", {"factor": 1.0, "since_ms": 0}),
    Case("misaligned", {"factor": -1.0, "since_ms": 0}),
    Case("gapped"),
    Case("vanished", {"symbol": "TRUMP/USDT"}),
    Case("renamed", {"symbol": "TRUMP/USDT", "other": "TRUMPX/USDT"}),
    Case("null"),
    Case("conflicting"),
    Case("broken_range"),
    Case("banned", {"retry_after": 7200.0}),
)


def walk(coin: str, at: datetime) -> float:
    """A price that moves a little with each bar, the same at any time it is asked."""
    step = to_ms(at) // to_ms_width()
    wave = math.sin(step / 7.3 + len(coin)) + math.sin(step / 2.9)
    return {**EVERYWHERE, "ONLY": 0.5}[coin] * (1 + 0.004 * wave)


def to_ms_width() -> int:
    """Milliseconds of an interval."""
    return WIDTH // timedelta(milliseconds=1)


def moving(venue: str, coin: str, at: datetime) -> Candle:
    """One bar of the walk; volumes differ by venue and time."""
    start, end = walk(coin, at), walk(coin, at + WIDTH)
    size = 1000.0 * (2 + math.sin(to_ms(at) / to_ms_width() * 1.7 + len(venue)))
    high, low = max(start, end) * 1.001, min(start, end) * 0.999
    quote = size * (start + end) / 2
    return Candle(to_ms(at), start, high, low, end, size, quote, quote * 0.6)


@pytest.fixture
async def moving_hall() -> AsyncIterator[Hall]:
    clock = ManualClock(NOW)
    book = BarBook(WIDTH)
    opens = [NOON - timedelta(hours=6) + i * WIDTH for i in range(14 * 12)]
    for venue in VENUES:
        for coin in EVERYWHERE:
            book.put(venue, f"{coin}/USDT", [moving(venue, coin, at) for at in opens])
        book.put(venue, "ONLY/USDT", [moving(venue, "ONLY", at) for at in opens])
    with VenueServer(book, clock) as server:
        made = Hall(server, clock, book)
        made.markets = [market(v, c) for v in VENUES for c in EVERYWHERE]
        yield made
        for client in made.clients:
            await client.close()


async def undisturbed(hall: Hall, migrated: Path, folder: Path) -> dict[str, list[Bar]]:
    """What one poll of healthy venues stores of all that time."""
    file = folder / "undisturbed.db"
    shutil.copy(migrated, file)
    database = open_database(f"sqlite:///{file}")
    try:
        poller = hall.poller(database, VENUES, first_reach=WARM_UP + timedelta(hours=12))
        await turn(poller, hall.clock.now())
        return {m.id: stored(database, m.id) for m in hall.markets}
    finally:
        database.close()


@pytest.mark.parametrize(
    ("venue", "case"),
    [("binance", case) for case in CASES] + [("gate", case) for case in CASES if case.by_habit],
    ids=str,
)
async def test_bars_after_the_fault_equal_those_of_an_undisturbed_run(
    moving_hall: Hall,
    sqlite: Database,
    migrated_sqlite: Path,
    tmp_path: Path,
    venue: str,
    case: Case,
) -> None:
    hall = moving_hall
    hall.markets.append(market(venue, "ONLY"))
    poller = hall.poller(sqlite, VENUES, first_reach=WARM_UP)
    await turn(poller, hall.clock.now())
    begin = to_ms(NOON)
    hall.server.faults.add(case.kind, venue, **({"since_ms": begin} | case.options))
    for _ in range(FAULTY_POLLS):
        hall.clock.advance(WIDTH)
        await turn(poller, hall.clock.now())
    during = {m.id: stored(sqlite, m.id) for m in hall.markets}
    hall.server.faults.clear()
    # Venues that were away are asked again when their pause is over, and everything is read once more within the hour.
    for pause in (1, 1, 6, 12, 12):
        hall.clock.advance(pause * WIDTH)
        await turn(poller, hall.clock.now())
    truth = await undisturbed(hall, migrated_sqlite, tmp_path)
    for m in hall.markets:
        bars = stored(sqlite, m.id)
        right = {bar.open_time: bar for bar in truth[m.id]}
        assert [b.open_time for b in bars] == [t for t in right if t >= bars[0].open_time], (
            f"{m.id} lacks bars"
        )
        wrong = [b for b in bars if b != right[b.open_time]]
        assert not wrong, f"{m.id} holds false bars after the fault"
        false = [b for b in during[m.id] if b != right[b.open_time]]
        assert case.only_after or not false, f"{m.id} held false bars while the fault was on"


async def test_a_frozen_venue_is_told_once_and_once_when_it_moves_again(
    moving_hall: Hall, sqlite: Database
) -> None:
    hall = moving_hall
    poller = hall.poller(sqlite, VENUES, first_reach=WARM_UP)
    await turn(poller, hall.clock.now())
    hall.server.faults.add("frozen", "binance", since_ms=to_ms(NOON))
    told: list[list[str]] = []
    for polls in range(2 * FAULTY_POLLS):
        if polls == FAULTY_POLLS:
            hall.server.faults.clear()
        hall.clock.advance(WIDTH)
        report = await turn(poller, hall.clock.now())
        told.append([t.text for t in report.transitions])
    first = next(i for i, texts in enumerate(told) if texts)
    assert first == 1, "one doubtful answer is no message, two in a row are"
    ((begun,), (well,)) = [texts for texts in told if texts]
    assert begun.startswith(
        "binance TRUMP/USDT, VIRTUAL/USDT: new bars are held back (frozen: a flat bar at "
    )
    assert well == (
        "binance TRUMP/USDT, VIRTUAL/USDT: bars are believed again, what was held is read again"
    )
