"""All that is stored of one day, and of the days around it that its report needs; never more than samples of those."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import permutations
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from monitor import __version__
from monitor.alerting.since_seen import own_since
from monitor.content.report import ReportFacts
from monitor.content.report.selection import RECORD_DAYS
from monitor.content.wording.figures import stamp
from monitor.model.outside import NOTHING_OUTSIDE
from monitor.model.rotation import PairReading, states_at
from monitor.model.state import MarketStep, SectorState
from monitor.model.universe import Sector, Universe
from monitor.reporting.health import gaps_before, health_of_day
from monitor.reporting.window import ONE_DAY, day_window
from monitor.store import bars, closes, notes, readings, rotations, steps
from monitor.store.database import Database
from monitor.store.outside import outside_at

INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
HISTORY = timedelta(days=30)
WEEK = timedelta(days=7)
FEWEST = 7
"""A median of fewer days' volumes is no usual volume."""

Series = list[tuple[datetime, SectorState]]


@dataclass(frozen=True, slots=True)
class Imprint:
    """What a report says of itself; ``banner`` stands above everything where the figures are not the market's."""

    configuration: str = ""
    version: str = __version__
    banner: str = ""
    page_url: str = ""
    how_to_stop: str = ""


NO_IMPRINT = Imprint()


def gather_day(
    database: Database,
    universe: Universe,
    *,
    day: date,
    zone: str,
    width: timedelta,
    now: datetime,
    due_at: datetime | None = None,
    notes_by: datetime | None = None,
    imprint: Imprint = NO_IMPRINT,
) -> ReportFacts:
    """The day of ``zone`` as one state of the database holds it; ``width``: of the engine's interval.

    A step belongs to the day in which it closes: ``since < close <= until``. ``now`` tells what of a day that is not
    over can be known; ``due_at`` when the report should have gone, None where it was asked for by hand.
    ``notes_by``: notes that were written later are not told, whenever the report is made; ``now`` by default.
    """
    since, until = day_window(day, ZoneInfo(zone))
    known = now if notes_by is None else min(now, notes_by)
    with database.read() as conn:
        close = steps.step_at(conn, until)
        if close is not None and close.close_time <= since:
            close = None
        of_day = steps.sector_series(conn, since + INSTANT, until + INSTANT)
        told = rotations.changes_known_at(
            conn, until, detected_since=until - RECORD_DAYS * ONE_DAY, changed_since=since
        )
        every = states_at(told, until)
        return ReportFacts(
            day=day,
            zone=zone,
            since=since,
            until=until,
            sectors=ordered(universe),
            close=close,
            series=_series(conn, until, width, close),
            steps=of_day,
            rotations=[r for r in every if r.closed_at is None or r.closed_at > since],
            own_since={
                r.id: own_since(conn, universe, r, close.close_time)
                for r in every
                if r.is_on and close is not None
            },
            changes=[c for c in told if c.changed_at > since],
            past=[r for r in every if r.detected_at >= until - RECORD_DAYS * ONE_DAY],
            readings=_readings(conn, universe, since, until),
            events=steps.member_events(conn, until - HISTORY, until + INSTANT),
            notes=notes.read_notes(conn, until - WEEK, until + WEEK, written_by=known),
            later_notes=notes.count_later(conn, since, until, known),
            volume_medians=_volume_medians(conn, close),
            venues=_venues(conn, universe, width, since, until),
            health=health_of_day(
                conn, universe, width, since=since, until=until, steps=of_day, now=now
            ),
            outside=NOTHING_OUTSIDE if close is None else outside_at(conn, close, known_by=known),
            token_names={token.id: token.name for token in universe.tokens},
            gaps=gaps_before(conn, width, until - HISTORY, since),
            why_empty=_why_empty(conn, since, until, now, is_due=due_at is not None),
            configuration=imprint.configuration,
            version=imprint.version,
            banner=imprint.banner,
            page_url=imprint.page_url,
            how_to_stop=imprint.how_to_stop,
            due_at=due_at,
            built_at=now,
            behind_at=_behind_at(conn, until, now),
        )


def ordered(universe: Universe) -> list[Sector]:
    """Sectors with the benchmark last."""
    return sorted(universe.sectors, key=lambda s: (s.benchmark, s.id))


def _series(
    conn: Connection, until: datetime, width: timedelta, close: MarketStep | None
) -> Series:
    """About hourly, on whole intervals, and the day's last step at its end."""
    every = width * math.ceil(HOUR / width)
    found = steps.sector_series(conn, until - HISTORY, until + INSTANT, every=every)
    if close is not None and (not found or found[-1][0] < close.close_time):
        found += [(close.close_time, state) for state in close.sectors]
    return found


def _readings(
    conn: Connection, universe: Universe, since: datetime, until: datetime
) -> list[PairReading]:
    """The reading of each ordered pair that came nearest to a flag: no other is told of."""
    found = (
        readings.nearest_reading(
            conn, from_sector=source, to_sector=target, since=since, until=until
        )
        for source, target in permutations((s.id for s in universe.watched), 2)
    )
    return [reading for reading in found if reading is not None]


def _volume_medians(conn: Connection, close: MarketStep | None) -> dict[str, float]:
    """token -> USD, median of its 24 h volume at the same hour of the 30 days before."""
    if close is None:
        return {}
    earlier = [close.close_time - k * ONE_DAY for k in range(1, HISTORY.days + 1)]
    volumes: dict[str, list[float]] = {}
    for tokens in steps.tokens_at(conn, earlier).values():
        for token in tokens:
            if token.volume_24h_usd is not None:
                volumes.setdefault(token.id, []).append(token.volume_24h_usd)
    return {name: median(found) for name, found in volumes.items() if len(found) >= FEWEST}


def _venues(
    conn: Connection, universe: Universe, width: timedelta, since: datetime, until: datetime
) -> Sequence[str]:
    """Venues of the universe that gave a bar in the day."""
    there = bars.markets_with_bars(conn, width, since, until)
    return sorted({market.venue for market in universe.markets if market.id in there})


def _behind_at(conn: Connection, until: datetime, now: datetime) -> datetime | None:
    newest = closes.last_close(conn)
    return newest if newest is not None and newest < until <= now else None


def _why_empty(
    conn: Connection, since: datetime, until: datetime, now: datetime, *, is_due: bool
) -> str:
    """Why the day has no step, for a reader; only read where it has none."""
    before, after = closes.last_close(conn, since), closes.first_close(conn, until)
    if before is None and after is None:
        return "no interval has been stepped yet"
    if before is None and after is not None:
        return f"the record begins {stamp(after)}"
    if before is not None and after is not None:
        return f"the monitor was not running from {stamp(before)} to {stamp(after)}"
    if is_due and before is not None and until <= now:
        return f"the daemon is behind: up to {stamp(before)}"
    over = "" if until <= now else "the day is not over, and "
    return f"{over}no interval has been stepped since {stamp(before or since)}"
