"""Gathers what a report is rendered from."""

from datetime import datetime, timedelta

from monitor import __version__
from monitor.content.range_report import RangeFacts
from monitor.model.universe import Sector, Universe
from monitor.store import notes, rotations, steps
from monitor.store.database import Database

INSTANT = timedelta(microseconds=1)


def gather_range(
    database: Database,
    universe: Universe,
    *,
    since: datetime,
    until: datetime,
    title: str,
    data: str,
    banner: str = "",
    shown_at: datetime | None = None,
    shown_why: str = "",
) -> RangeFacts:
    """All that is stored of ``[since, until]``; ``shown_at``: the step whose sectors are shown, else the last one."""
    every = timedelta(hours=1) if until - since > timedelta(days=2) else None
    with database.read() as conn:
        return RangeFacts(
            title=title,
            banner=banner,
            since=since,
            until=until,
            sectors=ordered(universe),
            series=steps.sector_series(conn, since, until + INSTANT, every=every),
            rotations=rotations.list_rotations(conn, since=since, until=until + INSTANT),
            events=steps.member_events(conn, since, until + INSTANT),
            notes=notes.read_notes(conn, since, until + INSTANT),
            shown=steps.step_at(conn, shown_at or until),
            shown_why=shown_why,
            data=data,
            version=__version__,
        )


def ordered(universe: Universe) -> list[Sector]:
    """Sectors with the benchmark last."""
    return sorted(universe.sectors, key=lambda s: (s.benchmark, s.id))
