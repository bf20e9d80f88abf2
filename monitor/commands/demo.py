"""`monitor demo`: the bundled January 2025 reconstruction through the real engine; no network, no keys."""

import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import console

if TYPE_CHECKING:
    from rich.console import Console

    from monitor.episodes import Episode
    from monitor.model.rotation import RotationChange
    from monitor.model.state import MarketStep, SectorState
    from monitor.store.database import Database

STORY_LINES = 12


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
            worst = tell_story(episode, database, changes, console())
            report = write_demo_report(episode, database, worst, out)
        finally:
            database.close()
    shown = console()
    shown.print(f"\nThe report: {report}", markup=False, soft_wrap=True)
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
) -> datetime:
    """The timeline, the sectors at the worst hour (which is returned), and what a plain alarm would have said."""
    from monitor.content.demo_story import naive_words, nearest_miss, story_lines
    from monitor.store import steps

    names = {sector.id: sector.name for sector in episode.universe.sectors}
    with database.read() as conn:
        series = steps.sector_series(conn, episode.told_from, episode.until + episode.width)
        events = steps.member_events(conn, episode.told_from, episode.until + episode.width)
        worst = _worst_hour(series, "ai-agents")
        step = steps.step_at(conn, worst)
        readings = [
            reading
            for source, target in permutations((s.id for s in episode.universe.watched), 2)
            for reading in steps.readings(
                conn,
                from_sector=source,
                to_sector=target,
                since=episode.told_from,
                until=episode.until + episode.width,
            )
        ]
    out.print(
        "demo: January 2025, a reconstruction bundled with the program; not a live feed\n",
        markup=False,
    )
    for line in story_lines(changes, events, series, episode.notes, names, most=STORY_LINES):
        out.print(line, markup=False, soft_wrap=True)
    out.print("\nNearest to a further flag:", markup=False)
    out.print(nearest_miss(readings, changes, names), markup=False, soft_wrap=True)
    if step:
        out.print(
            f"\nSectors at the worst hour of AI agents, {worst:%Y-%m-%d %H:%M} UTC (reconstruction)",
            markup=False,
        )
        out.print(_table(step, names))
    for line in naive_words(series, changes, names):
        out.print(line, markup=False, soft_wrap=True)
    out.print(f"\nData: {episode.description}", markup=False, soft_wrap=True)
    return worst


def _worst_hour(series: "Sequence[tuple[datetime, SectorState]]", sector: str) -> datetime:
    """Close of the step at which the sector's 24 h return was lowest."""
    known = [
        (state.return_24h, at)
        for at, state in series
        if state.id == sector and state.return_24h is not None
    ]
    return min(known)[1]


def _table(step: "MarketStep", names: dict[str, str]) -> object:
    from monitor.commands.sectors import sector_table

    return sector_table(step, names)


def write_demo_report(episode: "Episode", database: "Database", worst: datetime, out: Path) -> Path:
    """`report.html` with its charts inside; returns its path. Raises MonitorError where it cannot be written."""
    from monitor.content.range_report import range_report
    from monitor.model.errors import MonitorError
    from monitor.reporting import gather_range

    facts = gather_range(
        database,
        episode.universe,
        since=episode.told_from,
        until=episode.until,
        title="January 2025: AI agents and memes",
        banner="demo · reconstruction, not a live feed",
        data=episode.description,
        shown_at=worst,
        shown_why="(worst hour of AI agents)",
    )
    path = out / "report.html"
    try:
        out.mkdir(parents=True, exist_ok=True)
        path.write_text(range_report(facts), encoding="utf-8")
    except OSError as error:
        raise MonitorError(
            f"{path} cannot be written: {error.strerror}", remedy="monitor demo --out DIR"
        ) from None
    return path
