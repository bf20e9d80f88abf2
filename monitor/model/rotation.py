"""A rotation: capital leaving one sector for another, with its evidence and its life.

Signs in the evidence are for people: ``relative_return`` is *from* less *to* (negative when *from* lost),
``share_change_pp`` is the change of *from*'s market-cap share, ``volume_share_change_pp`` the change of *to*'s share
of traded volume, ``net_flow_usd`` *from*'s net flow; all over ``window_h`` hours that end at the interval's close.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.model.state import FlowGrade, MarketStep, ShareSplit

MARKET = "*"  # names the rest of the watched market where only one side can honestly be named


class Status(StrEnum):
    """Where a rotation is in its life; the last three are final, but `faded` may still become `reversed`."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    FADED = "faded"
    REVERSED = "reversed"
    EXPIRED = "expired"


class Severity(StrEnum):
    """watch: witnesses agree, not yet lasting. warning: confirmed. critical: among the largest, or a wide drain."""

    WATCH = "watch"
    WARNING = "warning"
    CRITICAL = "critical"


class Kind(StrEnum):
    """Between two sectors; out of one, to the rest of the market; into one, from it; or drained by a launch."""

    ROTATION = "rotation"
    OUTFLOW = "outflow"
    INFLOW = "inflow"
    LAUNCH_DRAIN = "launch_drain"


