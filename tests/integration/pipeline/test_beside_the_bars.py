"""A step carries what books and perpetuals said before its close, to the store, the page, the export and the report."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.alerting.enrich import Enricher
from monitor.content.alert import alert_message, alert_text, facts_from_json, facts_to_json
from monitor.content.report import report_text
from monitor.detection.parameters import DetectionParameters
from monitor.files.export import export_stream
from monitor.model.derivatives import DerivativeReading
from monitor.model.order_book import BookReading, Depth
from monitor.model.rotation import ChangeReason, StepOutput
from monitor.model.universe import Market
from monitor.reporting.gather import gather_day
from monitor.store import steps
from monitor.store.database import Database
from monitor.store.derivatives import save_derivatives
from monitor.store.order_books import save_books
from tests.integration.pipeline.test_catch_up import HOUR, START, pipeline, put
from tests.integration.store.samples import FIVE, at
from tests.integration.web.conftest import CLOSE, NAMES, UNIVERSE, Site, fill, picture, site
from tests.integration.web.test_app import words
from tests.kit import rotations as samples
from tests.kit.stored import save_step

__all__ = ["fill", "site"]  # fixtures


def test_the_pipeline_adds_depth_to_the_steps_that_the_books_precede(database: Database) -> None:
    put(database, range(4))
    near = Depth(100.0, 90.0, 210.0, 190.0, 4.0, truncated=False)
    moment = START + 2 * HOUR + timedelta(minutes=40)
    with database.write() as conn:
        save_books(
            conn,
            [BookReading(f"bybit:{token}/USDT", moment, near) for token in ("A", "B", "X")]
            + [BookReading("bybit:C/USDT", START + 4 * HOUR + FIVE, near)],
        )
    pipeline(database).catch_up(START + 4 * HOUR)
    with database.read() as conn:
        by_close = {
            close: steps.step_at(conn, close) for close in (START + k * HOUR for k in (2, 3, 4))
        }
    found = {
        close: {s.id: s.depth_bid_1pct_usd for s in step.sectors}
        for close, step in by_close.items()
        if step is not None
    }
    nothing = {"ai": None, "memes": None, "benchmark": None}
    assert found == {
        START + 2 * HOUR: nothing,
        START + 3 * HOUR: {"ai": 200.0, "memes": None, "benchmark": 100.0},
        START + 4 * HOUR: nothing,
    }


def test_the_pipeline_adds_what_perpetuals_said(database: Database) -> None:
    put(database, range(3))
    perpetual = Market("bybit", "A/USDT:USDT", "A")
    said = DerivativeReading(perpetual.id, START + HOUR + timedelta(minutes=30), -0.0002, 4.0, 5e6)
    with database.write() as conn:
        save_derivatives(conn, [said])
    pipeline(database, perpetuals=[perpetual]).catch_up(START + 3 * HOUR)
    with database.read() as conn:
        step = steps.step_at(conn, START + 3 * HOUR)
    assert step is not None
    ai = step.sector("ai")
    assert (ai.open_interest_usd, ai.derivatives_coverage) == (5e6, 1.0)
    assert ai.funding_rate_8h == pytest.approx(-0.0004)
    by_token = {token.id: token.open_interest_usd for token in step.tokens}
    assert by_token == {"A": 5e6, "B": None, "C": None, "D": None, "X": None}


def deep(site: Site) -> None:
    """The last step again, with depth of AI agents."""
    step = picture(CLOSE)
    known: dict[str, Any] = {
        "depth_bid_1pct_usd": 1.2e6,
        "depth_ask_1pct_usd": 0.9e6,
        "depth_bid_2pct_usd": 2.5e6,
        "depth_ask_2pct_usd": 2.1e6,
        "spread_bp": 6.04,
        "depth_coverage": 0.8,
        "depth_truncated": True,
        "open_interest_usd": 42e6,
        "funding_rate_8h": 0.0001,
        "derivatives_coverage": 1.0,
    }
    sectors = tuple(replace(s, **known) if s.id == "ai-agents" else s for s in step.sectors)
    with site.database.write() as conn:
        save_step(conn, StepOutput(replace(step, sectors=sectors), (), ()), CLOSE)


def test_the_page_has_the_column_only_where_books_are_read(
    site: Site, fill: Callable[[], None]
) -> None:
    fill()
    assert "depth 1 %" not in site.get("/").text
    deep(site)
    text = words(site.get("/").text)
    assert "depth 1 % spread" in text
    assert "$2.10 M 6.0 bp $42.0 M +0.010 % +10.9 %" in text
    assert "open interest funding 8 h a year" in text
    ours = site.get("/api/sectors").json()["sectors"][0]
    assert ours["funding_annualised"] == pytest.approx(0.1095)
    assert (ours["depth_1pct_usd"], ours["spread_bp"], ours["depth_truncated"]) == (
        2.1e6,
        6.04,
        True,
    )


def test_the_linked_charts_have_depth_where_it_is_known_and_else_say_why_not(
    site: Site, fill: Callable[[], None]
) -> None:
    fill()
    before = site.get("/?range=all").text
    assert "Depth is unknown in this range: no order book was read" in before
    assert "Order books within" not in site.get("/charts/levels.json?range=all").text
    assert "depth_1pct_usd" not in site.get("/csv/moved.csv?range=all").text
    deep(site)
    after = site.get("/?range=all").text
    assert "Depth is unknown" not in after
    assert "Order books within 1 % of the price, $ M" in after  # named to who cannot see charts
    drawn = site.get("/charts/levels.json?range=all").text
    for part in ("1", "2"):
        assert f"Order books within {part} % of the price, $ M" in drawn
    assert "$1.20 M bid and $900 k asked" in drawn
    assert "$2.50 M bid and $2.10 M asked or more" in drawn  # the served books ended before 2 %
    rows = list(csv.DictReader(io.StringIO(site.get("/csv/moved.csv?range=all").text)))
    ours = next(row for row in rows if row["sector"] == "ai-agents")
    assert (float(ours["depth_1pct_usd"]), float(ours["depth_2pct_usd"])) == (2.1e6, 4.6e6)


def test_an_alert_tells_what_stood_in_the_books_of_its_sides(
    site: Site, fill: Callable[[], None]
) -> None:
    fill()
    enricher = Enricher(UNIVERSE, NAMES, DetectionParameters())
    told = samples.change(samples.confirmed(), ChangeReason.CONFIRMED)

    def text() -> str:
        with site.database.read() as conn:
            step = steps.step_at(conn, CLOSE)
            assert step is not None
            facts = enricher.facts(conn, told.rotation, step)
        again = facts_from_json(json.loads(json.dumps(facts_to_json(facts))))
        return alert_text(alert_message(told, again))

    assert "order books" not in text()
    deep(site)
    assert (
        "In the order books within 1 % of the price, hour to 11:35 UTC: AI agents $1.20 M bid and $900 k asked,"
        " spread 6.0 bp. Books of 80 % or more of a sector's markets."
    ) in text().replace("AI <b>agents</b> & co", "AI agents")


def test_export_and_report_have_it_with_units(site: Site, fill: Callable[[], None]) -> None:
    fill()
    deep(site)
    out = io.BytesIO()
    export_stream("sectors", out, site.database, width=FIVE)
    row = next(
        r
        for r in reversed(list(csv.DictReader(io.StringIO(out.getvalue().decode()))))
        if r["sector"] == "ai-agents"
    )
    names = ("depth_bid_1pct_usd", "depth_ask_2pct_usd", "spread_bp", "depth_coverage_fraction")
    assert [float(row[name]) for name in names] == [1.2e6, 2.1e6, 6.04, 0.8]
    of = ("open_interest_usd", "funding_rate_8h_fraction", "derivatives_coverage_fraction")
    assert [float(row[name]) for name in of] == [42e6, 0.0001, 1.0]
    facts = gather_day(
        site.database,
        UNIVERSE,
        day=CLOSE.date(),
        zone="UTC",
        width=FIVE,
        now=at("2025-01-20T07:00"),
    )
    text = " ".join(report_text(facts).split())
    assert "Perpetuals: AI" in text
    assert "open interest $42.0 M, funding +0.010 % in 8 h (+10.9 % a year)." in text
    assert "In the order books within 1 % of the price:" in text
    assert (
        "$1.20 M bid and $900 k asked, spread 6.0 bp. Books of 80 % or more of a sector's markets."
        in text
    )
