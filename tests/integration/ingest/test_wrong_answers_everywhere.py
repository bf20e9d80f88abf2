"""One table of wrong answers, on every venue that has a file here: nothing false is stored, nobody else waits, and when it is over
the venue's bars are the true ones, without a hole.

Three venues whose answers differ most belong to the test command; the others by name: ``pytest -m every_venue``.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from monitor.clock import ManualClock
from monitor.model.bars import Bar
from monitor.model.grid import from_ms, to_ms
from monitor.store import bars
from monitor.store.database import Database
from tests.integration.ingest.conftest import NOON, NOW, WIDTH, Hall, market, turn
from tests.integration.ingest.test_truth_after_faults import moving
from tests.kit.venue_server import VENUES, BarBook, Candle, VenueServer

PROVED = sorted({*VENUES} - {"bitstamp"})
COIN, OTHER = "VIRTUAL", "TRUMP"
ALWAYS = ("hyperliquid", "kucoin", "okx")
HONEST = ("binance", "okx", "gate")
WITHOUT_QUOTE = ("coinbase", "hyperliquid")
"""Whose candles hold no quote volume."""
WARM_UP = timedelta(hours=4)


@dataclass(frozen=True)
class Case:
    """A fault of the candles and its options; ``is_failure``: the venue itself must be told as failing; ``only_after``: no one
    can tell while it is on that the venue's figures are not final."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    is_failure: bool = False
    only_after: bool = False


CASES = (
    *(Case(kind, is_failure=True) for kind in ("html200", "half_json", "empty_body", "json_null")),
    *(Case(kind, is_failure=True) for kind in ("json_number", "json_object", "cut_body", "reset")),
    *(Case(kind, is_failure=True) for kind in ("internal_error", "maintenance", "region")),
    Case("rate_limited", {"retry_after": 60.0}, is_failure=True),
    Case("banned", {"retry_after": 900.0}, is_failure=True),
    *(
        Case("status", {"status": s, "body": "no"}, is_failure=True)
        for s in (403, 418, 429, 451, 500, 503, 523)
    ),
    Case("json_list"),
    Case("empty_list"),
    *(Case(kind) for kind in ("nan", "null", "not_a_number", "zero", "negative", "x100")),
    *(Case(kind) for kind in ("null_volume", "null_quote")),
    *(
        Case(kind, {"rows": "all"})
        for kind in ("nan", "null", "null_volume", "null_quote", "negative")
    ),
    *(Case(kind) for kind in ("conflicting", "broken_range", "seconds", "unaligned")),
    *(
        Case(kind)
        for kind in ("reversed", "shuffled", "duplicated", "no_forming", "gapped", "frozen")
    ),
    Case("other_types"),
    *(Case("misaligned", {"factor": factor, "since_ms": 0}) for factor in (1.0, -1.0)),
    *(Case("volume_times", {"factor": factor}) for factor in (-1.0, 1e3, 0.0)),
    *(Case("close_times", {"factor": factor}) for factor in (2.0, 1000.0)),
    *(Case("price_times", {"factor": factor}) for factor in (0.9, 1.12)),
    Case("other_symbol", {"symbol": f"{COIN}/USDT", "other": f"{OTHER}/USDT"}),
    Case("provisional", {"seconds": 1800.0}, only_after=True),
    Case("vanished", {"symbol": f"{COIN}/USDT"}),
    Case("renamed", {"symbol": f"{COIN}/USDT", "other": f"{COIN}X/USDT"}),
    *(Case("clock_off", {"seconds": seconds}) for seconds in (-600.0, 600.0)),
)
HOURS = 4 * len(CASES)


@pytest.fixture
async def long_hall() -> AsyncIterator[Hall]:
    clock, book = ManualClock(NOW), BarBook(WIDTH)
    opens = [NOON - timedelta(hours=6) + i * WIDTH for i in range((HOURS + 6) * 12)]
    for venue in PROVED:
        for coin in (COIN, OTHER):
            book.put(venue, f"{coin}/USDT", [moving(venue, coin, at) for at in opens])
    with VenueServer(book, clock) as server:
        made = Hall(server, clock, book)
        yield made
        for client in made.clients:
            await client.close()


