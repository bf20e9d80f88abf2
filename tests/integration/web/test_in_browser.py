"""The page in Debian's Chromium: drawn, whole on a phone, nothing from elsewhere, no error, nothing that axe finds."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.alerting.enrich import Enricher
from monitor.clock import ManualClock
from monitor.commands.demo import demo_database, run_episode
from monitor.detection.parameters import DetectionParameters
from monitor.episodes import load_episode
from monitor.model.grid import iso
from monitor.model.rotation import MARKET
from monitor.model.universe import Universe
from monitor.store import meta, rotations, steps
from monitor.store.database import open_database
from monitor.store.migrations import upgrade
from monitor.web.surroundings import Surroundings
from tests.gallery import CHROMIUM
from tests.kit.page_server import page_server
from tests.kit.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None, reason="playwright is not installed"
    ),
]

UNTIL = datetime(2025, 1, 20, 12, tzinfo=UTC)
HOSTILE = '<img src="https://elsewhere.example/x" onerror="alert(1)">'
DRAWN = "[...document.querySelectorAll('[data-chart]')].every(e => e.dataset.drawn || e.querySelector('p.status')?.textContent.startsWith('Too little'))"
SCROLLED = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 400) { scrollTo(0, y); await new Promise(requestAnimationFrame); }
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of the page on 20 January 2025, one of whose sectors has a hostile name, and of its last pair."""
    episode = load_episode()
    sectors = tuple(
        replace(s, name=f"AI {HOSTILE}") if s.id == "ai-agents" else s
        for s in episode.universe.sectors
    )
    universe = Universe(sectors, episode.universe.tokens, episode.universe.redenominations)
    until = replace(
        episode,
        until=UNTIL,
        bars=tuple(bar for bar in episode.bars if bar.open_time < UNTIL),
    )
    database = demo_database(until, tmp_path_factory.mktemp("page") / "january.db")
    run_episode(until, database)
    with database.write() as conn:
        last = steps.span(conn)
        assert last is not None
        meta.put(conn, meta.LAST_GOOD_POLL, iso(last[1]))
        pairs = [r for r in rotations.newest_rotations(conn, limit=50) if MARKET not in r.pair]
    clock = ManualClock(last[1] + timedelta(minutes=2))
    names = {sector.id: sector.name for sector in sectors}
    around = Surroundings(
        database,
        universe,
        clock,
        episode.width,
        timedelta(minutes=45),
        Enricher(universe, names, DetectionParameters()),
        channels=("slack",),
    )
    with page_server(around, clock) as address:
        yield address, f"{address}/?rotation={pairs[0].id}"
    database.close()


@pytest.fixture
def site(served: tuple[str, str]) -> str:
    return served[0]


@pytest.fixture
def rotation(served: tuple[str, str]) -> str:
    return served[1]


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


class Seen:
    """What a page asked for and complained of."""

    def __init__(self, page: "Page") -> None:
        self.hosts: set[str] = set()
        self.faults: list[str] = []
        page.on(
            "request", lambda r: self.hosts.add(r.url.split("/")[2] if "//" in r.url else "data")
        )
        page.on("requestfailed", lambda r: self.faults.append(f"failed {r.url}"))
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)


@contextmanager
def opened(
    chromium: "Browser",
    address: str,
    *,
    width: int = 1200,
    scheme: Any = "light",
    scripts: bool = True,
) -> "Iterator[tuple[Page, Seen]]":
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=scripts
    )
    page = context.new_page()
    page.set_default_timeout(300_000)
    seen = Seen(page)
    page.goto(address)
    if scripts:
        page.evaluate(SCROLLED)
        # the page lets nobody evaluate text, so that its state is asked for again and again from here
        eventually(lambda: bool(page.evaluate(DRAWN)), what="every chart is drawn")
    yield page, seen
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("place", ["market", "rotation"])
def test_it_is_whole_and_clean_and_axe_finds_nothing(
    place: str, width: int, scheme: str, site: str, rotation: str, chromium: "Browser"
) -> None:
    from axe_core_python.sync_playwright import Axe

    address = f"{site}/?range=all" if place == "market" else rotation
    with opened(chromium, address, width=width, scheme=scheme) as (page, seen):
        assert page.locator("canvas").count() > 0  # the charts are there
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(over) == 0
        found = Axe().run(page)["violations"]
        assert [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in found] == []
        assert seen.faults == []
        assert seen.hosts == {site.removeprefix("http://")}
        assert page.locator("img").count() == 0  # the hostile name is text


