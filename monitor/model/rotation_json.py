"""The stable JSON object of a rotation. Fields are added, never renamed: others rely on them."""

from monitor.model.json_form import Json, from_json, to_json
from monitor.model.rotation import Rotation, RotationChange


def rotation_to_json(rotation: Rotation) -> Json:
    """The stable JSON object of a rotation; times as ISO 8601 UTC, unknown values as None."""
    record: Json = to_json(rotation)
    return record


def rotation_from_json(data: Json) -> Rotation:
    """The inverse of :func:`rotation_to_json`: the same rotation, bit for bit."""
    return from_json(data, Rotation)


def change_to_json(change: RotationChange) -> Json:
    """A rotation as of one change of state, with the reason and ``changed_at``."""
    record: Json = to_json(change)
    return record


def change_from_json(data: Json) -> RotationChange:
    """The inverse of :func:`change_to_json`."""
    return from_json(data, RotationChange)
