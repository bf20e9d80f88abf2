"""The shape of every answer, for the OpenAPI document. Fields are added, never renamed.

Figures of sectors follow from the model's table. What is unknown is null.
"""

from datetime import date, datetime
from types import NoneType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from monitor.model.figures import FIGURES, Figure, Unit
from monitor.model.rotation import ChangeReason, Condition, Kind, Launch, Quality, Severity, Status
from monitor.model.state import FlowGrade, ShareSplit


class Answer(BaseModel):
    """Every answer says as of when it is."""

    model_config = ConfigDict(extra="forbid")
    as_of: datetime | None = Field(
        description="Close of the last interval that was stepped; null before the first."
    )


class ErrorAnswer(BaseModel):
    """What was wrong with the question, or what keeps it from being answered."""

    error: str
    found: str
    expected: str | list[str]


class Part(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid")


class Token(Part):
    """A token; returns are simple, 0.02 is +2 %."""

    id: str
    price_usd: float | None
    market_cap_usd: float | None
    supply: float | None
    supply_age_h: float | None
    return_1h: float | None
    return_24h: float | None
    own_return_24h: float | None
    contribution_24h: float | None
    volume_24h_usd: float | None
    net_flow_24h_usd: float | None
    flow_grade: FlowGrade | None
    venues: list[str]
    age_s: float | None
    venue_conflict: bool
    flow_seen: float | None


class TokenOfSector(Token):
    """A token with its sector; null: watched, and no member of any."""

    sector: str | None


def _kind(figure: Figure) -> Any:
    special = {"share_split_24h": ShareSplit, "breadth": tuple[int, int], "flow_grade": FlowGrade}
    by_unit = {Unit.COUNT: int, Unit.FLAG: bool}
    found = special.get(figure.name, by_unit.get(figure.unit, float))
    return found if figure.known or figure.name == "breadth" else found | NoneType


_FIGURES: dict[str, Any] = {
    figure.name: (_kind(figure), ...) for figure in FIGURES if figure.in_json
}
Sector = create_model(
    "Sector",
    __base__=Part,
    __doc__="A sector's figures; returns are simple, shares are fractions, money is USD.",
    id=(str, ...),
    **_FIGURES,
    tokens=(list[Token], ...),
)
Point = create_model(
    "Point",
    __base__=Part,
    __doc__="A sector's figures at the close of an interval.",
    at=(datetime, ...),
    id=(str, ...),
    **_FIGURES,
)


class Passage(BaseModel):
    """USD allocated from a sector that got less than its part to one that got more."""

    model_config = ConfigDict(extra="forbid")
    from_sector: str = Field(alias="from")
    to_sector: str = Field(alias="to")
    usd: float


class RelativeFlow(BaseModel):
    """Net flow beyond a sector's part of the tide; the table is allocated in proportion, a convention."""

    model_config = ConfigDict(extra="forbid")
    window_h: int
    convention: str
    unknown_of: list[str]
    sectors: dict[str, float] | None
    table: list[Passage] | None


class Sectors(Answer):
    """Every sector as of one step."""

    at: datetime
    interval: str
    sectors: list[Sector]
    relative_flow_24h: RelativeFlow


class Tokens(Answer):
    """Tokens as of one step."""

    at: datetime
    sector: str | None
    tokens: list[TokenOfSector]


class Series(Answer):
    """One sector over time."""

    sector: str
    since: datetime
    until: datetime
    every: str
    points: list[Point]


class Side(Part):
    """One side of a rotation over its window; shares and their changes in percentage points."""

    sector: str
    total: float | None = Field(alias="return")
    own_return: float | None
    market_part: float | None
    beta: float | None
    market_cap_usd: float | None
    share_pp: float | None
    share_change_pp: float | None
    share_change_split_pp: ShareSplit | None
    volume_usd: float | None
    volume_share_pp: float | None
    volume_share_change_pp: float | None
    net_flow_usd: float | None
    flow_grade: FlowGrade | None
    flow_seen: float | None
    breadth_ahead: int | None
    breadth: tuple[int, int]
    contributors: list[tuple[str, float]]


class Breadth(Part):
    """Members behind the market and of how many, of each side."""

    source: tuple[int, int] = Field(alias="from")
    target: tuple[int, int] | None = Field(alias="to")


class BreadthAhead(Part):
    """Members ahead of the market, of each side."""

    source: int | None = Field(alias="from")
    target: int | None = Field(alias="to")


class Contributors(Part):
    """Up to three (token, its part of the sector's return), of each side."""

    source: list[tuple[str, float]] = Field(alias="from")
    target: list[tuple[str, float]] = Field(alias="to")


class Sides(Part):
    """All figures of both sides."""

    source: Side = Field(alias="from")
    target: Side | None = Field(alias="to")


class EvidenceRecord(Part):
    """Why it was flagged; the first figures are those of the sides that readers look for first."""

    at: datetime | None
    window_h: int
    relative_return: float | None
    share_change_pp: float | None
    volume_share_change_pp: float | None
    net_flow_usd: float | None
    flow_seen: float | None
    market_return: float | None
    from_own_return: float | None
    to_own_return: float | None
    share_change_split_pp: ShareSplit | None
    moved_before_detection_pp: float | None
    breadth: Breadth
    breadth_ahead: BreadthAhead
    contributors: Contributors
    conditions: list[Condition]
    price_witness: float | None
    volume_witness: float | None
    flow_witness: float | None
    score_rank: int | None
    score_rank_of: int | None
    launches: list[Launch]
    moved_before_now_pp: float | None
    own_z: float | None
    sides: Sides


class EvidenceTimes(Part):
    """Evidence at detection, at the highest score and at the last change."""

    detection: EvidenceRecord
    peak: EvidenceRecord
    now: EvidenceRecord


class OutcomeRecord(Part):
    """What came after detection: *to* over *from*."""

    relative_return: float | None
    share_change_pp: float | None
    held: bool | None
    to_over_from_return: float | None


class RotationRecord(Part):
    """A rotation as of its last change of state."""

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
    evidence: EvidenceRecord
    outcomes: dict[Literal["24h", "72h"], OutcomeRecord | None]
    at_start: bool
    quality: Quality
    parameters: str
    reverses: str | None
    reversed_by: str | None
    joins: str | None
    held: bool
    evidence_at: EvidenceTimes | None
    resumed_at: datetime | None
    kind: Kind


class Change(RotationRecord):
    """The rotation as it was after a change of state."""

    reason: ChangeReason
    changed_at: datetime


class Rotations(Answer):
    """Newest first; ``next`` is the cursor of what is left, null at the end."""

    rotations: list[RotationRecord]
    next: str | None


class RotationWhole(RotationRecord):
    """A rotation, every change of it, and why it was flagged in words."""

    as_of: datetime | None
    changes: list[Change]
    explanation: str


class WordedCondition(Part):
    """A condition, and the same in words and units."""

    name: str
    value: float | None
    bound: float
    met: bool
    unit: str | None
    words: str


class Verdict(Part):
    """Why one pair was not flagged at that step: what lacked, and in ``reasons`` what stood in the way beside it."""

    from_sector: str
    to_sector: str
    at: datetime
    window_h: int
    score: float | None
    qualified: bool
    conditions: list[WordedCondition]
    met: int
    already_on: str | None
    reasons: list[str]


class WhyNotAnswer(Answer):
    """Verdicts of the pairs, the nearest to a flag first."""

    at: datetime
    pairs: list[Verdict]


class Reading(Part):
    """What the detector saw of a pair in one step."""

    at: datetime
    window_h: int
    score: float | None
    qualified: bool
    conditions: list[Condition]


class Conditions(Answer):
    """Readings of one pair over time."""

    from_sector: str
    to_sector: str
    since: datetime
    until: datetime
    readings: list[Reading]


class MarketCoverage(Part):
    """The part of the range for which the venue was heard, and the latest spells in which it was not."""

    market: str
    venue: str
    token: str
    sector: str | None
    polled: bool
    heard_fraction: float
    blind_spells: int
    blind: list[tuple[datetime, datetime]]


class CoverageAnswer(Answer):
    """A row a market that was listed in the range."""

    since: datetime
    until: datetime
    markets: list[MarketCoverage]


class Report(Answer):
    """The daily report as text; ``empty``: why it has no data."""

    date: date
    subject: str
    empty: str | None
    text: str


class VenueStatus(Part):
    """How a venue answers."""

    id: str
    state: str
    last_success: datetime | None
    consecutive_failures: int
    error: str | None


class TokenStatus(Part):
    """How old a token's newest bar is, and which of its markets are silent."""

    id: str
    sector: str | None
    age_s: float | None
    gaps: list[str]


class OutboxStatus(Part):
    """Notices that wait and that were refused for good."""

    pending: int
    failed: int
    oldest_s: float | None


class SizeStatus(Part):
    """Bytes of the database, by which it grows a day, that are free on its disk, and days until that is full."""

    bytes: int
    growth_a_day: float | None
    free: int | None
    days_left: float | None


class ProcessStatus(Part):
    """A process that works on the database, or waits to."""

    role: str
    host: str
    pid: int
    version: str
    since: datetime
    venues: list[str] | None


class StatusAnswer(Answer):
    """What the daemon knows."""

    at: datetime
    database: str
    schema_: str | None = Field(alias="schema")
    last_good_poll: datetime | None
    last_step: datetime | None
    venues: list[VenueStatus]
    tokens: list[TokenStatus]
    outbox: OutboxStatus
    rss_mb: float | None
    assumed_rates: list[str]
    size: SizeStatus
    processes: list[ProcessStatus]
