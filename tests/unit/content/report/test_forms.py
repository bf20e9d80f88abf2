"""The two forms of one document: nothing from outside acts in them, and both say the same in the same order."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.content.report import (
    DataHealth,
    Outage,
    ReportFacts,
    ReportPicture,
    draw_pictures,
    report_html,
    report_text,
)
from monitor.content.report.blocks import Table
from monitor.content.report.text import WIDTH, table_text
from monitor.delivery.mail.styles import inlined
from monitor.model.rotation import Launch
from monitor.model.state import MarketStep
from monitor.model.universe import Membership, Sector
from tests.kit import rotations as samples
from tests.unit.content.report import days
from tests.unit.content.report.days import HOUR, SINCE, UNTIL

PICTURES = [
    ReportPicture(key, b"\x89PNG" + key.encode(), f"alt of {key}")
    for key in ("indices", "shares", "flows", "relative")
]
TITLES = (
    "To quote", "Sectors", "Rotations", "Charts", "Movers", "Launches and members", "Scorecard", "Nearest misses",
    "Notes", "Data",
)  # fmt: skip
DAYS = {
    "rotating": days.rotating(),
    "quiet": days.quiet(),
    "partial": days.partial(),
    "empty": days.empty(),
}
NASTY = '<script>alert(1)</script>&*_"><img src=x onerror=y>\u202e\n'


class Seen(HTMLParser):
    """Tags with their attributes, and the words in between."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_twelve_sections_stand_in_their_order_in_both_forms() -> None:
    html, text = report_html(days.rotating(), PICTURES), report_text(days.rotating(), PICTURES)
    assert re.findall(r"<h2>(.+?)</h2>", html) == list(TITLES)
    places = [re.search(rf"^{title.upper()}\b", text, re.MULTILINE) for title in TITLES]
    assert all(places)
    assert all(a.start() < b.start() for a, b in pairwise(places))  # type: ignore[union-attr]
    assert text.index("was confirmed") < places[0].start()  # type: ignore[union-attr]
    assert html.index("was confirmed") < html.index("<h2>To quote")
    for form in (html.replace("\u00a0", " "), text):
        assert "Window 19 Jan 2025, 00:00 UTC to 20 Jan 2025" in form
        assert form.index("Configuration 7c1f09") > form.index("Rows quarantined")


@pytest.mark.parametrize("name", DAYS)
def test_every_sentence_of_one_form_stands_in_the_other(name: str) -> None:
    html, text = report_html(DAYS[name], PICTURES), report_text(DAYS[name], PICTURES)
    flat = " ".join(text.split())
    sentences = re.findall(r'<p(?: class="[a-z]+")?(?: style="[^"]*")?>([^<]+)</p>', html)
    assert len(sentences) > 5
    for sentence in sentences:
        plain = "".join(Seen(sentence).words).replace("\u00a0", " ")
        assert " ".join(plain.split()) in flat, plain


@pytest.mark.parametrize("name", DAYS)
def test_no_line_is_wider_than_paper(name: str) -> None:
    assert max(map(len, report_text(DAYS[name], PICTURES).splitlines())) <= WIDTH == 78


@pytest.mark.parametrize("name", DAYS)
def test_the_file_needs_nothing_else_and_runs_nothing(name: str) -> None:
    seen = Seen(report_html(DAYS[name], PICTURES))
    assert {tag for tag, _ in seen.tags} & {"script", "link", "iframe", "object", "form"} == set()
    for tag, attributes in seen.tags:
        for key, value in attributes.items():
            assert not key.startswith("on")
            if key == "src":
                assert (value or "").startswith("data:image/png;base64,")
            if key == "href":
                assert tag == "a"
                assert (value or "").startswith("https://monitor.example/?rotation=rot-")


def test_a_mail_names_its_pictures_by_content_id_and_the_file_holds_them() -> None:
    mail = Seen(report_html(days.quiet(), PICTURES, mail=True))
    sources = [a["src"] for tag, a in mail.tags if tag == "img"]
    assert sources == ["cid:indices", "cid:shares", "cid:flows", "cid:relative"]
    file = Seen(report_html(days.quiet(), PICTURES))
    held = [a["src"] or "" for tag, a in file.tags if tag == "img"]
    assert [base64.b64decode(s.partition(",")[2]) for s in held] == [p.png for p in PICTURES]
    assert [a["alt"] for tag, a in file.tags if tag == "img"] == [p.alt for p in PICTURES]


def test_a_banner_stands_in_the_title_and_before_everything() -> None:
    facts = days.quiet(banner="demo · reconstruction")
    html = report_html(facts, PICTURES)
    assert re.search(r"<title>[^<]*demo · reconstruction", html)
    shown = html[html.index('<div class="page"') :]
    assert shown.index("demo · reconstruction") < shown.index("<h1>")
    assert "demo · reconstruction" in report_text(facts, PICTURES).splitlines()[0]
    assert "reconstruction" not in report_html(days.quiet(), PICTURES)


def test_a_late_report_says_so_first_and_a_punctual_one_does_not() -> None:
    late = days.quiet(due_at=UNTIL, built_at=UNTIL + 2 * HOUR + HOUR / 6)
    assert report_text(late, PICTURES).split("\n\n")[1] == "Late by 2 h 10 min."
    on_time = days.quiet(due_at=UNTIL, built_at=UNTIL + HOUR / 6)
    assert "Late by" not in report_text(on_time, PICTURES)


