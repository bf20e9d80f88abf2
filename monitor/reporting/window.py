"""A day of a zone in UTC, and when its report is due."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

ONE_DAY = timedelta(days=1)


def day_window(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """``[since, until)`` in UTC: from one midnight of the zone to the next, 23 to 25 hours apart.

    A midnight that a change of clocks skips is the moment of the change, one that occurs twice its first occurrence;
    so the days of a zone follow each other without a gap.
    """
    begin, end = (datetime.combine(d, time(), tzinfo=zone) for d in (day, day + ONE_DAY))
    return begin.astimezone(UTC), end.astimezone(UTC)


def due_time(day: date, at: time, zone: tzinfo) -> datetime:
    """When the day's report is due: at the local time ``at`` on the day after, in UTC; never before the day is over."""
    due = datetime.combine(day + ONE_DAY, at, tzinfo=zone).astimezone(UTC)
    return max(due, day_window(day, zone)[1])
