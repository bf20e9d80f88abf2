"""A stretch of history in memory: what the engine is fed again and again while something is measured."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from monitor.model.errors import MonitorError
from monitor.model.interval import IntervalInput, Layout
from monitor.model.universe import Universe
from monitor.store.bars import time_span
from monitor.store.interval_source import read_intervals

WARM_UP = timedelta(days=14)
"""The yardsticks are full after this long; what is said before is not judged."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Consecutive intervals of a universe. It pickles, so that it can be handed to other processes."""

    universe: Universe
    width: timedelta
    intervals: tuple[IntervalInput, ...]

    @property
    def since(self) -> datetime:
        """The open of the first bar."""
        return self.intervals[0].open_time

    @property
    def until(self) -> datetime:
        """The close of the last bar."""
        return self.intervals[-1].close_time

    @property
    def judged_from(self) -> datetime:
        """The end of the warm-up."""
        return self.since + WARM_UP


class HistoryError(MonitorError):
    """The stored history does not do for what was asked of it."""


def read_history(
    conn: Connection, universe: Universe, width: timedelta, *, until: datetime | None = None
) -> History:
    """All stored intervals up to ``until``. Raises HistoryError where one of bars, supplies or volume is lacking."""
    span = time_span(conn, width)
    if span is None:
        raise HistoryError(
            f"found no bar of {width} in the store, expected at least {WARM_UP.days + 1} days of them",
            remedy="monitor backfill --since 60d, or monitor import FILE",
        )
    end = span[1] + width if until is None else min(until, span[1] + width)
    intervals = tuple(read_intervals(conn, universe, width=width, since=span[0], until=end))
    history = History(universe, width, intervals)
    check_history(history)
    return history


def check_history(history: History) -> None:
    """Raise HistoryError that names what is lacking, for a history in which no rotation could ever be seen."""
    least = WARM_UP + timedelta(days=1)
    found = len(history.intervals) * history.width
    if found < least:
        raise HistoryError(
            f"found {found / timedelta(days=1):.1f} days of bars, expected at least {least.days}:"
            f" the first {WARM_UP.days} only fill the yardsticks",
            remedy="monitor backfill --since 60d, or import older files",
        )
    layout = Layout.of(history.universe)
    supply = np.array([not np.isnan(i.supply).all() for i in history.intervals])
    if not supply.any():
        raise HistoryError(
            f"found no circulating supply of any of {len(layout.tokens)} tokens, expected one each:"
            " without it no token is a member of its sector",
            remedy="give supplies in the configuration ([tokens.X] supplies), or import a file of them",
        )
    if all(np.nan_to_num(i.quote_volume).sum() == 0 for i in history.intervals):
        raise HistoryError(
            "found no traded volume in any bar, expected it: a rotation needs trading to move",
            remedy="import bars with base_volume or quote_volume",
        )
