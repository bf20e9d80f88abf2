"""A rotation to its JSON form and back. Fields are added, never renamed: others rely on them."""

from datetime import datetime
from typing import Any

from monitor.model.grid import iso, parse_iso
from monitor.model.rotation import (
    ChangeReason,
    Condition,
    Evidence,
    Launch,
    Outcome,
    Quality,
    Rotation,
    RotationChange,
    Severity,
    SideEvidence,
    Status,
)
from monitor.model.state import FlowGrade, ShareSplit

Json = dict[str, Any]


def rotation_to_json(rotation: Rotation) -> Json:
    """The stable JSON object of a rotation; times as ISO 8601 UTC, unknown values as None."""
    return {
        "id": rotation.id,
        "from_sector": rotation.from_sector,
        "to_sector": rotation.to_sector,
        "status": rotation.status.value,
        "severity": rotation.severity.value,
        "detected_at": iso(rotation.detected_at),
        "confirmed_at": _iso(rotation.confirmed_at),
        "closed_at": _iso(rotation.closed_at),
        "started_at": _iso(rotation.started_at),
        "score": rotation.score,
        "peak_score": rotation.peak_score,
        "peak_at": iso(rotation.peak_at),
        "evidence": _evidence(rotation.evidence),
        "outcomes": {
            name: _outcome(outcome) for name, outcome in sorted(rotation.outcomes.items())
        },
        "at_start": rotation.at_start,
        "quality": _quality(rotation.quality),
        "parameters": rotation.parameters,
        "reverses": rotation.reverses,
        "reversed_by": rotation.reversed_by,
        "joins": rotation.joins,
        "held": rotation.held,
    }


def change_to_json(change: RotationChange) -> Json:
    """A rotation as of one change of state, with the reason and ``changed_at``."""
    return rotation_to_json(change.rotation) | {
        "reason": change.reason.value,
        "changed_at": iso(change.changed_at),
    }


def change_from_json(data: Json) -> RotationChange:
    """The inverse of :func:`change_to_json`."""
    return RotationChange(
        rotation=rotation_from_json(data),
        reason=ChangeReason(data["reason"]),
        changed_at=parse_iso(data["changed_at"]),
    )


def rotation_from_json(data: Json) -> Rotation:
    """The inverse of :func:`rotation_to_json`: the same rotation, bit for bit."""
    return Rotation(
        id=data["id"],
        from_sector=data["from_sector"],
        to_sector=data["to_sector"],
        status=Status(data["status"]),
        severity=Severity(data["severity"]),
        detected_at=parse_iso(data["detected_at"]),
        confirmed_at=_time(data["confirmed_at"]),
        closed_at=_time(data["closed_at"]),
        started_at=_time(data["started_at"]),
        score=data["score"],
        peak_score=data["peak_score"],
        peak_at=parse_iso(data["peak_at"]),
        evidence=_evidence_from(data["evidence"]),
        outcomes={name: Outcome(**o) if o else None for name, o in data["outcomes"].items()},
        at_start=data["at_start"],
        quality=Quality(**{**data["quality"], "flow_grade": _grade(data["quality"]["flow_grade"])}),
        parameters=data["parameters"],
        reverses=data["reverses"],
        reversed_by=data["reversed_by"],
        joins=data["joins"],
        held=data["held"],
    )


def _evidence(evidence: Evidence) -> Json:
    source, target = evidence.from_side, evidence.to_side
    return {
        "at": _iso(evidence.at),
        "window_h": evidence.window_h,
        "relative_return": evidence.relative_return,
        "share_change_pp": source.share_change_pp,
        "volume_share_change_pp": target.volume_share_change_pp if target else None,
        "net_flow_usd": source.net_flow_usd,
        "market_return": evidence.market_return,
        "from_own_return": source.own_return,
        "to_own_return": target.own_return if target else None,
        "share_change_split_pp": _split(source.share_split_pp),
        "moved_before_detection_pp": evidence.moved_before_detection_pp,
        "breadth": {
            "from": [source.breadth_behind, source.breadth_of],
            "to": [target.breadth_behind, target.breadth_of] if target else None,
        },
        "contributors": {
            "from": [list(c) for c in source.contributors],
            "to": [list(c) for c in target.contributors] if target else [],
        },
        "conditions": [
            {"name": c.name, "value": c.value, "bound": c.bound, "met": c.met}
            for c in evidence.conditions
        ],
        "price_witness": evidence.price_witness,
        "volume_witness": evidence.volume_witness,
        "flow_witness": evidence.flow_witness,
        "score_rank": evidence.score_rank,
        "score_rank_of": evidence.score_rank_of,
        "launches": [
            {"token": x.token, "sector": x.sector, "at": iso(x.at), "share_pp": x.share_pp}
            for x in evidence.launches
        ],
        "sides": {"from": _side(source), "to": _side(target) if target else None},
    }


