"""`monitor demo`: the bundled January 2025 reconstruction through the real engine; no network, no keys."""

import tempfile
import textwrap
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import WIDTH, console, is_narrow

if TYPE_CHECKING:
    from rich.console import Console

    from monitor.episodes import Episode
    from monitor.model.rotation import RotationChange
    from monitor.model.state import MarketStep, SectorState
    from monitor.store.database import Database

STORY_LINES = 12
REPORTED = date(2025, 1, 20)
"""The day whose report is written: AI agents → Memes is critical, and MELANIA has come after TRUMP."""
ALERTED = ("ai-agents", "memes")
BANNER = "demo · reconstruction"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("demo", epilog="Example:  monitor demo --out demo-out")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Where report.html and the charts go.")] = Path(
        "demo-out"
    ),
    open_: Annotated[bool, typer.Option("--open", help="Open the report in a browser.")] = False,
) -> None:
    """January 2025, when memes drained the AI agents: a reconstruction through the real engine, in seconds."""
    from monitor.episodes import load_episode

    episode = load_episode()
    with tempfile.TemporaryDirectory(prefix="monitor-demo-") as folder:
        database = demo_database(episode, Path(folder) / "demo.db")
        try:
            changes = run_episode(episode, database)
            tell_story(episode, database, changes, console())
            report, charts = write_demo_report(episode, database, out)
        finally:
            database.close()
    shown = console()
    shown.print(
        f"\nThe daily report of {REPORTED:%d %B %Y}: {report}", markup=False, soft_wrap=True
    )
    shown.print(f"Its charts: {charts}", markup=False, soft_wrap=True)
    shown.print(
        "Next:  monitor config check   ·   monitor backfill --since 30d   ·   monitor notify test",
        markup=False,
    )
    if open_:
        import webbrowser

        webbrowser.open(report.resolve().as_uri())


def demo_database(episode: "Episode", path: Path) -> "Database":
    """A throw-away database that holds the episode's bars, supplies and notes."""
    from monitor.store import bars, notes, supplies
    from monitor.store.database import open_database
    from monitor.store.knowledge import issue_time
    from monitor.store.migrations import upgrade

    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    with database.write() as conn:
        at = issue_time(conn, episode.until)
        bars.save_bars(conn, episode.bars, width=episode.width, received_at=at)
        supplies.save_supplies(conn, episode.supplies)
        for when, text in episode.notes:
            notes.add_note(conn, when, text, at)
    return database


def run_episode(episode: "Episode", database: "Database") -> tuple["RotationChange", ...]:
    """The same pipeline as live, over the whole episode at once."""
    from monitor.clock import ManualClock
    from monitor.engine import Engine
    from monitor.pipeline import Pipeline

    engine = Engine(episode.universe, episode.width)
    clock = ManualClock(episode.until + timedelta(days=1))
    pipeline = Pipeline(database, engine, episode.width, deadline=timedelta(minutes=5), clock=clock)
    return pipeline.catch_up(clock.now()).changes


def tell_story(
    episode: "Episode", database: "Database", changes: Sequence["RotationChange"], out: "Console"
) -> None:
    """The timeline, an alert, the sectors at the worst hour, and what a plain alarm would have said."""
    from monitor.content.demo_story import naive_words, nearest_miss, story_lines
    from monitor.store import steps

    names = {sector.id: sector.name for sector in episode.universe.sectors}
    with database.read() as conn:
        series = steps.sector_series(conn, episode.history_from, episode.until + episode.width)
        events = steps.member_events(conn, episode.history_from, episode.until + episode.width)
        worst = _worst_hour(series, "ai-agents")
        step = steps.step_at(conn, worst)
        readings = [
            reading
            for source, target in permutations((s.id for s in episode.universe.watched), 2)
            for reading in steps.readings(
                conn,
                from_sector=source,
                to_sector=target,
                since=episode.history_from,
                until=episode.until + episode.width,
            )
        ]
    out.print(
        "demo: January 2025, a reconstruction bundled with the program; not a live feed\n",
        markup=False,
    )
    for line in story_lines(changes, events, series, episode.notes, names, most=STORY_LINES):
        _say(out, line, then=" " * 28)
    out.print("\nNearest to a further flag:", markup=False)
    _say(out, nearest_miss(readings, changes, names), then=" " * 18)
    _tell_alert(episode, database, changes, out)
    if step:
        out.print(
            f"\nSectors at the worst hour of AI agents, {worst:%Y-%m-%d %H:%M} UTC (reconstruction)",
            markup=False,
        )
        out.print(_table(step, names, narrow=is_narrow(out)))
    for line in naive_words(series, changes, names):
        _say(out, line)
    out.print("", markup=False)
    _say(out, f"Data: {episode.description}")


