"""A rotation as it is first flagged, and its evidence as of a later step."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from monitor.detection.explanation import evidence_of
from monitor.detection.launch_drain import Drain
from monitor.detection.step_view import StepView
from monitor.detection.tracked import Tracked
from monitor.model.grid import iso
from monitor.model.rotation import Quality, Rotation, Severity, Status
from monitor.model.state import FlowGrade


def rotation_id(source: str, target: str, detected_at: datetime) -> str:
    """A pure function of the pair and the time of detection."""
    digest = hashlib.sha256(f"{source}|{target}|{iso(detected_at)}".encode()).hexdigest()
    return f"rot-{digest[:8]}"


def new_rotation(m: StepView, pair: int, drain: Drain | None = None) -> Tracked:
    """An open rotation of a pair; ``drain``: flagged by the rule for launches, whose conditions it then carries."""
    source, target = m.pairs.names[pair]
    fresh = fresh_evidence(m, pair, drain)
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
        **fresh,
    )
    to_side = rotation.evidence.to_side
    return Tracked(
        rotation,
        level_from=float(m.memory.levels[int(m.pairs.source[pair])]),
        level_to=float(m.memory.levels[int(m.pairs.target[pair])]),
        share_to_pp=to_side.share_pp if to_side else None,
    )


def fresh_evidence(m: StepView, pair: int, drain: Drain | None = None) -> dict[str, Any]:
    """The fields of a rotation that are refreshed when it opens, is confirmed or rises in severity."""
    k = drain.horizon if drain else int(m.judged.horizon[pair])
    evidence, began = evidence_of(
        m.memory, m.pairs, m.judged, m.features, m.context, pair, k, m.at, m.p
    )
    if drain:
        evidence = replace(evidence, conditions=drain.conditions)
    return {
        "evidence": evidence,
        "started_at": began,
        "score": m.shown_score(pair, k),
        "quality": quality_of(m, (int(m.pairs.source[pair]), int(m.pairs.target[pair])), k),
    }


def quality_of(m: StepView, sides: tuple[int, ...], k: int) -> Quality:
    """Coverage over the window and stale weight now of the worse side, and the flow's grade by its weight."""
    steps = m.p.horizons_h[k] * m.memory.per_hour
    covered = np.nan_to_num(m.memory.rows["coverage"].last(steps))
    weight = min(float(m.sectors.flow_weight[s]) for s in sides)
    return Quality(
        coverage=float(min(covered[:, s].mean() for s in sides)),
        stale_weight=float(max(np.nan_to_num(m.sectors.stale_weight[s]) for s in sides)),
        flow_grade=FlowGrade.A if weight == 1.0 else FlowGrade.C if weight == 0.5 else None,
        benchmark_missing=m.sectors.benchmark_missing,
    )
