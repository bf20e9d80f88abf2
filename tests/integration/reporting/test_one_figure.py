"""One moment on every surface: each figure has one value, and its window stands beside it."""

import html as html_module
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from monitor.alerting.chart import AlertCharts
from monitor.alerting.enrich import Enricher
from monitor.clock import ManualClock
from monitor.commands.demo import demo_database, run_episode
from monitor.commands.demo_serve import episode_app
from monitor.content.alert import AlertFacts, alert_mail, alert_message, alert_text
from monitor.content.alert.facts import facts_to_json
from monitor.content.alert.preview import preview_line
from monitor.content.report import report_text
from monitor.content.report.sectors import OF_A_DAY
from monitor.content.wording import glosses
from monitor.content.wording.figures import level, net_flow, percent, points, pp, share, wide_points
from monitor.detection.parameters import DetectionParameters
from monitor.episodes import Episode, load_episode
from monitor.model.figures import Place, figures_at
from monitor.model.notice import Act, Notice, NoticeKind
from monitor.model.rotation import MARKET, ChangeReason, RotationChange, SideEvidence
from monitor.model.rotation_json import change_to_json
from monitor.model.state import FlowGrade
from monitor.reporting.gather import gather_day
from monitor.store import rotations, steps
from monitor.store.database import Database
from monitor.web.page.conditions import readings_of
from monitor.web.page.sector_tables import SMALL
from tests.integration.commands.stage import Market
from tests.scenarios.stage import config_text

TOLD = datetime(2025, 1, 19, 6, tzinfo=UTC)
"""The confirmation: its window is 24 h, the one that sectors are told over."""
LATER = TOLD + timedelta(days=1)
ENDS_AT_SIX = "Etc/GMT+6"
"""A zone whose days end at the moments above."""


@dataclass(frozen=True)
class Stage:
    episode: Episode
    database: Database
    folder: Path
    change: RotationChange
    facts: AlertFacts
    text: str
    page: TestClient
    market: Market


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("one-figure")
    whole = load_episode()
    episode = replace(
        whole,
        until=LATER,
        bars=tuple(bar for bar in whole.bars if bar.open_time < LATER),
    )
    database = demo_database(episode, folder / "january.db")
    changes = run_episode(episode, database)
    (change,) = [c for c in changes if c.reason is ChangeReason.CONFIRMED]
    assert change.changed_at == TOLD
    names = {s.id: s.name for s in episode.universe.sectors}
    with database.read() as conn:
        step = steps.step_at(conn, TOLD)
        assert step is not None
        facts = Enricher(episode.universe, names, DetectionParameters()).facts(
            conn, change.rotation, step
        )
    config = folder / "january.toml"
    venues = dict.fromkeys(("bybit", "gate", "okx"), "http://127.0.0.1:9")
    config.write_text(config_text(whole, venues, f"sqlite:///{folder / 'january.db'}"))
    app = episode_app(episode, database, ManualClock(LATER + timedelta(minutes=1)))
    with TestClient(app, base_url="http://127.0.0.1") as page:
        yield Stage(
            episode, database, folder, change, facts, alert_text(alert_message(change, facts)),
            page, Market(None, config, folder, LATER),  # type: ignore[arg-type]
        )  # fmt: skip
    database.close()


@pytest.fixture
def sides(stage: Stage) -> tuple[SideEvidence, ...]:
    assert stage.change.rotation.evidence.window_h == 24
    return stage.change.rotation.evidence.sides


def cells(side: SideEvidence) -> list[str]:
    """Every figure of a side as the alert has it."""
    flow = net_flow(side.net_flow_usd, side.flow_grade)
    return [
        f"{percent(side.total_return)} (own {pp(side.own_return)})",
        f"{level(side.share_pp)} ({points(side.share_change_pp)})",
        f"{level(side.volume_share_pp)} ({wide_points(side.volume_share_change_pp)})",
        flow,
    ]


