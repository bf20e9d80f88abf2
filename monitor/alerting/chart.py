"""The chart of a rotation's notice, from the states that are stored."""

from datetime import datetime, timedelta
from itertools import pairwise

from monitor.content.alert import told_facts
from monitor.content.charts import render_alert_png
from monitor.content.mail import Inline
from monitor.model.notice import Notice
from monitor.model.universe import Universe
from monitor.store import steps
from monitor.store.database import Database

SHOWN = timedelta(hours=72)
EVERY = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


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
            series = steps.sector_series(conn, at - SHOWN, at + INSTANT, every=EVERY)
        png, alt = render_alert_png(
            series,
            change.rotation,
            self._universe.sectors,
            blind=blind_spells([moment for moment, _ in series], EVERY),
            banner=facts.banner,
        )
        return Inline("chart", png, alt)


def blind_spells(times: list[datetime], every: timedelta) -> list[tuple[datetime, datetime]]:
    """Spans between two neighbouring times that lie further apart than ``every``."""
    distinct = sorted(set(times))
    return [(a, b) for a, b in pairwise(distinct) if b - a > every]
