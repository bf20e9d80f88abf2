"""Times and ranges of a question."""

from datetime import datetime, timedelta

from monitor.api.errors import WrongQuestionError
from monitor.model.grid import format_duration, iso, parse_duration, parse_moment

MOST_POINTS = 2000
"""Of one series: what is longer is thinned, or refused where its grid was asked for. It bounds the size of an answer."""


def moment(text: str | None, now: datetime, name: str) -> datetime | None:
    """The time that ``name`` was given as; None where it was not."""
    if text is None:
        return None
    try:
        return parse_moment(text, now)
    except ValueError:
        raise WrongQuestionError(
            f"{name} cannot be read",
            found=text,
            expected="a time such as 2025-01-19T05:00:00Z, a date, or a length before now such as 36h or 7d",
        ) from None


def time_range(
    since: str | None, until: str | None, now: datetime, default: timedelta
) -> tuple[datetime, datetime]:
    """``[since, until)``; until now and from the default length before the end where not given."""
    end = moment(until, now, "until") or now
    begin = moment(since, now, "since")
    if begin is None:
        begin = max(end, datetime.min.replace(tzinfo=end.tzinfo) + default) - default
    if begin >= end:
        raise WrongQuestionError(
            "since is not before until",
            found=f"{iso(begin)} to {iso(end)}",
            expected="a time before until",
        )
    return begin, end


def grid(text: str | None, length: timedelta, width: timedelta) -> timedelta:
    """Between two points: as asked, in whole intervals; without that as close as :data:`MOST_POINTS` allow."""
    least = max(1, -(-(length // width) // MOST_POINTS)) * width
    if text is None:
        return least
    try:
        asked = parse_duration(text)
    except (ValueError, OverflowError):
        asked = timedelta(0)
    if asked < least or asked % width:
        raise WrongQuestionError(
            "every cannot be had",
            found=text,
            expected=f"a whole number of intervals of {format_duration(width)},"
            f" {format_duration(least)} or more for a range so long",
        )
    return asked
