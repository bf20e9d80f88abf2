"""Recent trades over HTTP through ccxt from six venues: each counted once, gaps known, wrong ones kept out, and net flow of
grade B in live, replay and a resume alike."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from monitor.engine import Engine
from monitor.ingest.exchange.venue import VenueClient
from monitor.ingest.last_prices import Prices
from monitor.ingest.trades_choice import TradesChoice
from monitor.ingest.trades_job import TradesRead, read_trades_into
from monitor.model.grid import to_ms
from monitor.model.rotation import StepOutput
from monitor.model.state import FlowGrade, MarketStep
from monitor.model.trades import TradeSum
from monitor.model.universe import Market, Membership, Sector, Supply, Universe
from monitor.pipeline import Pipeline, fold
from monitor.store import quarantine, steps
from monitor.store.database import Database
from monitor.store.interval_source import read_intervals
from monitor.store.supplies import save_supplies
from monitor.store.tables import bar
from monitor.store.venue_leases import AllVenues
from tests.integration.ingest.conftest import FIRST, NOON, WIDTH, Hall, candle
from tests.kit.stored import sums_between
from tests.kit.venue_server.listing import Listing

SAMPLED = ("bybit", "gate", "kucoin", "okx")
READ = ("bitget", *SAMPLED, "htx")
"""Whose trades are read; four of them are enough for what all have in common."""
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
VIRTUAL = {venue: f"{venue}:VIRTUAL/USDT" for venue in READ}
PER_BAR = (
    1000.0 * 3.0
)  # USD of VIRTUAL on each venue, of which takers bought six tenths, in twenty trades
BEFORE = NOON - 24 * WIDTH
"""Bars are stored from then until noon."""


def universe(hall: Hall) -> Universe:
    """VIRTUAL and TRUMP in a sector each."""
    tokens = hall.universe.tokens
    sectors = (
        Sector("ai", "AI", (Membership("virtual"),)),
        Sector("memes", "Memes", (Membership("trump"),)),
    )
    return Universe(sectors, tokens)


async def opened(hall: Hall, database: Database, *venues: str) -> list[VenueClient]:
    """Prepared clients of these venues alone, and two hours of bars in the store."""
    for coin, price in {"TRUMP": 40.0, "VIRTUAL": 3.0}.items():
        opens = [FIRST + i * WIDTH for i in range(31 * 12 + 24)]
        for venue in venues:
            hall.book.put(venue, f"{coin}/USDT", [candle(at, price) for at in opens])
    hall.markets = [Market(v, f"{c}/USDT", c.lower()) for v in venues for c in ("TRUMP", "VIRTUAL")]
    hall.clock.set(NOON + 4 * SECOND)
    with database.write() as conn:
        rows = [Supply(t, 1e6, FIRST, FIRST, "here", dated_by_operator=True) for t in TOKENS]
        save_supplies(conn, rows)
    poller = hall.poller(database, venues, first_reach=NOON - BEFORE)
    await poller.poll(hall.clock.now())
    return list(poller.clients)


TOKENS = ("trump", "virtual")


async def read(
    hall: Hall,
    database: Database,
    clients: list[VenueClient],
    *,
    sectors: tuple[str, ...] = ("ai",),
    markets: Universe | None = None,
) -> TradesRead:
    return await read_trades_into(
        clients,
        TradesChoice(markets or universe(hall), sectors, WIDTH),
        database,
        hall.clock,
        AllVenues(),
        deadline=timedelta(seconds=60),
    )


def sums(database: Database, market: str, since: datetime = NOON) -> list[TradeSum]:
    with database.read() as conn:
        found = list(sums_between(conn, WIDTH, since, NOON + timedelta(hours=2)))
    return [each for name, each in found if name == market]


@pytest.mark.parametrize("venue", READ)
async def test_each_venues_trades_sum_to_its_bars_by_side(
    hall: Hall, sqlite: Database, venue: str
) -> None:
    clients = await opened(hall, sqlite, venue)
    for _ in range(10):
        hall.clock.advance(MINUTE)
        found = await read(hall, sqlite, clients)
        assert (found.failed, found.refusals) == ({}, [])
    first, second, *_ = sums(sqlite, VIRTUAL[venue])
    for each in (first, second):
        assert each.trades == 20
        assert each.buy_quote == pytest.approx(0.6 * PER_BAR)
        assert each.sell_quote == pytest.approx(0.4 * PER_BAR)
        assert each.gap_s == 0.0
    assert hall.server.log.count(venue, "trades") == 10


@pytest.mark.parametrize("venue", ["bitget", "bybit"])
async def test_a_perpetuals_trades_sum_to_its_bar(hall: Hall, venue: str) -> None:
    symbol = "VIRTUAL/USDT:USDT"
    opens = [FIRST + i * WIDTH for i in range(31 * 12 + 24)]
    listing = Listing(symbol, contract_size=1.0)
    hall.book.put(venue, symbol, [candle(at, 3.0) for at in opens], listing=listing)
    perpetual = Market(venue, symbol, "virtual")
    hall.markets = [perpetual]
    hall.clock.set(NOON + WIDTH - SECOND)
    client = hall.client(venue)
    await client.prepare()
    trades, refusals = await client.fetch_trades(perpetual, 3.0)
    bar = [trade for trade in trades if trade.time_ms >= to_ms(NOON)]
    assert (len(bar), refusals) == (20, [])
    assert sum(t.quote for t in bar if t.bought) == pytest.approx(0.6 * PER_BAR)
    assert sum(t.quote for t in bar if not t.bought) == pytest.approx(0.4 * PER_BAR)


async def test_the_main_markets_of_the_named_sector_are_asked_and_no_others(
    hall: Hall, sqlite: Database
) -> None:
    clients = await opened(hall, sqlite, "gate", "okx")
    found = await read(hall, sqlite, clients)
    assert {r.market_id for r in found.readings} == {"gate:VIRTUAL/USDT", "okx:VIRTUAL/USDT"}
    found = await read(hall, sqlite, clients, sectors=("ai", "memes"))
    assert len(found.readings) == 4


async def test_the_markets_are_chosen_anew_after_an_hour(hall: Hall, sqlite: Database) -> None:
    clients = await opened(hall, sqlite, "gate", "okx")
    choice = TradesChoice(universe(hall), ("ai",), WIDTH)
    (token,) = (t for t in hall.universe.tokens if t.id == "virtual")
    both = [market for market in token.markets if market.venue in ("gate", "okx")]
    prices, now = Prices({}), hall.clock.now()
    assert choice.markets(sqlite, prices, now - 30 * WIDTH * 12) == []  # nothing had traded yet
    assert choice.markets(sqlite, prices, now) == sorted(both, key=lambda m: m.id)
    with sqlite.write() as conn:
        conn.execute(delete(bar))
    assert len(choice.markets(sqlite, prices, now + timedelta(minutes=59))) == 2
    assert choice.markets(sqlite, prices, now + timedelta(hours=1)) == []
    assert clients


async def test_trades_that_fell_out_between_two_answers_are_a_gap_and_are_not_seen(
    hall: Hall, sqlite: Database
) -> None:
    clients = await opened(hall, sqlite, "bybit")  # sixty trades in an answer: a quarter of an hour
    await read(hall, sqlite, clients)
    hall.clock.advance(20 * MINUTE)
    await read(hall, sqlite, clients)
    by_open = {each.open_time: each for each in sums(sqlite, VIRTUAL["bybit"])}
    # the newest counted was that of noon, the oldest of the answer opens at 12:05:15
    assert by_open[NOON].trades == 1
    assert by_open[NOON].gap_s == 300.0
    assert (by_open[NOON + WIDTH].trades, by_open[NOON + WIDTH].gap_s) == (19, 15.0)
    assert by_open[NOON + 2 * WIDTH].trades == 20


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("null", "trade_not_positive"),
        ("negative", "trade_not_positive"),
        ("zero", "trade_not_positive"),
        ("seconds", "trade_off_time"),
        ("misaligned", "trade_off_time"),
        ("no_side", "trade_without_side"),
        ("x100", "trade_off_price"),
    ],
)
@pytest.mark.parametrize("venue", ["bitget", "bybit", "htx", "okx"])
async def test_a_wrong_trade_is_counted_as_refused_and_the_others_are_summed(
    hall: Hall, sqlite: Database, venue: str, fault: str, reason: str
) -> None:
    clients = await opened(hall, sqlite, venue)
    stepped(sqlite, hall)
    hall.clock.advance(WIDTH - 5 * SECOND)
    hall.server.faults.add(fault, venue, endpoint="trades")
    found = await read(hall, sqlite, clients)
    assert found.failed == {}
    with sqlite.read() as conn:
        (row,) = quarantine.counts(conn)
    assert row[:4] == (venue, VIRTUAL[venue], reason, 1)
    (each,) = sums(sqlite, VIRTUAL[venue])
    assert each.trades == 19  # the newest was the wrong one
    assert each.buy_quote + each.sell_quote == pytest.approx(19 / 20 * PER_BAR)
    hall.server.faults.clear()
    await read(hall, sqlite, clients)
    (each,) = sums(sqlite, VIRTUAL[venue])
    assert (each.trades, each.gap_s) == (20, 0.0)  # served well, it is counted


def stepped(database: Database, hall: Hall) -> list[MarketStep]:
    """All that is due, as the daemon steps it."""
    engine = Engine(universe(hall), WIDTH)
    Pipeline(database, engine, WIDTH, deadline=timedelta(seconds=90), clock=hall.clock).catch_up(
        hall.clock.now()
    )
    with database.read() as conn:
        found = steps.latest_step(conn)
    return [found] if found else []


@pytest.mark.parametrize("fault", ["html200", "half_json", "json_null", "json_object", "cut_body"])
@pytest.mark.parametrize("venue", READ)
async def test_a_page_for_trades_is_no_trade(
    hall: Hall, sqlite: Database, venue: str, fault: str
) -> None:
    clients = await opened(hall, sqlite, venue)
    hall.server.faults.add(fault, venue, endpoint="trades")
    found = await read(hall, sqlite, clients)
    assert set(found.failed) == {venue}
    assert sums(sqlite, VIRTUAL[venue]) == []


@pytest.mark.parametrize("fault", ["nan", "not_a_number"])
async def test_an_answer_with_a_trade_that_ccxt_cannot_read_is_none_until_it_can(
    hall: Hall, sqlite: Database, fault: str
) -> None:
    clients = await opened(hall, sqlite, "okx")
    hall.clock.advance(WIDTH)
    hall.server.faults.add(fault, "okx", endpoint="trades")
    found = await read(hall, sqlite, clients)
    assert "gave an answer that ccxt cannot read" in found.failed["okx"]
    assert sums(sqlite, VIRTUAL["okx"]) == []
    hall.server.faults.clear()
    assert (await read(hall, sqlite, clients)).failed == {}
    assert sums(sqlite, VIRTUAL["okx"])[0].trades == 20


async def test_a_ban_ends_the_asking_of_its_venue_alone(hall: Hall, sqlite: Database) -> None:
    clients = await opened(hall, sqlite, "gate", "okx")
    hall.server.faults.add("banned", "okx", endpoint="trades")
    found = await read(hall, sqlite, clients, sectors=("ai", "memes"))
    assert set(found.failed) == {"okx"}
    assert hall.server.log.count("okx", "trades") == 1
    assert {r.market_id for r in found.readings} == {"gate:TRUMP/USDT", "gate:VIRTUAL/USDT"}


async def test_net_flow_of_trades_is_of_grade_b_and_true_in_live_replay_and_resume(
    hall: Hall, database: Database
) -> None:
    clients = await opened(hall, database, *SAMPLED)
    poller = hall.poller(database, SAMPLED)
    live: list[MarketStep] = stepped(database, hall)
    assert (
        live[0].sector("ai").flow_grade is None
    )  # of a price that stands still nothing can be estimated
    for minute in range(1, 16):
        hall.clock.set(NOON + minute * MINUTE)
        if minute != 10:  # of the second bar the last minute's trades come after its step
            await read(hall, database, clients)
        if minute % 5 == 0:
            hall.clock.advance(4 * SECOND)
            await poller.poll(hall.clock.now())
            live += stepped(database, hall)  # by an engine of its own: resumed from the store
            await read(hall, database, clients)
    first, second, third = live[1:]
    for step in (first, second, third):
        # six tenths of 3,000 USD bought on each of four venues
        assert step.sector("ai").net_flow_step_usd == pytest.approx(4 * PER_BAR * 0.2, rel=0.3)
    assert first.sector("ai").net_flow_step_usd == pytest.approx(4 * PER_BAR * 0.2)
    assert third.sector("ai").net_flow_step_usd == pytest.approx(4 * PER_BAR * 0.2)
    assert first.sector("ai").flow_seen == pytest.approx(1 / 25, rel=0.05)  # of the day until then
    assert third.sector("ai").flow_seen == pytest.approx((1 + 0.85 + 1) / 27, rel=0.05)
    assert {s.flow_grade for s in (step.sector("ai") for step in live[1:])} == {FlowGrade.B}
    assert third.sector("memes").flow_grade is None
    by_open = {each.open_time: each.trades for each in sums(database, VIRTUAL["okx"])}
    assert by_open[NOON + WIDTH] == 17  # read up to 12:09:00; what came later is not counted
    for as_known in (False, True):
        assert [out.step for out in replayed(database, hall, as_known=as_known)][-3:] == live[1:]


def replayed(database: Database, hall: Hall, *, as_known: bool) -> list[StepOutput]:
    engine = Engine(universe(hall), WIDTH)
    with database.read() as conn:
        intervals = read_intervals(
            conn,
            universe(hall),
            width=WIDTH,
            since=BEFORE,
            until=NOON + 3 * WIDTH,
            as_known=as_known,
        )
        return list(fold(engine, engine.new_state(), intervals))


@contextmanager
def reader(hall: Hall, database: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that reads okx' trades again and again, a line each time."""
    arguments = [hall.server.url("okx"), str(database), hall.clock.now().isoformat()]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.ingest.trades_reader", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


async def test_a_reader_that_is_killed_anywhere_loses_and_doubles_nothing(
    hall: Hall, sqlite: Database, tmp_path: Path
) -> None:
    clients = await opened(hall, sqlite, "okx")
    await read(hall, sqlite, clients)
    dice = random.Random(7)
    for _ in range(3):
        hall.clock.advance(MINUTE)
        with reader(hall, tmp_path / "ingest.db") as process:
            assert process.stdout is not None
            for _ in range(dice.randint(1, 3)):
                assert process.stdout.readline().startswith("read ")
                hall.clock.advance(17 * SECOND)
    hall.clock.set(NOON + 2 * WIDTH + SECOND)
    await read(hall, sqlite, clients)
    first, second, *_ = sums(sqlite, VIRTUAL["okx"])
    for each in (first, second):
        assert (each.trades, each.gap_s) == (20, 0.0)
        assert each.buy_quote == pytest.approx(0.6 * PER_BAR)
        assert each.sell_quote == pytest.approx(0.4 * PER_BAR)