def _evidence_from(data: Json) -> Evidence:
    side_to = data["sides"]["to"]
    return Evidence(
        at=_time(data["at"]),
        window_h=data["window_h"],
        relative_return=data["relative_return"],
        market_return=data["market_return"],
        from_side=_side_from(data["sides"]["from"]),
        to_side=_side_from(side_to) if side_to else None,
        moved_before_detection_pp=data["moved_before_detection_pp"],
        conditions=tuple(Condition(**c) for c in data["conditions"]),
        price_witness=data["price_witness"],
        volume_witness=data["volume_witness"],
        flow_witness=data["flow_witness"],
        score_rank=data["score_rank"],
        score_rank_of=data["score_rank_of"],
        launches=tuple(
            Launch(
                token=x["token"], sector=x["sector"], at=parse_iso(x["at"]), share_pp=x["share_pp"]
            )
            for x in data["launches"]
        ),
    )


def _side(side: SideEvidence) -> Json:
    return {
        "sector": side.sector,
        "return": side.total_return,
        "own_return": side.own_return,
        "market_part": side.market_part,
        "beta": side.beta,
        "market_cap_usd": side.market_cap_usd,
        "share_pp": side.share_pp,
        "share_change_pp": side.share_change_pp,
        "share_change_split_pp": _split(side.share_split_pp),
        "volume_usd": side.volume_usd,
        "volume_share_pp": side.volume_share_pp,
        "volume_share_change_pp": side.volume_share_change_pp,
        "net_flow_usd": side.net_flow_usd,
        "flow_grade": side.flow_grade.value if side.flow_grade else None,
        "breadth": [side.breadth_behind, side.breadth_of],
        "contributors": [list(c) for c in side.contributors],
    }


def _side_from(data: Json) -> SideEvidence:
    split = data["share_change_split_pp"]
    return SideEvidence(
        sector=data["sector"],
        total_return=data["return"],
        own_return=data["own_return"],
        market_part=data["market_part"],
        beta=data["beta"],
        market_cap_usd=data["market_cap_usd"],
        share_pp=data["share_pp"],
        share_change_pp=data["share_change_pp"],
        share_split_pp=ShareSplit(**split) if split else None,
        volume_usd=data["volume_usd"],
        volume_share_pp=data["volume_share_pp"],
        volume_share_change_pp=data["volume_share_change_pp"],
        net_flow_usd=data["net_flow_usd"],
        flow_grade=_grade(data["flow_grade"]),
        breadth_behind=data["breadth"][0],
        breadth_of=data["breadth"][1],
        contributors=tuple((name, part) for name, part in data["contributors"]),
    )


def _quality(quality: Quality) -> Json:
    return {
        "coverage": quality.coverage,
        "stale_weight": quality.stale_weight,
        "flow_grade": quality.flow_grade.value if quality.flow_grade else None,
        "venue_conflict": quality.venue_conflict,
        "benchmark_missing": quality.benchmark_missing,
    }


def _outcome(outcome: Outcome | None) -> Json | None:
    if outcome is None:
        return None
    return {
        "relative_return": outcome.relative_return,
        "share_change_pp": outcome.share_change_pp,
        "held": outcome.held,
    }


def _split(split: ShareSplit | None) -> Json | None:
    if split is None:
        return None
    return {
        "price": split.price,
        "supply": split.supply,
        "membership": split.membership,
        "launch": split.launch,
    }


def _grade(value: str | None) -> FlowGrade | None:
    return FlowGrade(value) if value else None


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def _time(text: str | None) -> datetime | None:
    return parse_iso(text) if text else None
