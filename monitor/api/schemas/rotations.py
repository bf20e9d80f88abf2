"""Rotations: their sides, their evidence, what came of them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from monitor.api.schemas.answer import Answer, Part
from monitor.model.rotation import ChangeReason, Condition, Kind, Launch, Quality, Severity, Status
from monitor.model.state import FlowGrade, ShareSplit


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
