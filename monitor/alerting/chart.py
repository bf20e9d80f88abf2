"""The chart of a rotation's notice, from the states that are stored."""

from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection

from monitor.content.alert import told_facts
from monitor.content.charts import render_alert_png
from monitor.content.mail import Inline
from monitor.model.notice import Notice
from monitor.model.state import SectorState
from monitor.model.universe import Universe
from monitor.store import steps
from monitor.store.database import Database

SHOWN = timedelta(hours=72)
EVERY = timedelta(minutes=15)
"""Between two moments of the picture where the interval is not wider; windows are whole hours."""


class AlertCharts:
    """Draws what the notice's change is about: three days up to when it became knowable, and nothing after."""

    def __init__(self, database: Database, universe: Universe) -> None:
        self._database = database
        self._universe = universe

    def __call__(self, notice: Notice) -> Inline | None:
        """Slow; None for a notice that tells of no single change."""
        if "change" not in notice.payload:
            return None
        change, facts = told_facts(notice.payload)
        at = change.changed_at
        with self._database.read() as conn:
            series, every = series_to(conn, at)
        png, alt = render_alert_png(
            series,
            change.rotation,
            self._universe.sectors,
            blind=blind_spells([moment for moment, _ in series], every),
            banner=facts.banner,
        )
        return Inline("chart", png, alt)


def series_to(
    conn: Connection, at: datetime
) -> tuple[list[tuple[datetime, SectorState]], timedelta]:
    """(states of the three days that end at ``at``, the distance of their moments): counted back from that minute."""
    last = steps.step_at(conn, at)
    every = EVERY if last is None else last.width * max(1, EVERY // last.width)
    moments = [at - k * every for k in range(SHOWN // every, -1, -1)]
    found = steps.states_on(conn, moments)
    return [(moment, state) for moment in moments for state in found.get(moment, ())], every


def blind_spells(times: list[datetime], every: timedelta) -> list[tuple[datetime, datetime]]:
    """Spans between two neighbouring times that lie further apart than ``every``."""
    distinct = sorted(set(times))
    return [(a, b) for a, b in pairwise(distinct) if b - a > every]
