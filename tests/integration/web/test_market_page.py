"""The parts of the market's page: cards, tokens, filters, ranges, the data grid, CSV beside each table, charts' JSON."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model.bars import Coverage
from monitor.model.rotation import ChangeReason, PairReading, StepOutput
from monitor.model.universe import Supply
from monitor.store import bars, notes, rotations, supplies
from monitor.store.readings import save_readings
from monitor.web.page.sector_tables import SMALL
from tests.integration.store.samples import FIVE, bar
from tests.integration.store.samples import reading as sample_reading
from tests.integration.web.conftest import CLOSE, Site, picture
from tests.integration.web.test_app import words
from tests.kit import rotations as samples
from tests.kit.stored import save_step

Fill = Callable[[], None]
HOUR = timedelta(hours=1)


def rows(site: Site, address: str) -> list[dict[str, str]]:
    """A CSV's rows."""
    answer = site.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


def nearest(site: Site) -> PairReading:
    """A reading of the last step, stored."""
    found = replace(sample_reading(CLOSE), from_sector="memes", to_sector="ai-agents")
    with site.database.write() as conn:
        save_readings(conn, [found])
    return found


class TestNow:
    def test_a_card_has_a_spark_line_that_is_also_told_in_words(
        self, site: Site, fill: Fill
    ) -> None:
        fill()
        with site.database.write() as conn:
            for k in range(1, 30):
                save_step(
                    conn, StepOutput(picture(CLOSE.replace(minute=0) - k * HOUR), (), ()), CLOSE
                )
        html = site.get("/").text
        assert "<polyline points=" in html
        assert (
            "Own move of AI &lt;b&gt;agents&lt;/b&gt; &amp; co in 24 h, over the last 3 days"
            in html
        )

    def test_a_card_says_of_which_moment_its_figures_are(self, site: Site, fill: Fill) -> None:
        fill()
        told = CLOSE - 7 * HOUR  # the table of sectors below has those of the last step
        on = samples.confirmed(evidence=samples.evidence(at=told))
        with site.database.write() as conn:
            rotations.save_changes(conn, [samples.change(on, ChangeReason.SEVERITY, CLOSE)])
        assert f"Figures as told, to {told:%Y-%m-%d %H:%M} UTC" in words(site.get("/").text)

    def test_when_quiet_the_nearest_pair_is_named_with_what_lacked(
        self, site: Site, fill: Fill
    ) -> None:
        fill()
        nearest(site)
        with site.database.write() as conn:
            rotations.save_changes(conn, [samples.change(samples.faded(), ChangeReason.FADED)])
        text = words(site.get("/").text)
        assert "No rotation is open. Nearest now: Memes → AI <b>agents</b> & co" in text
        assert "lacking:" in text


class TestSectors:
    def test_a_sectors_row_leads_to_its_tokens_with_the_source_of_the_supply(
        self, site: Site, fill: Fill
    ) -> None:
        fill()
        with site.database.write() as conn:
            supplies.save_supplies(
                conn,
                [
                    Supply(
                        "VIRTUAL",
                        1e9,
                        CLOSE - HOUR,
                        CLOSE - HOUR,
                        "by <hand>",
                        dated_by_operator=True,
                    )
                ],
            )
        html = site.get("/").text
        assert 'href="#tokens-ai-agents"' in html
        assert '<details id="tokens-ai-agents">' in html
        (token,) = rows(site, "/csv/tokens-ai-agents.csv")
        assert token["token"] == "VIRTUAL"
        assert token["supply_source"] == "by <hand>"
        assert "by &lt;hand&gt;" in html

    def test_a_phone_has_every_figure_in_small_tables(self, site: Site, fill: Fill) -> None:
        fill()
        phone = site.get("/").text.partition('class="phone"')[2].partition("<details")[0]
        assert phone.count("<table") == len(SMALL)


