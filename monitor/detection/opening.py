"""A rotation as it is first flagged, and its evidence as of a later step."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from monitor.detection.conditions import number_or_none
from monitor.detection.explanation import evidence_of
from monitor.detection.step_view import StepView
from monitor.detection.tracked import Tracked
from monitor.model.grid import iso
from monitor.model.rotation import (
    Evidence,
    EvidenceAt,
    Kind,
    Quality,
    Rotation,
    Severity,
    Status,
)
from monitor.model.state import FlowGrade


def rotation_id(source: str, target: str, detected_at: datetime) -> str:
    """A pure function of the pair and the time of detection."""
    digest = hashlib.sha256(f"{source}|{target}|{iso(detected_at)}".encode()).hexdigest()
    return f"rot-{digest[:8]}"


def new_rotation(m: StepView, pair: int) -> Tracked:
    """An open rotation of a pair, or a launch drain where the destination has no yardstick."""
    source, target = m.pairs.names[pair]
    fresh = fresh_evidence(m, pair)
    evidence: Evidence = fresh["evidence"]
    rotation = Rotation(
        id=rotation_id(source, target, m.at),
        from_sector=source,
        to_sector=target,
        status=Status.OPEN,
        severity=Severity.WATCH,
        detected_at=m.at,
        confirmed_at=None,
        closed_at=None,
        peak_score=fresh["score"],
        peak_at=m.at,
        parameters=m.p.fingerprint(),
        at_start=m.at_start,
        evidence_at=EvidenceAt(evidence, evidence, evidence),
        kind=kind_of(m, pair),
        **fresh,
    )
    to_side = evidence.to_side
    return Tracked(
        rotation,
        level_from=float(m.memory.levels[int(m.pairs.source[pair])]),
        level_to=float(m.memory.levels[int(m.pairs.target[pair])]),
        share_to_pp=to_side.share_pp if to_side else None,
    )


def kind_of(m: StepView, pair: int) -> Kind:
    """By the rules that the pair can be held against."""
    return Kind.LAUNCH_DRAIN if pair in m.drains else Kind.ROTATION


def fresh_evidence(m: StepView, pair: int) -> dict[str, Any]:
    """The fields of a rotation that are told anew when it opens, is confirmed, rises in severity or is resumed."""
    k, drain = _horizon(m, pair), m.drains.get(pair)
    evidence, began = _evidence(m, pair)
    source, target = int(m.pairs.source[pair]), int(m.pairs.target[pair])
    # before its launch nobody could cover *to*
    sides = (source, target) if drain is None else (source,)
    score = number_or_none(float(m.features.score[k, pair])) if drain is None else drain.score
    return {
        "evidence": evidence,
        "started_at": began,
        "score": score,
        "quality": quality_of(m, sides, k),
    }


def _horizon(m: StepView, pair: int) -> int:
    drain = m.drains.get(pair)
    return int(m.judged.shown.horizon[pair]) if drain is None else drain.horizon


def _evidence(m: StepView, pair: int) -> tuple[Evidence, datetime]:
    evidence, began = evidence_of(m, pair, _horizon(m, pair))
    drain = m.drains.get(pair)
    return (evidence if drain is None else drain.told_in(evidence)), began


def told_anew(m: StepView, pair: int, old: Rotation) -> dict[str, Any]:
    """The same for a rotation that is followed: what was over at detection stays what it was."""
    return after_detection(fresh_evidence(m, pair), old)


def after_detection(fresh: dict[str, Any], old: Rotation) -> dict[str, Any]:
    """Fresh fields for a rotation that was detected before: beside the record of now, those of then stay."""
    evidence = _after(fresh["evidence"], old)
    return fresh | {"evidence": evidence, "evidence_at": _now(old, evidence)}


def as_of_now(m: StepView, pair: int, old: Rotation) -> dict[str, Any]:
    """The record of now of a rotation whose told evidence stays."""
    evidence, _ = _evidence(m, pair)
    return {"evidence_at": _now(old, _after(evidence, old))}


def at_peak(m: StepView, pair: int, old: Rotation) -> Rotation:
    """The rotation with this step, the highest score so far, as its peak."""
    evidence, _ = _evidence(m, pair)
    kept = old.evidence_at or EvidenceAt(old.evidence, old.evidence, old.evidence)
    return replace(
        old,
        peak_score=m.score(pair),
        peak_at=m.at,
        evidence_at=replace(kept, peak=_after(evidence, old)),
    )


def _after(evidence: Evidence, old: Rotation) -> Evidence:
    before = old.evidence_at.detection if old.evidence_at else old.evidence
    return replace(evidence, moved_before_detection_pp=before.moved_before_detection_pp)


def _now(old: Rotation, now: Evidence) -> EvidenceAt:
    """The three records with this one as the last; of what was stored without them, what was told stands for the others."""
    if old.evidence_at is None:
        return EvidenceAt(old.evidence, old.evidence, now)
    return replace(old.evidence_at, now=now)


def quality_of(m: StepView, sides: tuple[int, ...], k: int) -> Quality:
    """Coverage over the window and stale weight now of the worse side, and the flow's grade by its weight."""
    steps = m.p.horizons_h[k] * m.memory.per_hour
    covered = np.nan_to_num(m.memory.rows["coverage"].last(steps))
    return Quality(
        coverage=float(min(covered[:, s].mean() for s in sides)),
        stale_weight=float(max(np.nan_to_num(m.sectors.stale_weight[s]) for s in sides)),
        flow_grade=_flow_grade(m, sides, m.p.horizons_h[k]),
        benchmark_missing=m.sectors.benchmark_missing,
    )


def _flow_grade(m: StepView, sides: tuple[int, ...], hours: int) -> FlowGrade | None:
    """The worse side's by its weight; what counts as much is told from A where trades were read."""
    weight = min(float(m.sectors.flow_weight[s]) for s in sides)
    if weight != 1.0:
        return FlowGrade.C if weight == 0.5 else None
    grades = {m.context.side(s, hours).flow_grade for s in sides}
    return FlowGrade.B if FlowGrade.B in grades else FlowGrade.A
