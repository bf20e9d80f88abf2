"""Venues that refuse: busy, forbidden, down, under maintenance and gone are told apart, and waited for as each asks."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from monitor.ingest.errors import MarketGone
from monitor.ingest.exchange.health import Transition
from monitor.model.bars import VenueState
from monitor.model.universe import Market
from monitor.store.database import Database
from tests.integration.ingest.conftest import VENUES, WIDTH, Hall, stored

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Case:
    """A fault, the state it must lead to, and the bounds of the pause."""

    kind: str
    options: dict[str, float]
    state: VenueState
    least: timedelta
    most: timedelta


HOURLY = (timedelta(hours=1), timedelta(minutes=75))
SHORT = (timedelta(seconds=5), timedelta(seconds=7))
CASES = [
    Case("region", {}, VenueState.FORBIDDEN, *HOURLY),
    Case("status", {"status": 451}, VenueState.FORBIDDEN, *HOURLY),
    Case("maintenance", {}, VenueState.MAINTENANCE, MINUTE, timedelta(seconds=75)),
    Case(
        "rate_limited",
        {"retry_after": 120.0},
        VenueState.DEGRADED,
        2 * MINUTE,
        timedelta(seconds=150),
    ),
    Case("banned", {}, VenueState.DEGRADED, 10 * MINUTE, timedelta(minutes=13)),
    Case("status", {"status": 503}, VenueState.DEGRADED, *SHORT),
    Case("status", {"status": 523}, VenueState.DEGRADED, *SHORT),
]


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.kind}{c.options.get('status', '')}")
async def test_each_refusal_is_known_for_what_it_is_and_waited_for(
    hall: Hall, sqlite: Database, venue: str, case: Case
) -> None:
    poller = hall.poller(sqlite, [venue])
    await poller.poll(hall.clock.now())
    hall.clock.advance(WIDTH)
    hall.server.faults.add(case.kind, venue, endpoint="candles", **case.options)
    at = hall.clock.now()
    report = await poller.poll(at)
    health = report.health[0]
    assert health.state is case.state
    assert health.next_try is not None
    assert case.least <= health.next_try - at <= case.most
    assert "http" not in (health.error or "").replace("HTTP", "")
    asked = hall.server.log.count()
    await poller.poll(at + timedelta(seconds=1))
    assert hall.server.log.count() == asked


async def test_a_symbol_that_the_venue_does_not_list_is_told_once_with_the_nearest(
    hall: Hall, sqlite: Database
) -> None:
    hall.markets.append(Market("okx", "VIRTUALS/USDT", "virtual"))
    poller = hall.poller(sqlite, ["okx"])
    told: list[Transition] = []
    for _ in range(3):
        told += (await poller.poll(hall.clock.now())).transitions
        hall.clock.advance(WIDTH)
    assert [t.text for t in told] == [
        (
            "okx VIRTUALS/USDT: is not listed there (nearest: VIRTUAL/USDT); if it is delisted, end its line in the"
            " configuration by to = 2025-01-20T12:02:00Z; monitor doctor looks for a new name"
        )
    ]
    assert len(stored(sqlite, "okx:VIRTUAL/USDT")) == 14


@pytest.mark.parametrize("venue", VENUES)
async def test_a_market_that_vanishes_is_gone_after_one_reload_and_the_other_goes_on(
    hall: Hall, sqlite: Database, venue: str
) -> None:
    poller = hall.poller(sqlite, [venue])
    await poller.poll(hall.clock.now())
    hall.server.faults.add("vanished", venue, symbol="TRUMP/USDT")
    hall.clock.advance(WIDTH)
    told = list((await poller.poll(hall.clock.now())).transitions)
    hall.clock.advance(WIDTH)
    report = await poller.poll(hall.clock.now())
    told += report.transitions
    assert [(t.venue, t.well) for t in told] == [(venue, False)]
    assert "TRUMP/USDT" in told[0].text
    assert report.health[0].state is VenueState.UP
    assert len(stored(sqlite, f"{venue}:VIRTUAL/USDT")) == 14


@pytest.mark.parametrize("venue", VENUES)
async def test_a_market_table_that_comes_back_empty_is_not_believed(hall: Hall, venue: str) -> None:
    client = hall.client(venue)
    await client.prepare()
    hall.server.faults.add("html200", venue, endpoint="markets")
    hall.server.faults.add("vanished", venue, symbol="TRUMP/USDT")
    trump = next(m for m in hall.markets if m.venue == venue and m.token == "trump")
    with pytest.raises(MarketGone):
        await client.fetch_bars(trump, WIDTH, hall.clock.now() - timedelta(hours=1), 5)
    assert client.gone == {}
    other = next(m for m in hall.markets if m.venue == venue and m.token == "virtual")
    found = await client.fetch_bars(other, WIDTH, hall.clock.now() - timedelta(hours=1), 5)
    assert len(found.closed) == 12
