"""`monitor demo`: the bundled January 2025 reconstruction through the real engine; no network, no keys."""

import tempfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import console
from monitor.commands.demo_print import BANNER, tell_story
from monitor.commands.progress import progress_bar

if TYPE_CHECKING:
    from monitor.episodes import Episode
    from monitor.model.rotation import RotationChange
    from monitor.store.database import Database

REPORTED = date(2025, 1, 20)
"""The day whose report is written: AI agents → Memes is critical, and MELANIA has come after TRUMP."""
LEAP = timedelta(days=2)
"""So much history is stepped between two looks at how far it is."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("demo", epilog="Example:  monitor demo --serve")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Where report.html and the charts go.")] = Path(
        "demo-out"
    ),
    open_: Annotated[bool, typer.Option("--open", help="Open the report in a browser.")] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Open the page on the episode, until Ctrl-C.")
    ] = False,
    port: Annotated[int, typer.Option(help="Of that page.")] = 8787,
) -> None:
    """January 2025, when memes drained the AI agents: a reconstruction through the real engine, in seconds."""
    shown = console()
    shown.print(
        "demo: January 2025, a reconstruction bundled with the program; not a live feed\n",
        markup=False,
    )
    from monitor.episodes import load_episode

    episode = load_episode()
    with tempfile.TemporaryDirectory(prefix="monitor-demo-") as folder:
        database = demo_database(episode, Path(folder) / "demo.db")
        try:
            with progress_bar("Replaying two months", "hours", plain=True) as draw:
                changes = run_episode(episode, database, progress=draw)
            tell_story(episode, database, changes, shown)
            report, charts = write_demo_report(episode, database, out)
            shown.print(
                f"\nThe daily report of {REPORTED:%d %B %Y}: {report}", markup=False, soft_wrap=True
            )
            shown.print(f"Its charts: {charts}", markup=False, soft_wrap=True)
            for line in next_lines(serving=serve):
                shown.print(line, markup=False, soft_wrap=True)
            if open_:
                import webbrowser

                webbrowser.open(report.resolve().as_uri())
            if serve:
                from monitor.commands.demo_serve import serve_episode

                serve_episode(episode, database, changes, port)
        finally:
            database.close()


def next_lines(*, serving: bool) -> list[str]:
    """What to type next, as it runs from where the reader stands; nothing of it overwrites what is there."""
    from monitor.commands.started_as import started_as

    call, there = started_as(), Path("config/monitor.toml").exists()
    steps = [
        ("demo --serve", "the page on this episode"),
        ("config check" if there else "config init", "what is watched: config/monitor.toml"),
        ("db upgrade", "makes the database"),
        ("backfill --since 30d", "history from the exchanges"),
        ("run", "watches from now on"),
    ][1 if serving else 0 :]
    return ["\nNext:", *(f"  {call} {verb:<22}{words}" for verb, words in steps)]


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
            # written when it happened: a report of a day before must not know of it
            notes.add_note(conn, when, text, when)
    return database


def run_episode(
    episode: "Episode",
    database: "Database",
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple["RotationChange", ...]:
    """The same pipeline as live over the whole episode; ``progress`` is told (hours stepped, hours in all)."""
    from monitor.clock import ManualClock
    from monitor.engine import Engine
    from monitor.pipeline import Pipeline

    engine = Engine(episode.universe, episode.width)
    deadline = timedelta(minutes=5)
    end = (
        episode.until + deadline
    )  # no further: hours that nobody saw would be the newest of the page
    clock = ManualClock(end)
    pipeline = Pipeline(database, engine, episode.width, deadline=deadline, clock=clock)
    changes: list[RotationChange] = []
    upto, hours = episode.since, (episode.until - episode.since) // episode.width
    while upto < end:
        upto = min(upto + LEAP, end)
        changes += pipeline.catch_up(upto).changes
        progress(min(hours, (upto - episode.since) // episode.width), hours)
    return tuple(changes)


def write_demo_report(episode: "Episode", database: "Database", out: Path) -> tuple[Path, Path]:
    """The daily report of 20 January with its charts inside, and the charts beside it; (file, folder of the charts).

    Raises MonitorError where they cannot be written.
    """
    from monitor.content.report import draw_pictures, report_html
    from monitor.model.errors import MonitorError
    from monitor.reporting.gather import Imprint, gather_day

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
