"""What a day's report is rendered from. Plain values; whoever gathers them knows the database, the report does not."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from monitor.content.wording.safe_text import one_line
from monitor.model.outside import NOTHING_OUTSIDE, Outside
from monitor.model.rotation import PairReading, Rotation, RotationChange
from monitor.model.state import MarketStep, MemberEvent, SectorState
from monitor.model.universe import Sector

Series = Sequence[tuple[datetime, SectorState]]
GREY = "#7F7F7F"
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
WHOLE = 0.98
"""A day whose sectors were covered to this part on average, without a blind spell, counts as whole."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A venue was silent in ``[since, until)`` (until None: still is). ``covered_by``: venues that stood in;
    ``lost``: tokens that nobody else covered."""

    venue: str
    since: datetime
    until: datetime | None
    why: str = ""
    covered_by: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Rows of a venue that were kept out, by reason."""

    venue: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class WaitingNotices:
    """``count`` overdue notices of a channel wait, the oldest of them since ``since``."""

    channel: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class DataHealth:
    """How whole the day is. ``coverage``: sector -> mean over the day, 1.0 is all; ``late_notices`` None: not known.

    ``undelivered``: notices of the day that their channel refused for good. ``waiting``: what waits as this is written.
    ``begins``: the very first interval, where it lies in this day.
    """

    coverage: Mapping[str, float] = field(default_factory=dict)
    blind: tuple[tuple[datetime, datetime], ...] = ()
    outages: tuple[Outage, ...] = ()
    refused: tuple[Refused, ...] = ()
    late_notices: int | None = None
    undelivered: int = 0
    waiting: tuple[WaitingNotices, ...] = ()
    begins: datetime | None = None

    @property
    def whole(self) -> bool:
        """Nothing was missed that another venue did not cover."""
        return (
            not self.blind
            and self.begins is None
            and not any(outage.lost for outage in self.outages)
            and min(self.coverage.values(), default=1.0) >= WHOLE
        )


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """One day ``[since, until)`` (UTC; the day of ``zone``), and what is needed beside it.

    ``close``: the last step of the day, None where no interval was stepped (``why_empty`` says why). ``series``: sector
    states by close time, about hourly, from 30 days before ``until``; ``steps``: those of the day, every step.
    ``rotations``: on at some time of the day; ``changes``: of the day; ``past``: all flagged in 90 days;
    rotations stand as they did at ``until`` (:func:`monitor.content.report.selection.states_at`). ``readings``:
    the day's, of all ordered pairs; the one of each that came nearest is enough. ``gaps``: spells of the series' range
    before the day in which nothing was stepped. ``events`` and ``notes``: of the series' range; notes may lie after the day too;
    ``own_since``: rotation -> sector -> own return since it was seen, of those that are on.
    ``later_notes``: of the day, written after its report was due.
    ``volume_medians``: token -> USD, 30-day median of its 24 h volume. ``venues``: that gave bars in the day.
    ``outside``: what vendors say, and ``token_names`` for it. ``banner`` stands above everything where the figures are not the market's. ``due_at``: when it should have been sent.
    ``behind_at``: the newest step of all, where the day is over and it lies before the day's end.
    """

    day: date
    zone: str
    since: datetime
    until: datetime
    sectors: Sequence[Sector]
    close: MarketStep | None
    series: Series = ()
    steps: Series = ()
    rotations: Sequence[Rotation] = ()
    changes: Sequence[RotationChange] = ()
    past: Sequence[Rotation] = ()
    readings: Sequence[PairReading] = ()
    events: Sequence[MemberEvent] = ()
    notes: Sequence[tuple[datetime, str]] = ()
    later_notes: int = 0
    own_since: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    volume_medians: Mapping[str, float] = field(default_factory=dict)
    venues: Sequence[str] = ()
    health: DataHealth = field(default_factory=DataHealth)
    outside: Outside = NOTHING_OUTSIDE
    token_names: Mapping[str, str] = field(default_factory=dict)
    gaps: Sequence[tuple[datetime, datetime]] = ()
    why_empty: str = "no interval of this day was stepped"
    configuration: str = ""
    version: str = ""
    banner: str = ""
    page_url: str = ""
    how_to_stop: str = ""
    due_at: datetime | None = None
    built_at: datetime | None = None
    behind_at: datetime | None = None

    @property
    def names(self) -> dict[str, str]:
        """Sector -> a name that is safe on one line; its id where nothing of the name is visible."""
        return {s.id: one_line(s.name) or one_line(s.id) for s in self.sectors}

    @property
    def colors(self) -> dict[str, str]:
        """Sector -> ``#rrggbb``; whatever is none is grey, since it goes into a style."""
        return {s.id: s.color if _COLOR.fullmatch(s.color) else GREY for s in self.sectors}

    @property
    def midnight(self) -> datetime:
        """The day as a time, for forms that want one."""
        return datetime.combine(self.day, time(), tzinfo=UTC)

    @property
    def watched(self) -> list[Sector]:
        """Without the benchmark, in their fixed order."""
        return [s for s in self.sectors if not s.benchmark]

    @property
    def benchmark(self) -> Sector | None:
        """The watched market."""
        return next((s for s in self.sectors if s.benchmark), None)

    def name(self, sector_id: str) -> str:
        """The name of one sector, safe on one line."""
        return self.names.get(sector_id) or one_line(sector_id)

    def state(self, sector_id: str) -> SectorState | None:
        """A sector at the day's last step."""
        states = self.close.sectors if self.close else ()
        return next((s for s in states if s.id == sector_id), None)
