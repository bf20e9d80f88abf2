"""When the bell rings: on the bar grid, by the clock that was passed in."""

from datetime import datetime, timedelta

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