def sectors_at(stage: Stage, moment: datetime | None) -> dict[str, dict[str, Any]]:
    asked = {} if moment is None else {"at": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
    answer = stage.page.get("/api/sectors", params=asked)
    assert answer.status_code == 200, answer.text
    return {sector["id"]: sector for sector in answer.json()["sectors"]}


def test_the_api_of_sectors_has_the_figures_of_the_rotation(
    stage: Stage, sides: tuple[SideEvidence, ...]
) -> None:
    found = sectors_at(stage, TOLD)
    for side in sides:
        sector = found[side.sector]
        for name, told in {
            "return_24h": side.total_return,
            "own_return_24h": side.own_return,
            "market_part_24h": side.market_part,
            "share": _fraction(side.share_pp),
            "share_change_24h": _fraction(side.share_change_pp),
            "volume_share": _fraction(side.volume_share_pp),
            "volume_share_change_24h": _fraction(side.volume_share_change_pp),
            "net_flow_24h_usd": side.net_flow_usd,
            "volume_24h_usd": side.volume_usd,
            "market_cap_usd": side.market_cap_usd,
        }.items():
            assert sector[name] == pytest.approx(told, rel=1e-9), name
        assert sector["breadth"] == [side.breadth_behind, side.breadth_of]


def _fraction(points_: float | None) -> float | None:
    return None if points_ is None else points_ / 100


def test_the_rotation_is_the_same_object_by_api_and_by_explain(stage: Stage) -> None:
    by_api = stage.page.get("/api/rotations").json()["rotations"]
    told = next(r for r in by_api if r["id"] == stage.change.rotation.id)
    data = json.loads(stage.market.monitor("explain", told["id"], "--json").stdout)
    assert data.pop("recomputed") == "recomputed from stored inputs: same result"
    assert {k: told[k] for k in data} == data


def test_alert_mail_explain_and_page_of_the_rotation_show_the_same_cells(
    stage: Stage, sides: tuple[SideEvidence, ...]
) -> None:
    mail = alert_mail(alert_message(stage.change, stage.facts), None)
    rotation = stage.change.rotation.id
    shown = {
        "alert": stage.text,
        "mail": mail.text,
        "mail's HTML": _words(mail.html),
        "explain": stage.market.monitor("explain", rotation).stdout,
        "page": _words(stage.page.get("/", params={"rotation": rotation}).text),
    }
    for where, text in shown.items():
        plain = " ".join(text.replace("\u00a0", " ").split())
        for side in sides:
            name = stage.facts.names[side.sector]
            assert f"{name}, 24 h" in plain, where
            for cell in cells(side):
                assert cell in plain, f"{where}: {name}"


def _words(page: str) -> str:
    return html_module.unescape(re.sub(r"<[^>]+>", " ", page))


def test_the_chart_of_the_alert_ends_at_its_figures(
    stage: Stage, sides: tuple[SideEvidence, ...]
) -> None:
    notice = Notice(
        dedup_key="k", kind=NoticeKind.ROTATION, act=Act.PICTURE, channel="slack", thread="k", event_at=TOLD,
        due_at=TOLD, text="", payload={"change": change_to_json(stage.change), "around": facts_to_json(stage.facts)},
    )  # fmt: skip
    chart = AlertCharts(stage.database, stage.episode.universe)(notice)
    assert chart is not None
    assert "from 18 Jan 2025, 06:00 UTC to 19 Jan 2025, 06:00 UTC" in chart.alt
    assert "share of traded volume in 24 h" in chart.alt
    before = sectors_at(stage, TOLD - timedelta(days=1))
    for side in sides:
        name = stage.facts.names[side.sector]
        assert f"{name} {percent(side.total_return)}" in chart.alt
        # the change beside the share leaves out what launches trade; the chart has the whole at both ends
        first = before[side.sector]["volume_share"]
        assert f"{name} {share(first)} to {share(_fraction(side.volume_share_pp))}" in chart.alt


def test_sectors_in_the_terminal_are_those_of_the_api(stage: Stage) -> None:
    printed = json.loads(
        stage.market.monitor("sectors", "--at", f"{TOLD:%Y-%m-%dT%H:%M:%SZ}", "--json").stdout
    )
    assert {sector["id"]: sector for sector in printed["sectors"]} == sectors_at(stage, TOLD)


def test_the_page_shows_the_sectors_of_the_api(stage: Stage) -> None:
    found = sectors_at(stage, None)
    assert stage.page.get("/api/sectors").json()["at"] == f"{LATER:%Y-%m-%dT%H:%M:%SZ}"
    rows = stage.page.get("/csv/sectors.csv").text.splitlines()
    page = " ".join(_words(stage.page.get("/").text).replace("\u00a0", " ").split())
    heads = rows[0].split(",")
    for row in rows[1:]:
        told = dict(zip(heads, row.split(","), strict=True))
        sector = found[told["sector"]]
        for key, value in told.items():
            name = next((n for n in sector if key in (n, f"{n}_fraction")), None)
            if name is not None and value:
                assert float(value) == pytest.approx(sector[name], rel=1e-9), key
        assert percent(sector["return_24h"]) in page
    for heading in ("share 24 h", "return 24 h", "own 24 h", "volume share 24 h", "net flow 24 h"):
        assert heading in page
    assert glosses.VOLUME_SHARE in page  # its level and its change are of two definitions


def test_every_figure_that_has_a_window_has_it_in_its_heading_or_beside_its_table() -> None:
    """Sectors in the terminal, on the page, on a phone and on paper."""
    window = re.compile(r"\b(1|8|24) ?h\b|\b7 ?d\b|d24h|d7d")
    said_above = {**dict(SMALL), **OF_A_DAY}
    of_a_moment = {
        "market_cap_usd", "share", "coverage", "breadth", "depth_1pct_usd", "spread_bp", "open_interest_usd",
        "funding_annualised",
    }  # fmt: skip
    for place in Place:
        for figure, shown in figures_at(place):
            told = f"{shown.heading} {said_above.get(place, '')}"
            assert figure.name in of_a_moment or window.search(told), (place, shown)


def test_the_preview_says_its_window_before_all_its_figures(
    stage: Stage, sides: tuple[SideEvidence, ...]
) -> None:
    (lost, _) = sides
    line = preview_line(stage.change.rotation, stage.facts.names, TOLD)
    assert (
        f"AI agents in 24 h {percent(lost.total_return)} (market {percent(lost.market_part)}),"
        f" volume share {wide_points(lost.volume_share_change_pp)},"
        f" net flow {net_flow(lost.net_flow_usd, lost.flow_grade)}."
    ) in line


def test_relative_flow_is_one_on_the_page_in_the_report_and_by_the_api(stage: Stage) -> None:
    found = stage.page.get("/api/sectors").json()["relative_flow_24h"]
    with stage.database.read() as conn:
        step = steps.step_at(conn, LATER)
    assert step is not None
    words = glosses.relative_flow_words(step.sectors, stage.facts.names)
    (passage,) = found["table"]
    told = net_flow(passage["usd"], FlowGrade.C, short=True).replace("+", "")
    assert "a convention and no observation" in words
    for sector, usd in found["sectors"].items():
        assert f"{stage.facts.names[sector]} {net_flow(usd, FlowGrade.C, short=True)}" in words
    assert words.endswith(f"→ {stage.facts.names[passage['to']]} {told}.")
    page = " ".join(_words(stage.page.get("/").text).replace("\u00a0", " ").split())
    text = " ".join(report_text(report_of(stage, date(2025, 1, 19)), ()).split())
    assert words in page
    assert words in text


def test_the_report_of_the_day_that_ends_there_has_the_same_figures(
    stage: Stage, sides: tuple[SideEvidence, ...]
) -> None:
    text = " ".join(report_text(report_of(stage, date(2025, 1, 18)), ()).split())
    (lost, _) = sides
    assert f"market part {percent(lost.market_part)}" in text
    for side in sides:
        assert side.total_return is not None
        row = re.search(rf"{stage.facts.names[side.sector]} \$\S+B? .*?", text)
        assert row
        assert f"{_figure(side.total_return)}% {_figure(side.own_return)}" in text


def _figure(fraction: float | None) -> str:
    assert fraction is not None
    return f"{100 * fraction:+.1f}"


def report_of(stage: Stage, day: date) -> Any:
    return gather_day(
        stage.database,
        stage.episode.universe,
        day=day,
        zone=ENDS_AT_SIX,
        width=stage.episode.width,
        now=LATER + timedelta(hours=1),
    )


def test_the_own_move_since_it_was_seen_is_one_in_alert_and_report(stage: Stage) -> None:
    with stage.database.read() as conn:
        step = steps.step_at(conn, LATER)
        assert step is not None
        around = Enricher(stage.episode.universe, stage.facts.names, DetectionParameters()).facts(
            conn, stage.change.rotation, step
        )
    report = report_of(stage, date(2025, 1, 19))
    assert report.own_since[stage.change.rotation.id] == around.own_since
    text = " ".join(report_text(report, ()).split())
    assert f"Own move of AI agents since it was seen: {pp(around.own_since['ai-agents'])}." in text


def test_a_move_is_reckoned_from_the_very_interval_of_its_detection(stage: Stage) -> None:
    """Against its definition: index against index, less the market's part."""
    from monitor.alerting.since_seen import own_since
    from monitor.analytics.own import own_move

    with stage.database.read() as conn:
        begin = stage.change.rotation.detected_at
        found = own_since(conn, stage.episode.universe, stage.change.rotation, LATER)
        series = steps.sector_series(conn, begin, LATER + timedelta(microseconds=1))
    assert found["ai-agents"] == own_move(series, "ai-agents", "benchmark", begin)


def test_estimated_flow_is_never_told_with_three_digits(
    sides: tuple[SideEvidence, ...], stage: Stage
) -> None:
    assert all(side.flow_grade is FlowGrade.C for side in sides)
    assert not re.search(r"net flow +[-+]\$\d{2,}\.\d", stage.text)


def test_conditions_of_a_single_sector_over_time_pass_through_what_it_was_flagged_with(
    stage: Stage,
) -> None:
    with stage.database.read() as conn:
        (rotation,) = [
            r
            for r in rotations.list_rotations(conn)
            if r.to_sector == MARKET and r.detected_at.date() == date(2025, 1, 18)
        ]
        found = readings_of(conn, rotation, stage.episode.width)
    assert rotation.evidence_at is not None
    flagged = rotation.evidence_at.detection
    assert flagged.window_h == 24
    told = {c.name: c for c in flagged.conditions}
    (then,) = [reading for reading in found if reading.at == rotation.detected_at]
    assert [c.name for c in then.conditions] == ["from_own_return", "behind_others", "breadth_from"]
    for condition in then.conditions:
        assert condition.value == pytest.approx(told[condition.name].value, rel=1e-9)
        assert condition.met == told[condition.name].met
    assert not all(c.met for reading in found for c in reading.conditions)
    chart = stage.page.get("/charts/conditions.json", params={"rotation": rotation.id})
    assert chart.status_code == 200
    assert "own return of AI agents in 24 h, %" in chart.text
    page = stage.page.get("/", params={"rotation": rotation.id}).text
    assert "Not kept at each step, so not drawn: own return of AI agents in its own spread" in page
