"""How whole a day is: coverage, spells in which nothing was seen, venues that were silent, refusals, late notices."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean

from sqlalchemy import Connection

from monitor.content.report import DataHealth, Refused, WaitingNotices
from monitor.delivery.registry import said_of
from monitor.model.grid import floor_time, opens_between
from monitor.model.spans import Span, runs
from monitor.model.state import SectorState
from monitor.model.universe import Universe
from monitor.reporting.outages import outages_of
from monitor.store import closes, quarantine
from monitor.store.punctuality import punctuality

States = Sequence[tuple[datetime, SectorState]]

GRACE = timedelta(minutes=10)
"""An interval of a day that is not over is missed when it closed longer ago than this."""
STILL_NEWS = timedelta(days=2)
"""What waits now is told in the report of a day that ended so lately, not in one of last month."""


def health_of_day(
    conn: Connection,
    universe: Universe,
    width: timedelta,
    *,
    since: datetime,
    until: datetime,
    steps: States,
    now: datetime,
) -> DataHealth:
    """Of the part of ``[since, until)`` that is over and lies after the very first step. ``steps``: those of the day."""
    first = closes.first_close(conn)
    begin = since if first is None else max(since, first - width)
    end = min(until, floor_time(max(since, now - GRACE), width))
    told = punctuality(conn, since, until, now=now)
    waits = told.waiting if now - until < STILL_NEWS else ()
    return DataHealth(
        coverage=mean_coverage(steps),
        blind=blind_spells(steps, begin, end, width) if first is not None else (),
        outages=outages_of(conn, universe, width, begin=begin, end=end, now=now),
        refused=tuple(Refused(*row) for row in quarantine.by_venue(conn, since, until)),
        late_notices=told.late,
        undelivered=told.refused,
        waiting=tuple(WaitingNotices(said_of(w.channel), w.count, w.since) for w in waits),
        begins=begin if since < begin < until else None,
    )


def mean_coverage(steps: States) -> dict[str, float]:
    """sector -> mean over the steps in which it had a member."""
    found: dict[str, list[float]] = {}
    for _, state in steps:
        if state.members:
            found.setdefault(state.id, []).append(state.coverage)
    return {sector: fmean(values) for sector, values in sorted(found.items())}


def blind_spells(
    steps: States, begin: datetime, end: datetime, width: timedelta
) -> tuple[Span, ...]:
    """Runs of intervals in ``[begin, end)`` that were not stepped, or in which no sector had any coverage."""
    seen = {at for at, state in steps if state.coverage > 0.0}
    return tuple(
        runs((o for o in opens_between(begin, end, width) if o + width not in seen), width)
    )


def gaps_before(
    conn: Connection, width: timedelta, since: datetime, until: datetime
) -> tuple[Span, ...]:
    """Spells in ``[since, until)`` without a step, between steps: charts hatch them."""
    found = closes.closes_between(conn, since, until)
    after = closes.first_close(conn, until)
    if after is not None:
        found.append(after)
    return tuple(
        (a, min(b - width, until)) for a, b in pairwise(found) if b - a > width and a < until
    )
