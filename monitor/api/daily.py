"""The daily report of a date as text."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.api.errors import WrongQuestionError
from monitor.api.sources import Sources
from monitor.content.report import report_subject, report_text

EARLIEST = 1970


def report(sources: Sources, day: str | None = None) -> dict[str, Any]:
    """Of a day in the report's time zone, yesterday without one; ``empty`` says why it has no data, None where it has."""
    now = sources.clock.now()
    today = now.astimezone(ZoneInfo(sources.zone)).date()
    asked = today - timedelta(days=1) if day is None else _day(day, today)
    facts = sources.day(asked, now)
    with sources.database.read() as conn:
        as_of = sources.as_of(conn)
    return {
        "as_of": as_of,
        "date": asked.isoformat(),
        "subject": report_subject(facts),
        "empty": facts.why_empty if facts.close is None else None,
        "text": report_text(facts, ()),
    }


def _day(text: str, today: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not found.year >= EARLIEST or found > today:
        raise WrongQuestionError(
            "no such day",
            found=text,
            expected=f"a date that has begun, such as {today.isoformat()}",
        )
    return found
