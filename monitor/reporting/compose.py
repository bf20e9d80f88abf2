"""From the settings to the facts of a day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from monitor.content.report import ReportFacts
from monitor.reporting.gather import Imprint, gather_day
from monitor.reporting.window import due_time
from monitor.settings.schema import Settings
from monitor.store.database import Database

NOBODY = "monitor@localhost"
"""The sender's default: nobody reads what is written to it."""


def day_facts(
    database: Database,
    settings: Settings,
    day: date,
    *,
    now: datetime,
    due_at: datetime | None = None,
    page_url: str | None = None,
) -> ReportFacts:
    """The day in the report's timezone. ``page_url``: where readers reach the page, empty for nowhere; else as set."""
    url = (settings.web.url or "") if page_url is None else page_url
    return gather_day(
        database,
        settings.universe,
        day=day,
        zone=settings.report.timezone,
        width=settings.engine.interval,
        now=now,
        due_at=due_at,
        notes_by=due_time(day, settings.report.time, ZoneInfo(settings.report.timezone)),
        imprint=Imprint(
            configuration=settings.digest(),
            page_url=url,
            how_to_stop=how_to_stop(settings),
        ),
    )


def how_to_stop(settings: Settings) -> str:
    """How a reader changes or stops the mail; empty where it goes to nobody."""
    report = settings.report
    if not report.recipients:
        return ""
    if report.unsubscribe is not None:
        where = report.unsubscribe
        where = where.removeprefix("mailto:") if where.startswith("mailto:") else where
        return f"To change or stop this mail: {where}"
    if report.sender == NOBODY:
        return "To change or stop this mail: whoever runs the monitor ([report] recipients)."
    return f"To change or stop this mail, write to {report.sender}"
