"""The samples of January 2025: the real engine over the bundled reconstruction."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from rich.console import Console

from monitor.alerting.chart import AlertCharts
from monitor.alerting.enrich import Enricher
from monitor.commands.context import is_narrow
from monitor.commands.demo import demo_database, run_episode
from monitor.commands.demo_print import BANNER, tell_story
from monitor.commands.rotations import rotation_table
from monitor.commands.sectors import sector_table
from monitor.commands.why_not import condition_table
from monitor.content.alert import name_of
from monitor.content.report import ReportFacts
from monitor.detection.parameters import DetectionParameters
from monitor.episodes import Episode, load_episode
from monitor.model.rotation import RotationChange
from monitor.reporting.gather import Imprint, gather_day
from monitor.store import rotations, steps
from monitor.store.database import Database
from tests.gallery.case import Case, Print, Turn

PAIR = ("ai-agents", "memes")
DAY = timedelta(days=1)
LIFE_SINCE = datetime(2025, 1, 18, tzinfo=UTC)


def january_cases(folder: Path) -> list[Case]:
    """The rotation of 18 January with its whole life and the report of the 20th; the day of TRUMP's launch."""
    episode = load_episode()
    database = demo_database(episode, folder / "january.db")
    changes = run_episode(episode, database)
    told = [c for c in changes if c.rotation.pair == PAIR and c.rotation.detected_at >= LIFE_SINCE]
    turns = turns_of(episode, database, told)
    draw = AlertCharts(database, episode.universe)
    return [
        Case(
            "january",
            "January 2025: AI agents → Memes, its whole life; report of 20 January",
            turns=turns,
            draw=draw,
            report=day_report(episode, database, date(2025, 1, 20)),
            prints=_prints(episode, database, changes),
        ),
        Case(
            "launch-day",
            "TRUMP is launched on 18 January 2025",
            turns=[turn for turn in turns if turn[0].changed_at < LIFE_SINCE + DAY],
            draw=draw,
            report=day_report(episode, database, date(2025, 1, 18)),
        ),
    ]


def turns_of(episode: Episode, database: Database, told: Sequence[RotationChange]) -> list[Turn]:
    """From the confirmation on: what is below a warning goes to no channel."""
    names = {sector.id: sector.name for sector in episode.universe.sectors}
    enricher = Enricher(episode.universe, names, DetectionParameters(), banner=BANNER)
    turns = []
    with database.read() as conn:
        for change in told:
            step = steps.step_at(conn, change.changed_at)
            if step is not None and change.rotation.confirmed_at is not None:
                turns.append((change, enricher.facts(conn, change.rotation, step)))
    return turns


def day_report(episode: Episode, database: Database, day: date) -> ReportFacts:
    return gather_day(
        database,
        episode.universe,
        day=day,
        zone="UTC",
        width=episode.width,
        now=datetime.combine(day + DAY, time(7), tzinfo=UTC),
        imprint=Imprint(banner=BANNER, configuration="bundled with the program"),
    )


def _prints(
    episode: Episode, database: Database, changes: Sequence[RotationChange]
) -> list[tuple[str, Print]]:
    names = {sector.id: sector.name for sector in episode.universe.sectors}

    colors = {sector.id: sector.color for sector in episode.universe.sectors}

    def story(out: Console) -> None:
        tell_story(episode, database, changes, out)

    def tables(out: Console) -> None:
        with database.read() as conn:
            found = rotations.list_rotations(conn)
            step = steps.step_at(conn, datetime(2025, 1, 20, tzinfo=UTC))
        out.print(rotation_table(found, names, narrow=is_narrow(out)))
        out.print()
        if step is not None:
            out.print(sector_table(step, names, colors, narrow=is_narrow(out)))
        out.print()
        last = found[-1]
        pair = (name_of(last.from_sector, names), name_of(last.to_sector, names))
        out.print(condition_table(last.evidence.conditions, last.evidence.window_h, pair))

    return [("monitor demo", story), ("tables of rotations, sectors, conditions", tables)]