@pytest.mark.parametrize("width", [360, 1200])
def test_without_scripts_every_figure_is_there(width: int, site: str, chromium: "Browser") -> None:
    with opened(chromium, site, width=width, scripts=False) as (page, seen):
        text = page.inner_text("body")
        for words in ("Memes", "net flow", "Charts need scripts", "Relative rotation", "unlisted"):
            assert words in text, words
        assert seen.hosts == {site.removeprefix("http://")}
        hidden = page.locator("td:visible").count()
        assert hidden > 100


def test_one_cursor_and_one_axis_serve_all_charts_of_the_range(
    site: str, chromium: "Browser"
) -> None:
    linked = """() => {
      const plots = Bokeh.documents.flatMap((d) => [...d._all_models.values()]).filter((m) => m.type === "Figure");
      const over_time = plots.filter((p) => p.title.text.match(/left edge|pp$|before/) && p.renderers.length);
      const axes = new Set(over_time.filter((p) => p.below[0].type === "DatetimeAxis").map((p) => p.x_range.id));
      const cursors = new Set(over_time.flatMap((p) => p.toolbar.tools.filter((t) => t.type === "CrosshairTool").map((t) => t.overlay.id)));
      return [axes.size, cursors.size];
    }"""
    with opened(chromium, f"{site}/?range=7d") as (page, _):
        assert page.evaluate(linked) == [1, 1]


def test_a_sectors_row_opens_its_tokens(site: str, chromium: "Browser") -> None:
    with opened(chromium, site) as (page, _):
        assert not page.locator("#tokens-memes table").is_visible()
        page.click(".desk a[href='#tokens-memes']")
        page.locator("#tokens-memes table").wait_for(state="visible")
        assert "DOGE" in page.inner_text("#tokens-memes")


def test_filters_work_without_scripts(site: str, chromium: "Browser") -> None:
    with opened(chromium, site, scripts=False) as (page, _):
        page.select_option("select[name=status]", "faded")
        page.click("button")
        page.wait_for_url("**status=faded**")
        assert "confirmed" not in page.inner_text("#rotations table")


def test_a_chart_that_cannot_be_had_says_so(site: str, chromium: "Browser") -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.route("**/charts/**", lambda route: route.abort())
    page.goto(site)
    page.evaluate(SCROLLED)
    places = page.locator("[data-chart]").count()
    assert places > 2
    said = page.get_by_text("The chart could not be loaded.")
    eventually(lambda: said.count() == places, what="every chart says that it is not there")
    assert page.locator("#sectors table").first.inner_text()  # the figures are
    context.close()


@pytest.mark.parametrize("path", ["/", "/?rotation=rot-none", "/?range=never"])
def test_a_page_without_figures_is_clean_too(
    path: str, chromium: "Browser", tmp_path: Path
) -> None:
    from axe_core_python.sync_playwright import Axe

    episode = load_episode()
    database = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    upgrade(database)
    clock = ManualClock(UNTIL)
    enricher = Enricher(episode.universe, {}, DetectionParameters())
    width = timedelta(hours=1)
    around = Surroundings(database, episode.universe, clock, width, width, enricher)
    with page_server(around, clock) as site, opened(chromium, site + path) as (page, _):
        assert Axe().run(page)["violations"] == []
    database.close()
