"""The web application over a small filled database."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest

from monitor.alerting.enrich import Enricher
from monitor.api.http import api_app
from monitor.api.sources import Sources
from monitor.clock import ManualClock
from monitor.content.report import ReportFacts
from monitor.detection.parameters import DetectionParameters
from monitor.model.bars import Refusal, VenueHealth, VenueState
from monitor.model.grid import iso
from monitor.model.rotation import ChangeReason, StepOutput
from monitor.model.state import MarketStep
from monitor.model.universe import Market, Membership, Sector, Token, Universe
from monitor.reporting.gather import gather_day
from monitor.store import bars, meta, quarantine, rotations, venue_health
from monitor.store.database import Database
from monitor.web.app import make_app
from monitor.web.daemon_link import DaemonLink, Standing
from monitor.web.metrics import Counters
from monitor.web.surroundings import Surroundings
from tests.integration.store.samples import FIVE, at, bar, sector, token, unknown_sector
from tests.kit import rotations as samples
from tests.kit.stored import save_step

CLOSE = at("2025-01-19T11:35")
NAMES = {"ai-agents": "AI <b>agents</b> & co", "memes": "Memes", "benchmark": "Market"}
UNIVERSE = Universe(
    sectors=tuple(
        Sector(name, NAMES[name], (Membership("VIRTUAL"),), "#0072B2", name == "benchmark")
        for name in sorted(NAMES)
    ),
    tokens=(Token("VIRTUAL", "Virtuals", (Market("gate", "VIRTUAL/USDT", "VIRTUAL"),)),),
)


def picture(close: Any, index: float = 1012.25) -> MarketStep:
    """A step that closes then."""
    return MarketStep(
        close - FIVE,
        FIVE,
        (
            sector("ai-agents", index=index),
            replace(unknown_sector("benchmark"), index=1000.0),
            sector("memes"),
        ),
        (token("VIRTUAL", sector="ai-agents"),),
        (),
    )


@dataclass
class Site:
    """The application's surroundings and a way to call it."""

    database: Database
    clock: ManualClock
    counters: Counters
    fault: list[str]

    def ask(
        self, path: str, *, method: str = "GET", demanded: str | None = None, **options: Any
    ) -> httpx.Response:
        """Ask for a path; ``demanded`` is the token that the page asks for."""
        return self.ask_one_app([(method, path, options)], demanded=demanded)[0]

    def ask_one_app(
        self, questions: list[tuple[str, str, dict[str, Any]]], *, demanded: str | None = None
    ) -> list[httpx.Response]:
        """Ask (method, path, options) one after the other, of one application that keeps its answers between them."""
        around = Surroundings(
            database=self.database,
            universe=UNIVERSE,
            clock=self.clock,
            width=FIVE,
            deadline=timedelta(seconds=90),
            enricher=Enricher(UNIVERSE, NAMES, DetectionParameters()),
            token=demanded,
            link=DaemonLink(
                Standing(self.fault[0] if self.fault else None, self.counters.text(), 123_000_000)
            ),
        )

        async def call() -> list[httpx.Response]:
            transport = httpx.ASGITransport(make_app(around, api_app(self.sources())))
            async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
                return [await client.request(m, path, **options) for m, path, options in questions]

        return asyncio.run(call())

    def sources(self) -> Sources:
        """What the questions of the API are answered from."""

        def day(asked: date, now: datetime) -> ReportFacts:
            return gather_day(self.database, UNIVERSE, day=asked, zone="UTC", width=FIVE, now=now)

        return Sources(
            database=self.database,
            universe=UNIVERSE,
            clock=self.clock,
            width=FIVE,
            detection=DetectionParameters(),
            enricher=Enricher(UNIVERSE, NAMES, DetectionParameters()),
            day=day,
        )

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask for a path of a page that demands no token."""
        return self.ask(path, **options)


@pytest.fixture
def site(database: Database) -> Site:
    """Nothing stored yet; it is one minute after the close."""
    return Site(database, ManualClock(CLOSE + timedelta(minutes=1)), Counters(), [])


@pytest.fixture
def fill(site: Site) -> Callable[[], None]:
    """Stores three steps, two rotations, two venues, a bar, refusals and a good poll."""

    def store() -> None:
        with site.database.write() as conn:
            for i in range(3):
                output = StepOutput(picture(CLOSE - i * FIVE, 1000.0 + i), (), ())
                save_step(conn, output, CLOSE)
            ended = samples.faded(id="rot-old", detected_at=CLOSE - timedelta(days=3))
            rotations.save_changes(
                conn,
                [
                    samples.change(samples.confirmed(), ChangeReason.CONFIRMED),
                    samples.change(ended, ChangeReason.FADED),
                ],
            )
            venue_health.save_health(conn, VenueHealth("bybit", VenueState.UP, CLOSE, CLOSE))
            venue_health.save_health(conn, VenueHealth("gate", VenueState.DOWN, CLOSE, None, 4))
            gate = "gate:VIRTUAL/USDT"
            bars.save_bars(conn, [bar(gate, CLOSE - FIVE)], width=FIVE, received_at=CLOSE)
            refusals = [
                Refusal("gate", market, None, "jump", "found 9, expected 1")
                for market in (gate, "gate:ARC/USDT", "gate:ARC/USDT")
            ]
            quarantine.add_refusals(conn, refusals, CLOSE)
            meta.put(conn, meta.LAST_GOOD_POLL, iso(CLOSE))

    return store