SEVERITY_ORDER = (Severity.WATCH, Severity.WARNING, Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rotation: its value (None: unknown), its bound, and whether it was met.

    ``unit``: "return" (simple), "z" (robust spreads), "share" (fraction), "pp" or "usd"; None in what was stored before
    units were.
    """

    name: str
    value: float | None
    bound: float
    met: bool
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class SideEvidence:
    """One side over the window: returns are simple, shares and their changes in pp of the watched total.

    ``contributors``: up to three (token, part of the sector's return), largest part first. ``flow_seen``: part of the
    volume whose taker side was told, not estimated. ``breadth_behind`` and ``breadth_ahead``: members that fell behind
    the market and that ran ahead of it (None: not counted then), of ``breadth_of``.
    """

    sector: str
    total_return: float | None
    own_return: float | None
    market_part: float | None
    beta: float | None
    market_cap_usd: float | None
    share_pp: float | None
    share_change_pp: float | None
    share_split_pp: ShareSplit | None
    volume_usd: float | None
    volume_share_pp: float | None
    volume_share_change_pp: float | None
    net_flow_usd: float | None
    flow_grade: FlowGrade | None
    breadth_behind: int
    breadth_of: int
    contributors: tuple[tuple[str, float], ...]
    flow_seen: float | None = None
    breadth_ahead: int | None = None


@dataclass(frozen=True, slots=True)
class Launch:
    """A token that joined a side lately; ``share_pp`` is what it brought on joining, outside the index."""

    token: str
    sector: str
    at: datetime
    share_pp: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why the rotation was flagged. ``to_side`` is None for a rotation into the rest of the market; of one out of it all
    of ``from_side`` is unknown.

    ``moved_before_detection_pp``: the own move that was over at detection, ``moved_before_now_pp`` as of these figures:
    the loss of *from*, or the gain of *to* where only that is named. ``own_z``: own return in its usual spread, where a
    rule uses it.
    """

    window_h: int
    relative_return: float | None
    market_return: float | None
    from_side: SideEvidence
    to_side: SideEvidence | None
    moved_before_detection_pp: float | None
    conditions: tuple[Condition, ...]
    price_witness: float | None
    volume_witness: float | None
    flow_witness: float | None
    score_rank: int | None  # place among the stored hourly maxima of 30 days, 1 is the strongest
    score_rank_of: int | None
    launches: tuple[Launch, ...] = ()
    at: datetime | None = None  # close of the window: when these figures were known
    moved_before_now_pp: float | None = None
    own_z: float | None = None

    @property
    def told_side(self) -> SideEvidence:
        """The side whose move is told: what lost, or what gained where only that can be named."""
        return self.sides[0] if self.sides else self.from_side

    @property
    def sides(self) -> tuple[SideEvidence, ...]:
        """The sides that can be named, what lost first."""
        both = (self.from_side, self.to_side)
        return tuple(side for side in both if side is not None and side.sector != MARKET)


@dataclass(frozen=True, slots=True)
class EvidenceAt:
    """Evidence as it was at detection, at the highest score, and at the last change of state."""

    detection: Evidence
    peak: Evidence
    now: Evidence


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came after detection: ``relative_return`` is *to* over *from* (positive: the rotation went on)."""

    relative_return: float | None
    share_change_pp: float | None  # of *to*
    held: bool | None


@dataclass(frozen=True, slots=True)
class Quality:
    """How whole the data was: coverage and stale weight of the worse side, the grade of flow."""

    coverage: float
    stale_weight: float
    flow_grade: FlowGrade | None = None
    venue_conflict: bool = False
    benchmark_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """One rotation as of its last change of state. Times are closes of intervals: when it was knowable.

    ``score``, ``evidence``: as they were told, when it was opened, confirmed, rose or was resumed; None where the rule has
    no score. ``evidence_at``: None in what was stored before it was kept. ``resumed_at``: when what had faded or expired
    held again; it is on since then.
    """

    id: str
    from_sector: str
    to_sector: str
    status: Status
    severity: Severity
    detected_at: datetime
    confirmed_at: datetime | None
    closed_at: datetime | None
    started_at: datetime | None
    score: float | None
    peak_score: float | None
    peak_at: datetime
    evidence: Evidence
    outcomes: dict[str, Outcome | None] = field(default_factory=lambda: {"24h": None, "72h": None})
    at_start: bool = False
    quality: Quality
    parameters: str  # fingerprint of the detection parameters
    reverses: str | None = None
    reversed_by: str | None = None
    joins: str | None = None  # id of the rotation this one is a further leg of
    held: bool = False  # coverage is too low to judge; the state is kept
    evidence_at: EvidenceAt | None = None
    resumed_at: datetime | None = None
    kind: Kind = Kind.ROTATION

    @property
    def pair(self) -> tuple[str, str]:
        """(from, to)."""
        return (self.from_sector, self.to_sector)

    @property
    def figures_until(self) -> datetime:
        """When the window of its told figures closed."""
        return self.evidence.at or self.confirmed_at or self.detected_at

    @property
    def is_on(self) -> bool:
        """Whether it is still open or confirmed."""
        return self.status in (Status.OPEN, Status.CONFIRMED)


class ChangeReason(StrEnum):
    """What changed in a rotation. ``resumed``: judged again after it was held for lack of data; ``revived``: on again
    after it had faded, expired or paused, which readers are told as "resumed"."""

    OPENED = "opened"
    CONFIRMED = "confirmed"
    SEVERITY = "severity"
    LEG = "leg"
    FADED = "faded"
    REVERSED = "reversed"
    EXPIRED = "expired"
    HELD = "held"
    RESUMED = "resumed"
    REVIVED = "revived"
    OUTCOME_24H = "outcome_24h"
    OUTCOME_72H = "outcome_72h"


@dataclass(frozen=True, slots=True)
class RotationChange:
    """A change of state: the whole rotation after it, the reason, and when it became knowable."""

    rotation: Rotation
    reason: ChangeReason
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PairReading:
    """What the detector saw of an ordered pair in one step: near misses and `why-not` are answered from these.

    ``window_h``: the horizon with the highest score whose other conditions hold; where none holds, the horizon that
    meets most conditions (then highest score). ``score`` is None when unknown; ``qualified``: all other conditions hold.
    """

    from_sector: str
    to_sector: str
    at: datetime
    window_h: int
    score: float | None
    qualified: bool
    conditions: tuple[Condition, ...]
    price_witness: float | None
    volume_witness: float | None
    flow_witness: float | None


@dataclass(frozen=True, slots=True)
class StepOutput:
    """All that one step of the engine says."""

    step: MarketStep
    readings: tuple[PairReading, ...]
    changes: tuple[RotationChange, ...]


def states_at(changes: Sequence[RotationChange], at: datetime) -> list[Rotation]:
    """Each rotation as it stood at ``at``, by detection: what came later is not known then."""
    latest: dict[str, Rotation] = {}
    for change in sorted((c for c in changes if c.changed_at <= at), key=lambda c: c.changed_at):
        latest[change.rotation.id] = change.rotation
    return sorted(latest.values(), key=lambda r: (r.detected_at, r.id))