class TestCharts:
    @pytest.mark.parametrize("key", ["24h", "7d", "30d", "all"])
    def test_the_range_is_in_the_address_and_marked(self, key: str, site: Site, fill: Fill) -> None:
        fill()
        with site.database.write() as conn:
            for k in range(1, 30):
                earlier = StepOutput(picture(CLOSE.replace(minute=0) - k * HOUR), (), ())
                save_step(conn, earlier, CLOSE)
        html = site.get(f"/?range={key}").text
        assert re.search(rf'href="/\?range={key}#charts" aria-current="true"', html)
        assert f'data-chart="levels" data-query="range={key}"' in html

    def test_a_chart_that_has_no_line_yet_is_not_asked_for_but_said(
        self, site: Site, fill: Fill
    ) -> None:
        fill()  # ten minutes: one moment of the grid of 30 days
        html = site.get("/?range=30d").text
        assert "Too little is stored to draw a line" in html
        assert "Relative rotation needs about two weeks of history" in html
        assert 'data-chart="levels"' not in html
        assert 'data-chart="relative"' not in html

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_levels_are_drawn_with_what_happened(self, scheme: str, site: Site, fill: Fill) -> None:
        fill()
        with site.database.write() as conn:
            notes.add_note(conn, CLOSE - FIVE, "a <note>", CLOSE)
        answer = site.get("/charts/levels.json", params={"range": "24h", "scheme": scheme})
        assert answer.status_code == 200
        told = answer.text
        for title in (
            "Index, 100 at the left edge",
            "Net flow of the 24 h before",
            "CrosshairTool",
        ):
            assert title in told
        assert '"(1)"' in told
        assert told.count('"BoxAnnotation"') >= 1
        assert "a &lt;note&gt;" in site.get("/?range=24h").text

    def test_what_cannot_be_drawn_says_why(self, site: Site, fill: Fill) -> None:
        assert site.get("/charts/levels.json").status_code == 404
        fill()
        answer = site.get("/charts/relative.json")
        assert (answer.status_code, answer.text) == (404, "Too little is stored to draw this.")
        assert site.get("/charts/none.json").status_code == 404

    def test_conditions_of_a_rotation_are_drawn_against_their_bounds(
        self, site: Site, fill: Fill
    ) -> None:
        fill()
        with site.database.write() as conn:
            save_readings(conn, [sample_reading(CLOSE - k * FIVE) for k in range(4)])
            found = rotations.list_rotations(conn)[-1]
        answer = site.get("/charts/conditions.json", params={"rotation": found.id})
        assert answer.status_code == 200
        assert '"bound"' in answer.text
        none = site.get("/charts/conditions.json?rotation=rot-none")
        assert none.status_code == 404
        assert none.text.startswith("no rotation has the id 'rot-none'")


class TestRotations:
    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ("", ["rot-7f3a", "rot-old"]),
            ("status=faded", ["rot-old"]),
            ("from=ai-agents&to=memes", ["rot-7f3a", "rot-old"]),
            ("from=memes", []),
            ("severity=critical", []),
            ("since=2025-01-18", ["rot-7f3a"]),
        ],
    )
    def test_filters_hold_for_the_page_and_its_csv(
        self, query: str, ids: list[str], site: Site, fill: Fill
    ) -> None:
        fill()
        assert [row["id"] for row in rows(site, f"/csv/rotations.csv?{query}")] == ids
        table = site.get(f"/?{query}").text.partition("<form")[2]
        for known in ("rot-7f3a", "rot-old"):
            assert (f"/?rotation={known}" in table) is (known in ids)
        if not ids:
            assert "None is stored that is all of that." in table

    @pytest.mark.parametrize(
        ("path", "why"),
        [
            ("/csv/life.csv?rotation=rot-none", "no rotation has the id 'rot-none'"),
            ("/csv/told.csv", "no rotation has the id ''"),
            ("/csv/sectors.csv", "no interval has been stepped yet; monitor backfill"),
        ],
    )
    def test_a_table_that_is_not_there_says_why(self, path: str, why: str, site: Site) -> None:
        answer = site.get(path)
        assert answer.status_code == 404
        assert answer.text.startswith(why)

    @pytest.mark.parametrize("query", ["range=5y", "status=<b>", "from=nobody", "since=yesterday"])
    def test_what_cannot_be_read_is_said_with_what_is_known(self, query: str, site: Site) -> None:
        for path in ("/", "/csv/rotations.csv", "/charts/levels.json"):
            answer = site.get(f"{path}?{query}")
            assert answer.status_code == 400
            assert "expected" in answer.text
            assert "<b>" not in answer.text or answer.headers["content-type"].startswith(
                "text/plain"
            )