def _say(out: "Console", line: str, *, first: str = "", then: str = "  ") -> None:
    """One line, folded at 100 columns, or those of a narrower terminal; blanks inside it are kept."""
    from monitor.content.wording.phrases import kept_together

    columns = min(WIDTH, out.width)
    if len(first + line) > columns:
        line = textwrap.fill(
            kept_together(line),
            columns - len(first),
            subsequent_indent=then[len(first) :],
            break_on_hyphens=False,
            break_long_words=False,
        ).replace("\u00a0", " ")
    for part in line.split("\n"):
        out.print(f"{first}{part}".rstrip(), markup=False, soft_wrap=True)


def _tell_alert(
    episode: "Episode", database: "Database", changes: Sequence["RotationChange"], out: "Console"
) -> None:
    """What Slack would have shown when the rotation was confirmed, in plain text."""
    from monitor.alerting.enrich import Enricher
    from monitor.content.alert import alert_message, alert_text
    from monitor.detection.parameters import DetectionParameters
    from monitor.model.rotation import ChangeReason
    from monitor.store import steps

    told = [c for c in changes if c.reason is ChangeReason.CONFIRMED and c.rotation.pair == ALERTED]
    if not told:
        return
    change = told[0]
    names = {sector.id: sector.name for sector in episode.universe.sectors}
    enricher = Enricher(episode.universe, names, DetectionParameters(), banner=BANNER)
    with database.read() as conn:
        picture = steps.step_at(conn, change.changed_at)
        if picture is None:
            return
        around = enricher.facts(conn, change.rotation, picture)
    out.print(f"\nThe alert of {change.changed_at:%Y-%m-%d %H:%M} UTC:\n", markup=False)
    for line in alert_text(alert_message(change, around)).splitlines():
        _say(out, line, first="  ", then="    ")


def _worst_hour(series: "Sequence[tuple[datetime, SectorState]]", sector: str) -> datetime:
    """Close of the step at which the sector's 24 h return was lowest."""
    known = [
        (state.return_24h, at)
        for at, state in series
        if state.id == sector and state.return_24h is not None
    ]
    return min(known)[1]


def _table(step: "MarketStep", names: dict[str, str], *, narrow: bool) -> object:
    from monitor.commands.sectors import sector_table

    return sector_table(step, names, narrow=narrow)


def write_demo_report(episode: "Episode", database: "Database", out: Path) -> tuple[Path, Path]:
    """The daily report of 20 January with its charts inside, and the charts beside it; (file, folder of the charts).

    Raises MonitorError where they cannot be written.
    """
    from monitor.content.report import draw_pictures, report_html
    from monitor.model.errors import MonitorError
    from monitor.reporting import Imprint, gather_day

    facts = gather_day(
        database,
        episode.universe,
        day=REPORTED,
        zone="UTC",
        width=episode.width,
        now=datetime.combine(REPORTED + timedelta(days=1), time(7), tzinfo=episode.until.tzinfo),
        imprint=Imprint(banner=BANNER, configuration="bundled with the program"),
    )
    pictures = draw_pictures(facts)
    path, charts = out / "report.html", out / "charts"
    try:
        charts.mkdir(parents=True, exist_ok=True)
        path.write_text(report_html(facts, pictures), encoding="utf-8")
        for picture in pictures:
            (charts / f"{picture.key}.png").write_bytes(picture.png)
    except OSError as error:
        raise MonitorError(
            f"{error.filename or path} cannot be written: {error.strerror}",
            remedy="monitor demo --out DIR",
        ) from None
    return path, charts