@pytest.mark.parametrize(
    "venue",
    [
        pytest.param(venue, marks=() if venue in ALWAYS else pytest.mark.every_venue)
        for venue in PROVED
    ],
)
async def test_after_each_wrong_answer_the_bars_are_the_true_ones(
    long_hall: Hall, sqlite: Database, venue: str
) -> None:
    hall = long_hall
    others = [name for name in HONEST if name != venue][:2]
    hall.markets = [market(v, COIN) for v in (venue, *others)]
    poller = hall.poller(sqlite, [venue, *others], first_reach=WARM_UP)
    await turn(poller, hall.clock.now())
    wrong: list[str] = []
    for case in CASES:
        begin = hall.clock.now()
        hall.server.faults.add(
            case.kind, venue, **({"since_ms": to_ms(begin), "endpoint": "candles"} | case.options)
        )
        told = False
        judged = [m for m in hall.markets if not (case.only_after and m.venue == venue)]
        for _ in range(3):
            hall.clock.advance(WIDTH)
            report = await turn(poller, hall.clock.now())
            told = told or any(venue in text for text in report.failures)
            wrong += [f"{case}: stored {text}" for text in _false(hall, sqlite, judged)]
            wrong += [f"{case}: {text}" for text in _missing(hall, sqlite, others)]
        if case.is_failure and not told:
            wrong.append(f"{case}: not told")
        hall.server.faults.clear()
        # A venue that was away is asked again when its pause is over, and everything once more within the hour.
        for pause in (1, 1, 6, 12, 12, 12):
            hall.clock.advance(pause * WIDTH)
            await turn(poller, hall.clock.now())
        wrong += [f"{case}: after it {text}" for text in _missing(hall, sqlite, [venue])]
        wrong += [f"{case}: after it {text}" for text in _false(hall, sqlite, hall.markets)]
    assert wrong == []


def recent(hall: Hall, database: Database, market_id: str) -> list[Bar]:
    """Bars of the last four hours, as long as a case takes."""
    since = hall.clock.now() - timedelta(hours=4)
    with database.read() as conn:
        found = bars.read_bars(conn, width=WIDTH, market_ids=[market_id], since=since)
        return [bar for bar, _ in found]


def _false(hall: Hall, database: Database, markets: list[Any]) -> list[str]:
    """Stored bars that are not the venue's, by market and time."""
    found = []
    for watched in markets:
        for bar in recent(hall, database, watched.id):
            true = moving(watched.venue, COIN, bar.open_time)
            same = (bar.open, bar.high, bar.low, bar.close, bar.base_volume) == pytest.approx(
                (true.open, true.high, true.low, true.close, true.base_volume), rel=1e-9
            )
            if not (same and _quote_is_true(bar, true)):
                found.append(f"{watched.id} {bar.open_time:%d %H:%M}")
    return found[-3:]


def _quote_is_true(bar: Bar, true: Candle) -> bool:
    """The venue's own; where its format has none, base volume times typical price."""
    expected = true.quote_volume
    if bar.market_id.partition(":")[0] in WITHOUT_QUOTE:
        expected = true.base_volume * (true.high + true.low + true.close) / 3
    return bar.quote_volume == pytest.approx(expected, rel=1e-9)


def _missing(hall: Hall, database: Database, venues: list[str]) -> list[str]:
    """Closed bars that are not stored."""
    last = to_ms(hall.clock.now()) // 300_000 * 300_000 - 300_000
    found = []
    for watched in hall.markets:
        if watched.venue not in venues:
            continue
        opens = {to_ms(bar.open_time) for bar in recent(hall, database, watched.id)}
        lost = [ms for ms in range(min(opens, default=last), last + 1, 300_000) if ms not in opens]
        found += [f"{watched.id} lacks {from_ms(ms):%d %H:%M}" for ms in lost[-2:]]
    return found