class TestData:
    def test_the_grid_tells_traded_quiet_and_unseen_apart(self, site: Site, fill: Fill) -> None:
        fill()
        end = CLOSE.replace(minute=0)
        with site.database.write() as conn:
            market = "gate:VIRTUAL/USDT"
            bars.save_bars(conn, [bar(market, end - HOUR)], width=FIVE, received_at=CLOSE)
            quiet = Coverage(market, FIVE, end - 3 * HOUR, end - 2 * HOUR)
            bars.save_coverage(conn, [quiet], fetched_at=CLOSE)
        found = {row["begins_at"]: row["state"] for row in rows(site, "/csv/coverage.csv")}
        assert len(found) == 24
        assert found["2025-01-19T10:00:00Z"] == "traded"
        assert found["2025-01-19T09:00:00Z"] == "unseen"
        assert found["2025-01-19T08:00:00Z"] == "quiet"
        assert 'title="quiet"' in site.get("/").text

    def test_what_was_kept_out_and_what_was_replaced_is_listed(
        self, site: Site, fill: Fill
    ) -> None:
        fill()
        assert [row["rows"] for row in rows(site, "/csv/quarantine.csv")] == ["2", "1"]
        assert rows(site, "/csv/revisions.csv") == []
        with site.database.write() as conn:
            later = CLOSE + FIVE
            changed = bar("gate:VIRTUAL/USDT", CLOSE - FIVE, close=11.0)
            bars.save_bars(conn, [changed], width=FIVE, received_at=later)
        (row,) = rows(site, "/csv/revisions.csv")
        assert (row["market"], row["bars"]) == ("gate:VIRTUAL/USDT", "1")

    def test_every_table_of_the_page_has_its_csv(self, site: Site, fill: Fill) -> None:
        fill()
        html = site.get("/").text
        addresses = {a.replace("&amp;", "&") for a in re.findall(r'href="(/csv/[^"]*)"', html)}
        assert len(addresses) >= 8
        for address in addresses:
            assert site.get(address).status_code == 200, address
        assert site.get("/csv/none.csv").status_code == 404


class TestStatic:
    def test_the_charts_library_comes_from_its_own_wheel_and_may_be_kept(self, site: Site) -> None:
        answer = site.get("/static/bokeh.min.js")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
        assert len(answer.content) > 500_000
        assert site.get("/static/page.py").status_code == 404

    def test_every_script_and_style_of_the_page_is_its_own(self, site: Site, fill: Fill) -> None:
        fill()
        html = site.get("/").text
        for address in re.findall(r'(?:src|rel="stylesheet" href)="([^"]*)"', html):
            assert address.startswith("/static/")
            assert site.get(address).status_code == 200
        policy = site.get("/").headers["content-security-policy"]
        assert "script-src 'self';" in policy


def test_a_store_that_is_gone_is_said_on_the_page_and_in_json(site: Site, fill: Fill) -> None:
    fill()
    with site.database.write() as conn:
        conn.exec_driver_sql("DROP TABLE sector_state")
    answer = site.get("/")
    assert answer.status_code == 503
    assert "The figures cannot be read:" in answer.text
    assert site.get("/api/sectors").status_code == 503
    assert "Traceback" not in answer.text


def test_a_token_in_the_address_is_kept_for_what_the_page_loads(site: Site, fill: Fill) -> None:
    fill()
    first = site.ask("/", demanded="t0kén", params={"token": "t0kén"})
    cookie = first.headers["set-cookie"].partition(";")[0]
    assert "httponly" in first.headers["set-cookie"].lower()
    assert "samesite=strict" in first.headers["set-cookie"].lower()
    for path in ("/charts/pressure.json", "/csv/sectors.csv", "/static/page.js"):
        assert site.ask(path, demanded="t0kén").status_code == 401
        assert site.ask(path, demanded="t0kén", headers={"cookie": cookie}).status_code == 200
