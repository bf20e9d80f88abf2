"""The stable JSON form of a rotation."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.model.rotation import (
    ChangeReason,
    Condition,
    Launch,
    Outcome,
    Quality,
    Rotation,
    RotationChange,
)
from monitor.model.rotation_json import (
    change_from_json,
    change_to_json,
    rotation_from_json,
    rotation_to_json,
)
from monitor.model.state import FlowGrade, ShareSplit
from tests.kit import rotations

VERSION_0_1_0 = Path(__file__).parent / "changes-0.1.0.jsonl"
FIVE = datetime(2025, 1, 19, 5, tzinfo=UTC)


def rotation() -> Rotation:
    """With every kind of value: known, unknown, an outcome that is due and one that is not."""
    split = ShareSplit(price=-2.0, supply=0.0, membership=0.0, launch=-2.1)
    return rotations.confirmed(
        evidence=rotations.evidence(
            from_side=rotations.side(share_split_pp=split),
            conditions=(
                Condition("relative_return", 0.12, 0.05, True),
                Condition("coverage", None, 0.7, False),
            ),
            flow_witness=None,
            launches=(Launch("TRUMP", "memes", FIVE, 10.1),),
        ),
        quality=Quality(coverage=0.98, stale_weight=0.01, flow_grade=FlowGrade.C),
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
    assert data["detected_at"] == "2025-01-19T11:05:00Z"
    assert data["closed_at"] is None
    assert evidence["share_change_pp"] == -4.1  # of the sector that lost
    assert evidence["volume_share_change_pp"] == 18.0  # of the sector that gained
    assert evidence["net_flow_usd"] == -3.12e7
    assert evidence["share_change_split_pp"] == {
        "price": -2.0,
        "supply": 0.0,
        "membership": 0.0,
        "launch": -2.1,
    }
    assert evidence["breadth"] == {"from": [9, 10], "to": [3, 13]}
    assert evidence["contributors"] == {
        "from": [["VIRTUAL", -0.063], ["AI16Z", -0.023], ["ARC", -0.009]],
        "to": [["DOGE", 0.012]],
    }
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
