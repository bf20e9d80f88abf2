"""The facts that a rotation's notice carries, taken out of its payload."""

from collections.abc import Mapping
from typing import Any

from monitor.content.alert.facts import Around, around_from_json
from monitor.model.rotation import RotationChange
from monitor.model.rotation_json import change_from_json

Payload = Mapping[str, Any]


def parse_change(payload: Payload) -> RotationChange:
    """The change that is told; KeyError where the payload is of another kind."""
    return change_from_json(payload["change"])


def told_facts(payload: Payload) -> tuple[RotationChange, Around]:
    """The change and what stands around it."""
    return parse_change(payload), around_from_json(payload.get("around") or {})


def first_facts(payload: Payload) -> tuple[RotationChange, Around] | None:
    """The facts that the parent message was posted with; None where none are given."""
    first = payload.get("first")
    return told_facts(first) if first else None
