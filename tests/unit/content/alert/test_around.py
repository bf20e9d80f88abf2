"""What stands around a rotation, through the payload of a notice and back."""

import json
from datetime import UTC, datetime

import pytest

from monitor.content.alert import (
    AlertFacts,
    PastFlags,
    facts_from_json,
    facts_to_json,
    first_facts,
    parse_change,
    told_facts,
)
from monitor.model.rotation import ChangeReason
from monitor.model.rotation_json import change_to_json
from tests.kit import rotations as samples

FULL = AlertFacts(
    names={"a": "A"},
    spark="▁█",
    notes=((datetime(2025, 1, 18, 21, tzinfo=UTC), "MELANIA launched"),),
    past=PastFlags(8, 6),
    venues=(3, 4),
    missing=("gate",),
    interval="5m",
    page="http://127.0.0.1:8787",
    ends_at=(1.2, 6.0),
    since={"a": -0.1},
    own_since={"a": -0.07},
    also_from=("b",),
    banner="demo",
)


@pytest.mark.parametrize("around", [FULL, AlertFacts()])
def test_it_survives_json(around: AlertFacts) -> None:
    assert facts_from_json(json.loads(json.dumps(facts_to_json(around)))) == around


def test_what_an_earlier_payload_lacks_is_unknown() -> None:
    assert facts_from_json({"names": {"a": "A"}, "past": None}) == AlertFacts(names={"a": "A"})


def test_facts_are_taken_out_of_a_payload() -> None:
    change = samples.change(samples.confirmed(), ChangeReason.CONFIRMED)
    facts = {"change": change_to_json(change), "around": facts_to_json(FULL)}
    payload = json.loads(json.dumps(facts | {"first": facts}))
    assert parse_change(payload) == change
    assert told_facts(payload) == (change, FULL)
    assert first_facts(payload) == (change, FULL)
    assert first_facts(facts) is None
