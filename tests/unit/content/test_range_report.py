"""The report of a range as one file, and its charts."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from monitor.content.charts import Line, Marks, index_chart, note_key, share_chart
from monitor.content.range_report import RangeFacts, range_report
from monitor.model.state import MemberEvent, MemberEventKind, SectorState
from monitor.model.universe import Membership, Sector
from tests.unit.content import samples

START = datetime(2025, 1, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
PNG = b"\x89PNG"


def state(sector: str, k: int, *, share: float | None) -> SectorState:
    return SectorState(
        id=sector, index=1000.0 - k, market_cap_usd=1e9, share=share, return_step=0.0, return_1h=0.0,
        return_24h=-0.104, return_7d=None, own_return_24h=-0.072, market_part_24h=-0.032, beta=1.2,
        share_change_24h=-0.041, share_change_7d=None, share_split_24h=None, volume_24h_usd=1e8, volume_share=0.11,
        volume_share_change_24h=-0.18, net_flow_24h_usd=-31.2e6, flow_grade=None, volume_step_usd=1e6,
        net_flow_step_usd=None, breadth_behind=9, breadth_of=10, members=10, coverage=1.0, stale_weight=0.0,
        supply_age_h=1.0,
    )  # fmt: skip


def facts(**changes: object) -> RangeFacts:
    sectors = (
        Sector("ai-agents", "AI agents", (Membership("VIRTUAL"),), "#0072B2"),
        Sector("memes", "<b>Memes</b> & co", (Membership("TRUMP"),), "#E69F00"),
        Sector("benchmark", "Market", (Membership("BTC"),), "#7F7F7F", benchmark=True),
    )
    series = [
        (START + k * HOUR, state(s.id, k, share=None if s.benchmark else 0.5))
        for k in range(48)
        for s in sectors
    ]
    made = {
        "title": "A day",
        "banner": "",
        "since": START,
        "until": START + 47 * HOUR,
        "sectors": sectors,
        "series": series,
        "rotations": [samples.confirmed()],
        "events": [
            MemberEvent(START + 3 * HOUR, MemberEventKind.LAUNCH, "memes", "TRUMP", 0.101, 1e9)
        ],
        "notes": [(START + 5 * HOUR, "<script>alert(1)</script> announced")],
        "shown": None,
        "shown_why": "",
        "data": "whole",
        "version": "0",
    }
    return RangeFacts(**(made | changes))  # type: ignore[arg-type]


def test_the_file_needs_nothing_else_and_runs_nothing() -> None:
    html = range_report(facts())
    assert "http://" not in html
    assert "https://" not in html
    assert "<script" not in html
    assert html.count("data:image/png;base64,") == 2
    assert "&lt;b&gt;Memes&lt;/b&gt; &amp; co" in html
    assert "+10.1 pp" in html  # the launch's effect, a fraction in the facts


def test_a_banner_stands_in_title_and_first_line() -> None:
    html = range_report(facts(banner="demo · reconstruction"))
    assert re.search(r"<title>[^<]*demo · reconstruction", html)
    body = html[html.index("<body>") :]
    assert body.index("demo · reconstruction") < body.index("<h1>")
    assert "demo" not in range_report(facts())


def test_a_day_without_data_or_rotations_says_so() -> None:
    html = range_report(facts(series=[], rotations=[], events=[], notes=[]))
    assert "None was flagged" in html
    assert "No data in this range" in html


@pytest.mark.parametrize("draw", [index_chart, share_chart])
def test_charts_are_pictures_whose_alt_text_carries_the_figures(draw: object) -> None:
    at = [START + k * HOUR for k in range(30)]
    lines = [Line("AI agents", "#0072B2", at, [0.4 - k / 300 for k in range(30)])]
    lines.append(Line("Memes", "#E69F00", at, [None, *[0.6 + k / 300 for k in range(29)]]))
    png, alt = draw(lines, Marks())  # type: ignore[operator]
    assert png.startswith(PNG)
    width = int.from_bytes(png[16:20], "big")
    assert width == 1500  # twice what a page of 750 shows
    assert "AI agents" in alt
    assert ("-24.2 %" in alt) or ("30.3 %" in alt)


def test_the_same_facts_give_the_same_picture() -> None:
    at = [START, START + HOUR]
    lines = [Line("AI", "#0072B2", at, [1.0, 2.0])]
    assert index_chart(lines, Marks()) == index_chart(lines, Marks())


def test_notes_are_numbered_and_named_in_the_key() -> None:
    marks = Marks(notes=[(START, "TRUMP announced"), (START + HOUR, "Stargate\nannounced")])
    assert note_key(marks) == (
        "1 TRUMP announced, 18 Jan 2025, 00:00 UTC · 2 Stargate announced, 18 Jan 2025, 01:00 UTC"
    )
