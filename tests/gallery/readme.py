"""The pictures of the README: an alert, the page and a report of the January episode, as the program makes them."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from monitor.alerting.chart import AlertCharts
from monitor.alerting.enrich import Enricher
from monitor.clock import ManualClock
from monitor.commands.demo import demo_database, run_episode
from monitor.commands.demo_print import BANNER
from monitor.detection.parameters import DetectionParameters
from monitor.episodes import Episode, load_episode
from monitor.model.grid import iso
from monitor.store import meta
from monitor.store.database import Database
from monitor.web.surroundings import Surroundings
from tests.gallery.camera import Shot, photograph
from tests.gallery.case import Case
from tests.gallery.channel_play import channel_of
from tests.gallery.january import PAIR, day_report, turns_of
from tests.gallery.mail_pages import letters_of, mail_html
from tests.gallery.slack_layout import page
from tests.kit.page_server import page_server
from tests.kit.waiting import eventually

PICTURES = Path(__file__).parent / "pictures"
SHOWN_AT = datetime(2025, 1, 20, 18, tzinfo=UTC)
"""The rotation is on, and its worst hour has passed."""
REPORTED = date(2025, 1, 19)
COLORS = 128
TALLEST = {"alert": 1500, "page": 1252, "report": 1285}
"""Pixels of each that are shown, to the end of a part."""
DRAWN = "document.querySelectorAll('[data-drawn]').length >= 3"


def readme_pictures(taken_by: Browser, folder: Path = PICTURES) -> list[Path]:
    """Draw all three anew."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = load_episode()
    episode = replace(
        whole, until=SHOWN_AT, bars=tuple(b for b in whole.bars if b.open_time < SHOWN_AT)
    )
    with tempfile.TemporaryDirectory(prefix="readme-") as made:
        database = demo_database(episode, Path(made) / "january.db")
        changes = run_episode(episode, database)
        told = [c for c in changes if c.rotation.pair == PAIR and c.rotation.is_on]
        case = Case(
            "readme",
            "",
            turns=turns_of(episode, database, told)[:1],
            draw=AlertCharts(database, episode.universe),
            report=day_report(episode, database, REPORTED),
        )
        (_, posts), *_ = channel_of(case)
        report = mail_html(letters_of(case)["report"])
        with database.write() as conn:
            meta.put(conn, meta.LAST_GOOD_POLL, iso(SHOWN_AT))
        files = [
            photograph(taken_by, Shot("alert", page([("Slack", posts)]), 700), folder)[0],
            photograph(taken_by, Shot("report", report, 800), folder)[0],
            _photograph_page(taken_by, episode, database, folder / "page.png"),
        ]
        database.close()
    for file in files:
        make_small(file)
    return files


def _photograph_page(taken_by: Browser, episode: Episode, database: Database, file: Path) -> Path:
    clock = ManualClock(SHOWN_AT + timedelta(minutes=1))
    names = {sector.id: sector.name for sector in episode.universe.sectors}
    around = Surroundings(
        database=database,
        universe=episode.universe,
        clock=clock,
        width=episode.width,
        deadline=timedelta(minutes=5),
        enricher=Enricher(episode.universe, names, DetectionParameters(), banner=BANNER),
    )
    with page_server(around, clock) as address:
        opened = taken_by.new_page(viewport={"width": 1240, "height": 2 * TALLEST["page"]})
        opened.goto(f"{address}/?range=7d")
        drawn: Callable[[], bool] = lambda: bool(opened.evaluate(DRAWN))  # noqa: E731  a condition
        eventually(drawn, what="every chart of the page is drawn")
        opened.screenshot(path=file)
        opened.close()
    return file


def make_small(file: Path) -> None:
    """The upper part, in a palette: what a README shows should load at once."""
    with Image.open(file) as picture:
        upper = picture.convert("RGB").crop(
            (0, 0, picture.width, min(picture.height, TALLEST[file.stem]))
        )
    # colours that are rare are kept too: a sector is told by its own
    upper.quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        file, optimize=True
    )
