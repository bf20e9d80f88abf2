"""A whole daemon with `schedule.trades`, `schedule.depth` and `schedule.derivatives`: it reads two venues beside the bars, stores
what they give, and steps net flow of grade B, depth and funding from it."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.episodes import Episode
from monitor.model.bars import Bar
from monitor.model.grid import iso, to_ms
from monitor.model.state import FlowGrade, MarketStep
from monitor.model.universe import Market, Membership, Sector, Supply, Token, Universe
from monitor.store import steps
from monitor.store.database import open_database
from tests.kit.held_clock import HeldClock
from tests.kit.venue_server.book import BarBook
from tests.kit.venue_server.candles import Candle
from tests.kit.venue_server.listing import Listing
from tests.kit.venue_server.server import VenueServer
from tests.kit.waiting import PATIENCE_S, eventually
from tests.scenarios.stage import HOUR, ROOT, config_text, stop, store_history

LIVE_FROM = datetime(2025, 3, 3, tzinfo=UTC)
SINCE = LIVE_FROM - 2 * timedelta(days=1)
PRICES = {"AIX": 2.0, "DOGE": 0.3, "BTC": 90_000.0}
VENUES = ("gate", "okx")
QUOTE, BOUGHT = 3000.0, 0.6
"""Of each market's bar, and the part of it that takers bought, which the venues' bars do not tell."""
TRADES = 240
"""That the venues make of a bar."""
SPEED = 600.0


def universe() -> Universe:
    tokens = tuple(
        Token(name, name, tuple(Market(v, f"{name}/USDT", name) for v in VENUES)) for name in PRICES
    )
    return Universe(
        (
            Sector("ai", "AI", (Membership("AIX"),)),
            Sector("memes", "Memes", (Membership("DOGE"),)),
            Sector("benchmark", "Market", (Membership("BTC"),), benchmark=True),
        ),
        tokens,
    )


def candles(price: float, until: datetime) -> list[Candle]:
    opens = [SINCE + k * HOUR for k in range((until - SINCE) // HOUR)]
    base = QUOTE / price
    return [
        Candle(to_ms(at), price, price, price, price, base, QUOTE, QUOTE * BOUGHT, trades=TRADES)
        for at in opens
    ]


def episode() -> Episode:
    """Two days in the store, of bars that do not tell what takers bought."""
    bars = tuple(
        Bar(
            f"{venue}:{name}/USDT",
            SINCE + k * HOUR,
            price,
            price,
            price,
            price,
            QUOTE / price,
            QUOTE,
            None,
        )
        for k in range((LIVE_FROM - SINCE) // HOUR)
        for venue in VENUES
        for name, price in PRICES.items()
    )
    supplies = tuple(
        Supply(name, 1e8, SINCE, SINCE, "script", dated_by_operator=True) for name in PRICES
    )
    return Episode(
        universe=universe(),
        width=HOUR,
        bars=bars,
        supplies=supplies,
        notes=(),
        description="scripted",
        since=SINCE,
        history_from=LIVE_FROM,
        until=LIVE_FROM + timedelta(days=5),
    )


def last_step(url: str) -> MarketStep | None:
    database = open_database(url)
    try:
        with database.read() as conn:
            return steps.latest_step(conn)
    finally:
        database.close()


def steps_once(
    folder: Path,
    asked: Mapping[str, str],
    book: BarBook,
    config_of: Callable[[str], str],
    holds: Callable[[MarketStep], bool],
) -> MarketStep:
    """The first step for which it holds, of a daemon with these settings of the environment, which is then stopped.

    ``config_of``: makes its configuration of the market's.
    """
    scripted = episode()
    clock = HeldClock(folder / "let-go", LIVE_FROM, speed=SPEED)
    for venue in VENUES:
        for name, price in PRICES.items():
            book.put(venue, f"{name}/USDT", candles(price, scripted.until))
    url, log = f"sqlite:///{folder / 'monitor.db'}", folder / "daemon.log"
    store_history(url, scripted, LIVE_FROM)
    with VenueServer(book, clock, max_seconds=PATIENCE_S) as venues, log.open("wb") as out:
        config = folder / "monitor.toml"
        text = config_of(config_text(scripted, venues.base_urls, url))
        config.write_text(text, encoding="utf-8")
        command = ["-m", "tests.scenarios.daemon_process", "--config", str(config)]
        command += ["--start", iso(LIVE_FROM), "--held", str(folder / "let-go")]
        command += ["--speed", str(SPEED), "--whole"]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=clean | dict(asked), stdout=out, stderr=out
        )
        try:

            def polled() -> bool:
                assert process.poll() is None, log.read_text()[-3000:]
                return '"event": "poll"' in log.read_text()

            def held() -> bool:
                step = last_step(url)
                return polled() and step is not None and holds(step)

            eventually(polled, what="the daemon is up")
            clock.let_go()
            eventually(held, what="a step as it is waited for")
            step = last_step(url)
            assert stop(process) < PATIENCE_S
        finally:
            process.kill()
            process.wait()
    assert step is not None
    return step


def test_trades_are_read_and_stored_and_net_flow_is_stepped_with_grade_b(tmp_path: Path) -> None:
    step = steps_once(
        tmp_path,
        {"MONITOR_SCHEDULE__TRADES": "5m", "MONITOR_SCHEDULE__TRADES_OF": '["ai"]'},
        BarBook(HOUR),
        lambda text: text,
        lambda step: step.sector("ai").flow_grade is FlowGrade.B,
    )
    bought_less_sold = len(VENUES) * QUOTE * (2 * BOUGHT - 1)
    assert step.sector("ai").net_flow_step_usd == pytest.approx(bought_less_sold, rel=0.15)
    assert step.sector("memes").flow_grade is None  # nobody asked for its trades
    with sqlite3.connect(tmp_path / "monitor.db") as conn:
        rows = conn.execute(
            "SELECT market_id, buy_quote, sell_quote, trades FROM trade_sum"
            " JOIN market ON market.id = trade_sum.market"
        ).fetchall()
    assert {market for market, *_ in rows} == {f"{venue}:AIX/USDT" for venue in VENUES}
    for _, buy, sell, count in rows:
        assert count <= TRADES
        assert buy + sell == pytest.approx(QUOTE * count / TRADES)


def test_books_and_funding_are_read_and_stored_and_stand_in_the_step(tmp_path: Path) -> None:
    perpetual, book = "AIX/USDT:USDT", BarBook(HOUR)
    for venue in VENUES:
        bars = candles(PRICES["AIX"], episode().until)
        book.put(venue, perpetual, bars, listing=Listing(perpetual, contract_size=10.0))
    named = ", ".join(f'{{venue = "{venue}", symbol = "{perpetual}"}}' for venue in VENUES)
    step = steps_once(
        tmp_path,
        {"MONITOR_SCHEDULE__DEPTH": "5m", "MONITOR_SCHEDULE__DERIVATIVES": "5m"},
        book,
        lambda text: text.replace("[tokens.AIX]", f"[tokens.AIX]\nperpetuals = [{named}]"),
        lambda step: (
            step.sector("ai").depth_coverage == 1.0
            and step.sector("ai").derivatives_coverage == 1.0
        ),
    )
    with sqlite3.connect(tmp_path / "monitor.db") as conn:
        books = conn.execute(
            "SELECT market_id, bid_1pct_usd, ask_1pct_usd, spread_bp FROM book_reading"
            " JOIN market ON market.id = book_reading.market"
        ).fetchall()
        funding = conn.execute(
            "SELECT market_id, funding_rate, interval_h, open_interest_usd FROM derivative_reading"
            " JOIN market ON market.id = derivative_reading.market"
        ).fetchall()
    assert {market for market, *_ in books} == {f"{v}:{n}/USDT" for v in VENUES for n in PRICES}
    for _, bid, ask, spread in books:
        assert bid == pytest.approx(ask, rel=0.05)
        assert bid > 0
        assert spread == pytest.approx(4.0, rel=1e-3)
    assert {(market, rate, hours) for market, rate, hours, _ in funding} == {
        (f"{venue}:{perpetual}", 0.0001, 8.0) for venue in VENUES
    }
    day = 24 * QUOTE  # of which the server counts a tenth as open interest
    assert all(interest == pytest.approx(day / 10, rel=0.1) for *_, interest in funding)
    ai = step.sector("ai")
    assert ai.funding_rate_8h == pytest.approx(0.0001)
    assert ai.open_interest_usd == pytest.approx(len(VENUES) * day / 10, rel=0.1)
    assert step.sector("memes").depth_bid_1pct_usd is not None
    assert step.sector("memes").funding_rate_8h is None  # no perpetual of it is named