def test_a_day_without_data_says_that_and_why_and_draws_nothing() -> None:
    assert draw_pictures(days.empty()) == []
    html, text = report_html(days.empty()), report_text(days.empty())
    for form in (html.replace("\u00a0", " "), " ".join(text.split())):
        assert "No data for 19 January 2025: the monitor was not running" in form
        assert "NO DATA" in form
    assert "<img" not in html
    assert "Sectors</h2>" not in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "//evil.example", "data:text/html,x"])
def test_only_a_page_of_the_web_becomes_a_link(url: str) -> None:
    assert "<a " not in report_html(days.rotating(page_url=url), PICTURES)


@pytest.mark.parametrize("color", ["red;background:url(//x)", '"><b>', "#12345", ""])
def test_only_a_colour_reaches_a_style(color: str) -> None:
    sectors = tuple(replace(s, color=color) for s in days.SECTORS)
    html = report_html(days.rotating(sectors=sectors), PICTURES)
    assert "url(" not in html
    assert "5px solid #7F7F7F" in html


def hostile(nasty: str) -> ReportFacts:
    """The same words wherever words come from outside."""
    sectors = tuple(replace(s, name=nasty) for s in days.SECTORS)
    tokens = tuple(replace(t, id=nasty + t.id) for t in days.TOKENS)
    close = MarketStep(UNTIL - HOUR, HOUR, days.STATES, tokens, ())
    flagged = samples.confirmed(
        id=nasty,
        reverses=nasty,
        evidence=samples.evidence(launches=(Launch(nasty, "memes", SINCE, 1.0),)),
    )
    health = DataHealth(
        coverage={"ai-agents": 0.5, nasty: 0.4},
        outages=(Outage(nasty, SINCE, None, nasty, (nasty,), (nasty,)),),
    )
    return days.rotating(
        sectors=sectors,
        close=close,
        rotations=[flagged],
        health=health,
        notes=[(SINCE + HOUR, nasty)],
        venues=(nasty,),
        configuration=nasty,
        version=nasty,
        how_to_stop=nasty,
        zone=nasty,
    )


def test_markup_in_names_is_shown_and_does_nothing() -> None:
    html = report_html(hostile(NASTY), PICTURES)
    tags = {tag for tag, _ in Seen(html).tags}
    assert "script" not in tags
    assert sum(tag == "img" for tag, _ in Seen(html).tags) == 4
    assert "&lt;script&gt;" in html
    text = report_text(hostile(NASTY), PICTURES)
    assert "\u202e" not in html + text
    assert max(map(len, text.splitlines())) <= WIDTH


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=200))
def test_no_name_from_outside_makes_a_tag_or_a_wide_line(nasty: str) -> None:
    def tags(name: str) -> list[str]:
        return [tag for tag, _ in Seen(report_html(hostile(name), PICTURES)).tags if tag != "p"]

    assert tags(nasty) == tags("x")
    text = report_text(hostile(nasty), PICTURES)
    assert max(map(len, text.splitlines())) <= WIDTH


def crowd() -> ReportFacts:
    """Ten sectors of twenty tokens, names of forty characters that all want escaping, five rotations at once."""
    sectors = tuple(
        Sector(f"s{k}", f"{k}" + "<&" * 19 + "x", (Membership("a"),), "#0072B2") for k in range(10)
    )
    states = tuple(replace(days.STATES[0], id=s.id, share=0.1) for s in sectors)
    tokens = tuple(
        days.token(f"{k}-{n}" + "&" * 30, f"s{k}", 0.1, 0.01 * (n - 9.5))
        for k in range(10)
        for n in range(20)
    )
    flagged = [
        samples.confirmed(id=f"rot-{k}", from_sector=f"s{k}", to_sector="s9") for k in range(5)
    ]
    return days.rotating(
        sectors=sectors,
        close=MarketStep(UNTIL - HOUR, HOUR, states, tokens, ()),
        series=[],
        rotations=flagged,
        readings=[days.reading(f"s{k}", "s8", 4) for k in range(8)],
    )


def test_ten_sectors_of_twenty_tokens_stay_under_what_mail_programs_clip() -> None:
    html = report_html(crowd(), PICTURES, mail=True)
    assert html.count("<tr>") > 90
    assert len(html.encode()) < 100_000
    styled = inlined(html)
    assert styled.count("style=") > 300  # it was not given up as too long
    assert len(styled.encode()) < 100_000


def test_a_crowd_fits_paper_too() -> None:
    assert max(map(len, report_text(crowd(), PICTURES).splitlines())) <= WIDTH


def test_names_give_way_to_figures_in_a_narrow_table() -> None:
    table = Table(("Name", "a", "b"), (("x" * 80, "1" * 20, "2" * 20), ("y", "3", "4")))
    lines = table_text(table).splitlines()
    assert lines[1] == "x" * 35 + "… " + "1" * 20 + " " + "2" * 20
    assert lines[2].endswith(" 4")
    assert len(lines[2]) == 78
