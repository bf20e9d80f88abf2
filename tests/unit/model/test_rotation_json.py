"""The stable JSON form of a rotation."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
from monitor.model.rotation_json import (
    change_from_json,
    change_to_json,
    rotation_from_json,
    rotation_to_json,
)
from monitor.model.state import FlowGrade, ShareSplit

VERSION_0_1_0 = Path(__file__).parent / "changes-0.1.0.jsonl"
FIVE = datetime(2025, 1, 19, 5, tzinfo=UTC)


def side(sector: str, *, change: float) -> SideEvidence:
    return SideEvidence(
        sector=sector,
        total_return=-0.104,
        own_return=-0.072,
        market_part=-0.032,
        beta=1.7,
        market_cap_usd=4.1e9,
        share_pp=6.9,
        share_change_pp=change,
        share_split_pp=ShareSplit(price=-2.0, supply=0.0, membership=0.0, launch=-5.1),
        volume_usd=5.2e8,
        volume_share_pp=11.0,
        volume_share_change_pp=-change,
        net_flow_usd=-31.2e6,
        flow_grade=FlowGrade.A,
        breadth_behind=9,
        breadth_of=10,
        contributors=(("VIRTUAL", -0.06),),
    )


def rotation() -> Rotation:
    evidence = Evidence(
        window_h=24,
        relative_return=-0.12,
        market_return=-0.03,
        from_side=side("ai-agents", change=-7.1),
        to_side=side("memes", change=18.0),
        moved_before_detection_pp=4.1,
        conditions=(
            Condition("relative_return", 0.12, 0.05, True),
            Condition("coverage", None, 0.7, False),
        ),
        price_witness=2.1,
        volume_witness=1.7,
        flow_witness=None,
        score_rank=1,
        score_rank_of=700,
        launches=(Launch("TRUMP", "memes", FIVE, 10.1),),
    )
    return Rotation(
        id="rot-7f3a01bc",
        from_sector="ai-agents",
        to_sector="memes",
        status=Status.CONFIRMED,
        severity=Severity.WARNING,
        detected_at=FIVE,
        confirmed_at=FIVE,
        closed_at=None,
        started_at=None,
        score=4.2,
        peak_score=4.3,
        peak_at=FIVE,
        evidence=evidence,
        quality=Quality(coverage=0.98, stale_weight=0.01, flow_grade=FlowGrade.C),
        parameters="abc",
        outcomes={"24h": Outcome(0.064, 1.2, True), "72h": None},
    )


def test_a_rotation_survives_its_json_form() -> None:
    assert rotation_from_json(json.loads(json.dumps(rotation_to_json(rotation())))) == rotation()


def test_a_one_sided_rotation_survives_too() -> None:
    one_sided = replace(
        rotation(), to_sector="*", evidence=replace(rotation().evidence, to_side=None)
    )
    assert rotation_from_json(json.loads(json.dumps(rotation_to_json(one_sided)))) == one_sided


def test_a_change_survives_with_its_reason_and_time() -> None:
    change = RotationChange(rotation(), ChangeReason.CONFIRMED, FIVE)
    assert change_from_json(json.loads(json.dumps(change_to_json(change)))) == change


def test_the_contract_s_names_and_signs_stand() -> None:
    data = rotation_to_json(rotation())
    evidence = data["evidence"]
    assert data["detected_at"] == "2025-01-19T05:00:00Z"
    assert data["closed_at"] is None
    assert evidence["share_change_pp"] == -7.1  # of the sector that lost
    assert evidence["volume_share_change_pp"] == -18.0  # of the sector that gained
    assert evidence["net_flow_usd"] == -31.2e6
    assert evidence["share_change_split_pp"] == {
        "price": -2.0,
        "supply": 0.0,
        "membership": 0.0,
        "launch": -5.1,
    }
    assert evidence["breadth"] == {"from": [9, 10], "to": [9, 10]}
    assert evidence["contributors"] == {"from": [["VIRTUAL", -0.06]], "to": [["VIRTUAL", -0.06]]}
    assert evidence["conditions"][1] == {
        "name": "coverage",
        "value": None,
        "bound": 0.7,
        "met": False,
        "unit": None,
    }
    assert data["outcomes"] == {
        "24h": {
            "relative_return": 0.064,
            "share_change_pp": 1.2,
            "held": True,
            "to_over_from_return": 0.064,
        },
        "72h": None,
    }
    assert data["quality"] == {
        "coverage": 0.98,
        "stale_weight": 0.01,
        "flow_grade": "C",
        "venue_conflict": False,
        "benchmark_missing": False,
    }
    required = {
        "id",
        "from_sector",
        "to_sector",
        "status",
        "severity",
        "confirmed_at",
        "started_at",
        "score",
        "at_start",
        "parameters",
    }
    assert required <= set(data)


def kept(before: Any, now: Any) -> bool:
    """Whether all that stood in the stored form stands there still, in the same order."""
    if isinstance(before, dict):
        still = [name for name in now if name in before]
        return still == list(before) and all(kept(before[name], now[name]) for name in before)
    if isinstance(before, list):
        return len(before) == len(now) and all(map(kept, before, now))
    return bool(type(before) is type(now) and before == now)


def test_what_version_0_1_0_stored_is_read_and_written_as_it_was() -> None:
    lines = VERSION_0_1_0.read_text(encoding="utf-8").splitlines()
    assert [change_from_json(json.loads(line)).rotation.to_sector for line in lines] == [
        "memes",
        "*",
    ]
    for line in lines:
        stored = json.loads(line)
        assert kept(stored, change_to_json(change_from_json(stored)))


def test_a_field_that_a_later_version_added_is_passed_over() -> None:
    data = rotation_to_json(rotation())
    data["kind"], data["evidence"]["season"] = "rotation", "winter"
    assert rotation_from_json(data) == rotation()


def test_a_whole_number_is_written_as_it_was_read() -> None:
    data = rotation_to_json(replace(rotation(), score=4))
    assert json.dumps(rotation_to_json(rotation_from_json(data))["score"]) == "4"
