"""The hours in which a desk sleeps."""

from datetime import UTC, datetime, time, timedelta, tzinfo


def end_of_quiet(moment: datetime, quiet: tuple[time, time], zone: tzinfo) -> datetime | None:
    """When the quiet hours that hold ``moment`` are over, in UTC; None outside of them.

    ``quiet``: (begin, end), local times of ``zone``; they may reach over midnight.
    """
    begin, end = quiet
    local = moment.astimezone(zone)
    now = local.time()
    inside = begin <= now < end if begin <= end else now >= begin or now < end
    if not inside:
        return None
    over = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    if over <= local:
        over += timedelta(days=1)
    return over.astimezone(UTC)
