"""When the bell rings: on the bar grid, by the clock that was passed in."""

from datetime import UTC, datetime, time, timedelta, tzinfo

from apscheduler.triggers.base import BaseTrigger

from monitor.clock import Clock
from monitor.model.grid import floor_time


class GridTrigger(BaseTrigger):  # type: ignore[misc]  # the scheduler ships no types
    """Fires ``offset`` after every bar of ``width`` has closed; late rings are one ring, never a queue.

    The next time is worked out on the passed clock and handed to the scheduler as the machine's own time, so that a
    scaled clock rings as often as its bars close.
    """

    def __init__(self, clock: Clock, width: timedelta, offset: timedelta) -> None:
        self._clock = clock
        self._width = width
        self._offset = offset

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The machine's time of the first ring after this clock's now."""
        del previous, now  # the passed clock decides; a ring that was missed is not made up for
        return self._clock.wall_time(next_ring(self._clock.now(), self._width, self._offset))


def next_ring(moment: datetime, width: timedelta, offset: timedelta) -> datetime:
    """The first time after ``moment`` that lies ``offset`` after a bar's close."""
    ring = floor_time(moment - offset, width) + width + offset
    return ring if ring > moment else ring + width


class DailyTrigger(BaseTrigger):  # type: ignore[misc]  # the scheduler ships no types
    """Fires once a day at a local time, worked out in that zone and then in UTC."""

    def __init__(self, clock: Clock, at: time, zone: tzinfo) -> None:
        self._clock = clock
        self._at = at
        self._zone = zone

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The machine's time of the next day's ring."""
        del previous, now
        return self._clock.wall_time(next_daily(self._clock.now(), self._at, self._zone))


def next_daily(moment: datetime, at: time, zone: tzinfo) -> datetime:
    """The first time after ``moment`` at which the clocks of ``zone`` show ``at``, in UTC.

    A local time that a change of clocks skips rings at the same instant an hour later on the wall; one that occurs
    twice rings at its first occurrence.
    """
    day = moment.astimezone(zone).date()
    for offset in (0, 1, 2):
        ring = datetime.combine(day + timedelta(days=offset), at, tzinfo=zone).astimezone(UTC)
        if ring > moment:
            return ring
    raise AssertionError("two days hold no ring")  # a day has at most 25 hours
