"""Tables of markets that are loaded anew on a schedule: what changed of a market that is still listed is seen, and no poll waits."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from monitor.ingest.exchange.venue import RELOAD_EVERY, RENEW_EVERY
from monitor.model.universe import Market
from monitor.store.database import Database
from tests.integration.ingest.conftest import (
    COINS,
    FIRST,
    NOON,
    VENUES,
    WIDTH,
    Hall,
    candle,
    stored,
    turn,
)
from tests.kit.venue_server import Candle
from tests.kit.venue_server.listing import Listing
from tests.kit.venue_server.wire import Answer

SWAP = "VIRTUAL/USDT:USDT"


def bars_of_days(price: float) -> list[Candle]:
    """Until long after the next look at the markets."""
    return [candle(FIRST + k * WIDTH, price) for k in range(48 * 12)]


def tables(hall: Hall) -> dict[str, int]:
    """How many requests for markets each venue has had."""
    return {venue: hall.server.log.count(venue, "markets") for venue in VENUES}


def halted(name: str) -> Any:
    """Gate's answers, in which this pair is listed and cannot be traded."""

    def spoilt(endpoint: str, answer: Answer) -> Answer:
        if endpoint != "markets" or not isinstance(answer.body, list):
            return answer
        return replace(answer, body=[_halted(row, name) for row in answer.body])

    return spoilt


def _halted(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {**row, "trade_status": "untradable"} if row.get("id") == name else row


async def test_a_contract_that_grew_is_known_after_the_period(hall: Hall, sqlite: Database) -> None:
    hall.book.put("gate", SWAP, bars_of_days(3.0), listing=Listing(SWAP, contract_size=10.0))
    hall.markets = [Market("gate", SWAP, "virtual")]
    poller = hall.poller(sqlite, ["gate"])
    await turn(poller, hall.clock.now())
    hall.book.put("gate", SWAP, [], listing=Listing(SWAP, contract_size=20.0))
    hall.clock.advance(RENEW_EVERY)
    await poller.poll(hall.clock.now())
    assert stored(sqlite, f"gate:{SWAP}")[-1].base_volume == pytest.approx(500.0)
    await poller.read_over()
    hall.clock.advance(WIDTH)
    await poller.poll(hall.clock.now())
    newest = stored(sqlite, f"gate:{SWAP}")[-2:]
    assert [bar.base_volume for bar in newest] == pytest.approx([1000.0, 1000.0])


async def test_a_market_that_is_halted_while_it_still_answers_is_told_after_the_period(
    hall: Hall, sqlite: Database
) -> None:
    poller = hall.poller(sqlite, ["gate"])
    await turn(poller, hall.clock.now())
    hall.server.spoilers["gate"] = halted("TRUMP_USDT")
    (client,) = poller.clients
    hall.clock.advance(RENEW_EVERY - timedelta(minutes=1))
    await turn(poller, hall.clock.now())
    assert client.gone == {}
    hall.clock.advance(timedelta(minutes=1))
    await turn(poller, hall.clock.now())
    assert list(client.gone) == ["TRUMP/USDT"]
    report = await turn(poller, hall.clock.now())
    assert [t.text for t in report.transitions] == [
        (
            "gate TRUMP/USDT: is listed but not traded now; if it is delisted, end its line in the configuration by"
            " to = 2025-01-20T16:02:00Z; monitor doctor looks for a new name"
        )
    ]


async def test_a_poll_waits_for_no_table_and_a_round_renews_one_alone(
    hall: Hall, sqlite: Database
) -> None:
    poller = hall.poller(sqlite)
    await turn(poller, hall.clock.now())
    hall.clock.advance(RENEW_EVERY)
    seen = [tables(hall)]
    for _ in range(len(VENUES) + 1):
        await poller.poll(hall.clock.now())
        assert tables(hall) == seen[-1]
        await poller.read_over()
        seen.append(tables(hall))
    renewed = [
        [venue for venue in VENUES if after[venue] > before[venue]]
        for before, after in pairwise(seen)
    ]
    assert renewed == [[venue] for venue in VENUES] + [[]]


@pytest.mark.parametrize("fault", ["html200", "reset"])
async def test_a_table_that_cannot_be_renewed_costs_no_bar_and_is_asked_for_again_in_an_hour(
    hall: Hall, sqlite: Database, fault: str
) -> None:
    for coin, price in COINS.items():
        hall.book.put("okx", f"{coin}/USDT", bars_of_days(price))
    poller = hall.poller(sqlite, ["okx"])
    await turn(poller, hall.clock.now())
    hall.server.faults.add(fault, "okx", endpoint="markets")
    hall.clock.advance(RENEW_EVERY)
    await turn(poller, hall.clock.now())
    failed = tables(hall)["okx"]
    assert failed > 1
    hall.clock.advance(RELOAD_EVERY - WIDTH)
    report = await turn(poller, hall.clock.now())
    assert (report.failures, tables(hall)["okx"]) == ((), failed)
    # 12:02 and 4 h 55 min later: the bar of 16:50 is the last that closed, without a hole
    held = stored(sqlite, "okx:TRUMP/USDT")
    assert held[-1].open_time == NOON + RENEW_EVERY + RELOAD_EVERY - 2 * WIDTH
    assert len(held) == (held[-1].open_time - held[0].open_time) // WIDTH + 1
    hall.server.faults.clear()
    hall.clock.advance(WIDTH)
    await turn(poller, hall.clock.now())
    assert tables(hall)["okx"] > failed
