"""The bundled January with all that may stand beside its bars, all of it made up: books, perpetuals, vendors, headlines, a
spell of which no bar is there."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from monitor.alerting.enrich import Enricher
from monitor.clock import ManualClock
from monitor.commands.demo import demo_database
from monitor.commands.demo_print import BANNER
from monitor.detection.parameters import DetectionParameters
from monitor.engine import Engine
from monitor.episodes import Episode, load_episode
from monitor.model.derivatives import DerivativeReading
from monitor.model.grid import iso
from monitor.model.headline import Headline
from monitor.model.order_book import BookReading, Depth
from monitor.model.universe import Market
from monitor.model.vendor_reading import VendorFigure, VendorReading
from monitor.pipeline import Pipeline
from monitor.store import meta, notes
from monitor.store.database import Database
from monitor.store.derivatives import save_derivatives
from monitor.store.headlines import save_headlines
from monitor.store.order_books import save_books
from monitor.store.vendor_readings import save_vendor_readings
from monitor.web.surroundings import Surroundings

SHOWN_AT = datetime(2025, 1, 20, 18, tzinfo=UTC)
BLIND = (datetime(2025, 1, 19, 18, tzinfo=UTC), datetime(2025, 1, 20, 1, tzinfo=UTC))
HALF_HOUR, DAY = timedelta(minutes=30), timedelta(days=1)
BOOKS_SINCE = SHOWN_AT - 12 * DAY
"""No book was read before."""
PROTOCOLS = ("VIRTUAL", "AI16Z")


def extras(folder: Path) -> tuple[Episode, Database, Surroundings]:
    """As of the evening of 20 January 2025: a rotation is on."""
    whole = load_episode()
    bars = tuple(
        bar
        for bar in whole.bars
        if bar.open_time < SHOWN_AT and not BLIND[0] <= bar.open_time < BLIND[1]
    )
    episode = replace(whole, until=SHOWN_AT, bars=bars)
    database = demo_database(episode, folder / "extras.db")
    perpetuals = _own(episode)
    draw = random.Random(20)
    with database.write() as conn:
        save_books(conn, _books(episode, draw))
        save_derivatives(conn, _perpetuals(perpetuals, draw))
        save_headlines(conn, HEADLINES, SHOWN_AT)
        notes.add_note(conn, SHOWN_AT - timedelta(hours=7), "Listing of AI16Z rumoured", SHOWN_AT)
        save_vendor_readings(conn, _vendors())
        meta.put(conn, meta.LAST_GOOD_POLL, iso(SHOWN_AT))
    clock = ManualClock(SHOWN_AT + timedelta(minutes=5))
    engine = Engine(episode.universe, episode.width)
    Pipeline(
        database, engine, episode.width, deadline=timedelta(minutes=5), clock=clock, perpetuals=perpetuals
    ).catch_up(clock.now())  # fmt: skip
    names = {sector.id: sector.name for sector in episode.universe.sectors}
    enricher = Enricher(episode.universe, names, DetectionParameters(), banner=BANNER)
    around = Surroundings(
        database, episode.universe, clock, episode.width, timedelta(minutes=45), enricher, channels=("slack", "email")
    )  # fmt: skip
    return episode, database, around


HEADLINES = [
    Headline("coindesk", str(i), at, title)
    for i, (at, title) in enumerate(
        [
            (datetime(2025, 1, 17, 22, 10, tzinfo=UTC), "TRUMP token appears on Solana, traders pile in"),
            (datetime(2025, 1, 19, 21, 30, tzinfo=UTC), "MELANIA memecoin launched by the first lady's account"),
            (datetime(2025, 1, 20, 8, 5, tzinfo=UTC), "VIRTUAL and AI16Z slide as <memes> take the volume & the headlines of a long weekend that nobody saw coming"),
        ]
    )
]  # fmt: skip


def _own(episode: Episode) -> list[Market]:
    return [market for market in episode.universe.markets if market.polled]


def _books(episode: Episode, draw: random.Random) -> list[BookReading]:
    """Thinner by the day on the losing side; one venue's books end early, and a day is missing."""
    found = []
    for market in _own(episode):
        base = 4e5 if episode.universe.sector_of(market.token, SHOWN_AT) == "memes" else 9e4
        for k in count():
            at = BOOKS_SINCE + k * HALF_HOUR
            if at > SHOWN_AT:
                break
            if datetime(2025, 1, 14, tzinfo=UTC) <= at < datetime(2025, 1, 15, tzinfo=UTC):
                continue
            size = base * (1 - k / 1500) * (1 + 0.1 * draw.gauss(0, 1))
            found.append(
                BookReading(market.id, at, Depth(size, 0.9 * size, 1.8 * size, 1.7 * size, 6.0 + draw.random(), market.venue == "gate"))
            )  # fmt: skip
    return found


def _perpetuals(perpetuals: list[Market], draw: random.Random) -> list[DerivativeReading]:
    hours = range(int((SHOWN_AT - BOOKS_SINCE) / timedelta(hours=1)) + 1)
    return [
        DerivativeReading(market.id, BOOKS_SINCE + timedelta(hours=k), 1e-4 * draw.gauss(1, 1), 8.0, 3e7 * (1 + k / 300))
        for market in perpetuals
        for k in hours
    ]  # fmt: skip


def _vendors() -> list[VendorReading]:
    day = SHOWN_AT.replace(hour=0) - DAY
    sums = [
        VendorReading(token, figure, value, day, "defillama", SHOWN_AT - timedelta(hours=2))
        for token in PROTOCOLS
        for figure, value in (
            (VendorFigure.DAILY_VOLUME, 8.1e7), (VendorFigure.DAILY_FEES, 4.4e5), (VendorFigure.DAILY_REVENUE, 2.2e5),
        )
    ]  # fmt: skip
    at = SHOWN_AT - timedelta(hours=1)
    levels = [
        VendorReading(sector, figure, value, at, source, at)
        for sector, cap in (("ai-agents", 1.31e10), ("memes", 1.02e11))
        for source in ("coingecko", "sosovalue")
        for figure, value in ((VendorFigure.MARKET_CAP, cap), (VendorFigure.CHANGE_24H, -0.084))
        if not (source == "sosovalue" and figure is VendorFigure.MARKET_CAP)
    ]
    return [*sums, *levels]
