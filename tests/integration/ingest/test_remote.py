"""Venues asked by a process beside: it says what this one would have heard, and its end is the end of a question."""

import asyncio
import os
import pickle
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.ingest.backfill import backfill
from monitor.ingest.errors import BadVenueData, MarketGone, VenueBusy, VenueUnreachable
from monitor.ingest.exchange.plan import ConnectionPlan
from monitor.ingest.exchange.remote import FetchProcess, FetchProcessError
from monitor.ingest.exchange.venue import VenueClient
from monitor.model.errors import ConfigError, MonitorError
from monitor.model.universe import Market
from monitor.store.database import Database
from tests.integration.ingest.conftest import COINS, NOON, WIDTH, Hall, market, stored

DAY = timedelta(days=1)


@pytest.fixture
def process() -> Iterator[FetchProcess]:
    with FetchProcess() as started:
        yield started


def client(
    process: FetchProcess, hall: Hall, venue: str, *more: Market, url: str | None = None
) -> VenueClient:
    markets = (*(market(venue, coin) for coin in COINS), *more)
    plan = ConnectionPlan(
        venue, markets, url or hall.server.url(venue), timedelta(seconds=60), rate_limit_ms=1
    )
    (connection,) = process.connect([plan])
    return VenueClient(connection, hall.clock)


@pytest.mark.parametrize("venue", ["bybit", "okx"])
async def test_pages_are_those_that_this_process_would_have_fetched(
    hall: Hall, process: FetchProcess, venue: str
) -> None:
    pages = []
    for made in (hall.client(venue), client(process, hall, venue)):
        await made.prepare()
        page = await made.fetch_bars(market(venue, "TRUMP"), WIDTH, NOON - DAY / 4, 72)
        pages.append((list(page.closed), page.forming, page.spoke_for, page.asked_until))
    assert len(pages[0][0]) == 72
    assert pages[0] == pages[1]


async def test_a_venues_failure_is_told_as_it_was(hall: Hall, process: FetchProcess) -> None:
    stranger = market("bybit", "NOBODY")
    made = client(process, hall, "bybit", stranger)
    await made.prepare()
    with pytest.raises(MarketGone, match="is not listed there") as gone:
        await made.fetch_bars(stranger, WIDTH, NOON - DAY, 72)
    assert gone.value.symbol == stranger.symbol


async def test_a_venue_that_nobody_answers_for_is_no_failure_of_the_process(
    hall: Hall, process: FetchProcess
) -> None:
    made = client(process, hall, "bybit", url="http://127.0.0.1:9")
    for _ in range(2):
        with pytest.raises(VenueUnreachable):
            await made.prepare()


@pytest.mark.parametrize(
    "error",
    [
        VenueBusy("okx", "too often", symbol="TRUMP/USDT", wait_s=7.0, remedy="wait"),
        BadVenueData("okx", "nothing"),
        ConfigError(["one", "two"]),
    ],
)
def test_a_failure_is_the_same_after_its_way(error: MonitorError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


async def test_its_death_ends_every_question_with_the_reason(
    hall: Hall, process: FetchProcess
) -> None:
    made = client(process, hall, "bybit")
    await made.prepare()
    os.kill(process.pid, signal.SIGSTOP)
    asked = [
        asyncio.create_task(made.fetch_bars(market("bybit", coin), WIDTH, NOON - DAY, 72))
        for coin in COINS
    ]
    await asyncio.sleep(0)
    os.kill(process.pid, signal.SIGKILL)
    for question in asked:
        with pytest.raises(FetchProcessError, match="was ended by signal 9"):
            await question
    with pytest.raises(FetchProcessError, match="was ended by signal 9"):
        await made.fetch_bars(market("bybit", "TRUMP"), WIDTH, NOON - DAY, 72)


async def test_a_backfill_whose_process_died_says_so_and_the_next_one_goes_on(
    hall: Hall, sqlite: Database
) -> None:
    for is_killed in (True, False):
        with FetchProcess() as process:
            made = client(process, hall, "okx")
            await made.prepare()
            if is_killed:
                os.kill(process.pid, signal.SIGKILL)
            run = backfill(
                [made], sqlite, hall.universe, hall.clock, WIDTH, since=NOON - DAY, until=NOON
            )
            if is_killed:
                with pytest.raises(FetchProcessError, match="was ended by signal 9"):
                    await run
            else:
                assert (await run).new == 2 * 288
    assert len(stored(sqlite, "okx:TRUMP/USDT")) == 288


def test_it_is_gone_when_the_block_is_left() -> None:
    for _ in range(2):
        with suppress(KeyError), FetchProcess() as process:
            raise KeyError
        assert not Path(f"/proc/{process.pid}").exists()
