"""The JSON API: what it answers, how it is paged, and what it says of a wrong question, on both databases."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from pydantic import TypeAdapter

from monitor.api import schemas
from monitor.model.rotation import ChangeReason, Condition, PairReading, StepOutput
from monitor.store import rotations
from monitor.store.tables import step
from tests.integration.store.samples import FIVE
from tests.integration.web.conftest import CLOSE, Site, picture
from tests.kit import rotations as samples
from tests.kit.stored import save_step

Fill = Callable[[], None]
QUESTIONS: dict[str, Any] = {
    "/api/sectors": schemas.Sectors,
    "/api/tokens": schemas.Tokens,
    "/api/tokens?sector=ai-agents": schemas.Tokens,
    "/api/series?sector=memes": schemas.Series,
    "/api/rotations": schemas.Rotations,
    "/api/rotations/rot-7f3a": schemas.RotationWhole,
    "/api/why-not?from=ai-agents&to=memes": schemas.WhyNotAnswer,
    "/api/why-not?from=*&to=*": schemas.WhyNotAnswer,
    "/api/conditions?from=ai-agents&to=memes": schemas.Conditions,
    "/api/coverage": schemas.CoverageAnswer,
    "/api/report?date=2025-01-19": schemas.Report,
    "/api/status": schemas.StatusAnswer,
}
TABLES = ("sectors", "tokens", "series?sector=memes", "rotations", "coverage")
ATOM = "{http://www.w3.org/2005/Atom}"


def reading(minutes: int = 0) -> PairReading:
    """What was seen of AI agents to memes that many minutes before the last close."""
    return PairReading(
        from_sector="ai-agents",
        to_sector="memes",
        at=CLOSE - timedelta(minutes=minutes),
        window_h=24,
        score=2.1,
        qualified=False,
        conditions=(
            Condition("from_own_return", 0.012, -0.025, met=False, unit="return"),
            Condition("score", 2.1, 2.4, met=False, unit="z"),
        ),
        price_witness=2.0,
        volume_witness=None,
        flow_witness=None,
    )


@pytest.fixture
def whole(site: Site, fill: Fill) -> Site:
    """With readings of the pair in the last two steps."""
    fill()
    with site.database.write() as conn:
        for i in (1, 0):
            output = StepOutput(picture(CLOSE - i * FIVE, 1000.0 + i), (reading(5 * i),), ())
            save_step(conn, output, CLOSE)
    return site


class TestAnswers:
    @pytest.mark.parametrize("question", QUESTIONS)
    def test_each_is_of_the_shape_that_the_document_names_and_says_as_of_when(
        self, question: str, whole: Site
    ) -> None:
        answer = whole.get(question)
        assert answer.status_code == 200, answer.text
        TypeAdapter(QUESTIONS[question]).validate_json(answer.content, strict=False)
        assert answer.json()["as_of"] == "2025-01-19T11:35:00Z"

    def test_sectors_are_those_of_the_last_step_or_of_an_earlier_one(self, whole: Site) -> None:
        body = whole.get("/api/sectors").json()
        assert (body["at"], body["interval"]) == ("2025-01-19T11:35:00Z", "5m")
        assert [s["id"] for s in body["sectors"]] == ["ai-agents", "benchmark", "memes"]
        assert body["sectors"][0]["tokens"][0]["id"] == "VIRTUAL"
        assert body["sectors"][1]["market_cap_usd"] is None
        earlier = whole.get("/api/sectors?at=2025-01-19T11:31:00Z").json()
        assert (earlier["as_of"], earlier["sectors"][0]["index"]) == ("2025-01-19T11:30:00Z", 1001)

    def test_tokens_of_one_sector(self, whole: Site) -> None:
        assert [t["sector"] for t in whole.get("/api/tokens").json()["tokens"]] == ["ai-agents"]
        assert whole.get("/api/tokens?sector=memes").json()["tokens"] == []

    def test_tokens_that_are_no_longer_kept_are_said_to_be_so(self, whole: Site) -> None:
        with whole.database.write() as conn:
            conn.execute(step.update().values(tokens=None))
        answer = whole.get("/api/tokens")
        assert answer.status_code == 404
        assert "no longer kept" in answer.json()["error"]

    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ("", ["rot-7f3a", "rot-old"]),
            ("?since=36h", ["rot-7f3a"]),
            ("?since=2025-01-19", ["rot-7f3a"]),
            ("?since=2025-01-19T11:06:00Z", []),
            ("?since=3650d", ["rot-7f3a", "rot-old"]),
            ("?until=2025-01-18", ["rot-old"]),
            ("?status=faded", ["rot-old"]),
            ("?severity=critical", []),
            ("?pair=ai-agents,memes", ["rot-7f3a", "rot-old"]),
            ("?pair=memes,*", []),
        ],
    )
    def test_every_filter_counts(self, query: str, ids: list[str], whole: Site) -> None:
        body = whole.get(f"/api/rotations{query}").json()
        assert ([r["id"] for r in body["rotations"]], body["next"]) == (ids, None)

    def test_pages_follow_each_other_without_a_hole(self, site: Site) -> None:
        with site.database.write() as conn:
            for i in range(7):  # three were detected at one time
                at = CLOSE - timedelta(hours=max(0, i - 2))
                made = samples.confirmed(id=f"rot-{i}", detected_at=at, confirmed_at=at)
                rotations.save_changes(conn, [samples.change(made, ChangeReason.CONFIRMED)])
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            more = f"&cursor={cursor}" if cursor else ""
            body = site.get(f"/api/rotations?limit=2{more}").json()
            seen += [r["id"] for r in body["rotations"]]
            cursor = body["next"]
        assert seen == [f"rot-{i}" for i in range(7)]

    def test_one_rotation_by_the_beginning_of_its_id(self, whole: Site) -> None:
        body = whole.get("/api/rotations/rot-7").json()
        assert (body["id"], [c["reason"] for c in body["changes"]]) == ("rot-7f3a", ["confirmed"])
        assert "AI <b>agents</b> & co lost 10.4 % in 24 h" in body["explanation"]

    def test_why_not_says_each_condition_in_words(self, whole: Site) -> None:
        (verdict,) = whole.get("/api/why-not?from=ai-agents&to=*").json()["pairs"]
        assert verdict["met"] == 0
        assert "(needs -2.5 % or less)" in verdict["conditions"][0]["words"]
        assert verdict["reasons"][0].startswith("not flagged anew: already on as rot-7f3a")
        assert verdict["already_on"] == "rot-7f3a"

    def test_a_series_is_one_sectors_on_the_grid_that_was_asked_for(self, whole: Site) -> None:
        body = whole.get("/api/series?sector=ai-agents&since=8m").json()
        assert [(p["at"], p["index"]) for p in body["points"]] == [
            ("2025-01-19T11:30:00Z", 1001.0),
            ("2025-01-19T11:35:00Z", 1000.0),
        ]
        assert (body["since"], body["every"]) == ("2025-01-19T11:28:00Z", "5m")
        coarse = whole.get("/api/series?sector=ai-agents&every=10m").json()
        assert [p["at"] for p in coarse["points"]] == ["2025-01-19T11:30:00Z"]

    def test_a_long_series_is_thinned_and_ten_years_are_what_is_stored(self, site: Site) -> None:
        with site.database.write() as conn:
            for days in (0, 30):
                output = StepOutput(picture(CLOSE - timedelta(days=days)), (), ())
                save_step(conn, output, CLOSE)
        body = site.get("/api/series?sector=memes&since=3650d").json()
        assert body["every"] == "25m"  # 8640 intervals of 5 min into at most 2000 points
        answer = site.get("/api/series?sector=memes&since=3650d&every=5m")
        assert answer.status_code == 400
        assert "25m or more" in answer.json()["expected"]

    def test_coverage_says_what_was_not_heard(self, whole: Site) -> None:
        (market,) = whole.get("/api/coverage?since=1h").json()["markets"]
        assert (market["market"], market["heard_fraction"]) == ("gate:VIRTUAL/USDT", 0.0)
        assert market["blind"] == [["2025-01-19T10:36:00Z", "2025-01-19T11:36:00Z"]]


class TestTables:
    @pytest.mark.parametrize("name", TABLES)
    def test_a_table_has_its_header_and_a_row_each(self, name: str, whole: Site) -> None:
        what, _, query = name.partition("?")
        answer = whole.get(f"/api/{what}.csv?{query}")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        header, *rows = csv.reader(io.StringIO(answer.text))
        assert rows
        assert {len(row) for row in rows} == {len(header)}

    def test_an_empty_table_has_its_header(self, site: Site) -> None:
        answer = site.get("/api/rotations.csv")
        assert answer.text.startswith("id,from_sector,to_sector")
        assert answer.text.count("\r\n") == 1

    def test_conditions_are_a_row_each(self, whole: Site) -> None:
        text = whole.get("/api/conditions.csv?from=ai-agents&to=memes").text
        assert text.splitlines()[1].startswith("2025-01-19T11:30:00Z,24,2.1,false,from_own_return")
        assert len(text.splitlines()) == 5


class TestWrongQuestions:
    @pytest.mark.parametrize(
        ("question", "status", "error"),
        [
            ("/api/rotations?colour=red", 400, "no such parameter"),
            ("/api/sectors?since=7d", 400, "no such parameter"),
            ("/api/rotations/rot-none", 404, "no such rotation"),
            ("/api/rotations/%00", 404, "no such rotation"),
            ("/api/rotations/rot-", 404, "begins several ids"),
            ("/api/rotations?cursor=rot-none", 400, "no such cursor"),
            ("/api/rotations?limit=0", 400, "limit cannot be read"),
            ("/api/rotations?status=over", 400, "status cannot be read"),
            ("/api/rotations?pair=ai-agents", 400, "pair cannot be read"),
            ("/api/series?sector=nope", 404, "no such sector"),
            ("/api/series?sector=<script>", 400, "sector cannot be read"),
            ("/api/series", 400, "sector is missing"),
            ("/api/series?sector=memes&since=1h&until=2h", 400, "since is not before until"),
            ("/api/rotations?since=1h&until=2h", 400, "since is not before until"),
            ("/api/series?sector=memes&every=7m", 400, "every cannot be had"),
            ("/api/conditions?from=ai-agents&to=memes&since=3650d", 400, "the range is too long"),
            ("/api/why-not?from=memes&to=memes", 400, "one sector on both sides"),
            ("/api/report?date=2025-02-30", 400, "no such day"),
            ("/api/report?date=2031-01-01", 400, "no such day"),
            ("/api/nothing", 404, "no such path"),
            ("/admin", 404, "no such path"),
            ("/api/sectors?at=2020-01-01", 404, "no interval has been stepped at or before then"),
        ],
    )
    def test_it_is_told_what_was_found_and_what_is_expected(
        self, question: str, status: int, error: str, whole: Site
    ) -> None:
        answer = whole.get(question)
        assert answer.status_code == status, answer.text
        assert set(answer.json()) == {"error", "found", "expected"}
        assert error in answer.json()["error"]
        assert "Traceback" not in answer.text

    @pytest.mark.parametrize("since", ["yesterday", "2025-01-19T05:00", "999999999999d", "5"])
    def test_a_time_that_cannot_be_read(self, since: str, site: Site) -> None:
        answer = site.get("/api/rotations", params={"since": since})
        assert answer.status_code == 400
        assert answer.json()["found"] == since
        assert "2025-01-19T05:00:00Z" in answer.json()["expected"]

    @pytest.mark.parametrize("since", ["2025-02-31", "0001-01-01T00:00+23:00", "999999d"])
    def test_a_time_that_no_calendar_has(self, since: str, site: Site) -> None:
        answer = site.get("/api/rotations", params={"since": since})
        assert answer.status_code == 400
        assert answer.json()["error"] == "since cannot be read"

    def test_names_with_markup_and_control_characters_come_back_short_and_as_text(
        self, site: Site
    ) -> None:
        answer = site.get("/api/rotations/" + "%1b%5b31m" + "%3Cscript%3E" * 40)
        assert answer.status_code == 404
        assert len(answer.json()["found"]) == 60
        assert answer.headers["content-type"] == "application/json"
        assert "\x1b" not in answer.text

    def test_a_long_question_is_refused_unread(self, site: Site) -> None:
        answer = site.get("/api/rotations?since=" + "9" * 10_000)
        assert (answer.status_code, answer.json()["error"]) == (414, "the question is too long")

    def test_no_step_yet_says_what_makes_one(self, site: Site) -> None:
        answer = site.get("/api/sectors")
        assert answer.status_code == 503
        assert answer.json()["error"].startswith("no interval has been stepped yet")
        assert "monitor backfill" in answer.json()["expected"]

    def test_a_store_of_another_version_is_said(self, site: Site, fill: Fill) -> None:
        fill()
        with site.database.write() as conn:
            conn.exec_driver_sql("ALTER TABLE rotation RENAME TO rotation_of_old")
        answer = site.get("/api/rotations")
        assert answer.status_code == 503
        assert answer.json()["expected"] == "monitor db upgrade"

    def test_nothing_can_be_changed(self, site: Site) -> None:
        answer = site.ask("/api/sectors", method="POST")
        assert (answer.status_code, answer.json()["found"]) == (405, "POST")


class TestSentOnce:
    def test_what_the_caller_has_is_not_sent_again(self, whole: Site) -> None:
        first = whole.get("/api/sectors")
        assert first.headers["cache-control"] == "no-cache"
        headers = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        again = whole.get("/api/sectors", headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        with whole.database.write() as conn:
            save_step(conn, StepOutput(picture(CLOSE + FIVE), (), ()), CLOSE + FIVE)
        assert whole.get("/api/sectors", headers=headers).status_code == 200


class TestFeedAndBadge:
    def test_the_feed_has_an_entry_a_rotation(self, whole: Site) -> None:
        answer = whole.get("/feed.atom")
        assert answer.headers["content-type"].startswith("application/atom+xml")
        root = ET.fromstring(answer.content)  # noqa: S314  our own answer
        entries = root.findall(f"{ATOM}entry")
        assert [e.findtext(f"{ATOM}id") for e in entries] == [
            "urn:sector-rotation-monitor:rot-7f3a",
            "urn:sector-rotation-monitor:rot-old",
        ]
        assert entries[0].findtext(f"{ATOM}title") == (
            "AI <b>agents</b> & co → Memes: confirmed, warning"
        )
        link = entries[0].find(f"{ATOM}link")
        assert link is not None
        assert link.get("href") == "http://page/?rotation=rot-7f3a"
        assert root.findtext(f"{ATOM}updated") == "2025-01-20T13:05:00Z"  # the other ended then

    def test_the_badge_shows_what_is_on_and_never_an_old_quiet(self, whole: Site) -> None:
        answer = whole.get("/badge.svg")
        assert answer.headers["content-type"] == "image/svg+xml"
        title = ET.fromstring(answer.content).findtext("{http://www.w3.org/2000/svg}title")  # noqa: S314
        assert title == "rotation: AI <b>agents</b> & co → Memes warning"
        whole.clock.set(CLOSE + timedelta(hours=2))
        assert "unknown for 2 h" in whole.get("/badge.svg").text

    def test_the_badge_of_nothing(self, site: Site) -> None:
        assert "no data yet" in site.get("/badge.svg").text


class TestDocument:
    def test_it_names_every_path_and_no_error_of_the_framework(self, site: Site) -> None:
        document = site.get("/openapi.json").json()
        told = {question.partition("?")[0] for question in QUESTIONS if "rot-" not in question}
        assert told <= set(document["paths"])
        assert {"/feed.atom", "/badge.svg", "/api/rotations/{rotation_id}"} <= set(
            document["paths"]
        )
        assert "422" not in json.dumps(document)
        assert "ValidationError" not in document["components"]["schemas"]

    def test_its_page_needs_no_script_and_its_examples_can_be_followed(self, whole: Site) -> None:
        page = whole.get("/api").text
        assert "<script" not in page
        assert "http" not in page.replace("httpx", "")
        for line in page.splitlines():
            _, found, rest = line.partition('<a href="/api')
            if found:
                address = "/api" + rest.partition('"')[0].replace("&amp;", "&")
                assert whole.get(address).status_code == 200, address
