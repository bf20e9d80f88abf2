"""A rotation as one flat row with units in the names: what files and frames show of it; unknown is None."""

from typing import Any

from monitor.model.rotation import Rotation
from monitor.model.rotation_json import rotation_to_json

_OWN = [
    "id",
    "from_sector",
    "to_sector",
    "status",
    "severity",
    "detected_at",
    "confirmed_at",
    "closed_at",
    "started_at",
    "score",
    "peak_score",
    "peak_at",
    "at_start",
    "held",
    "reverses",
    "reversed_by",
    "joins",
    "parameters",
]
TIMES = frozenset(name for name in _OWN if name.endswith("_at") and name != "at_start")
FLAGS = frozenset({"at_start", "held", "outcome_24h_held", "outcome_72h_held"})
WHOLE = frozenset({"window_h"})
_EVIDENCE = {
    "window_h": "window_h",
    "relative_return": "relative_return_fraction",
    "share_change_pp": "share_change_pp",
    "volume_share_change_pp": "volume_share_change_pp",
    "net_flow_usd": "net_flow_usd",
    "market_return": "market_return_fraction",
    "from_own_return": "from_own_return_fraction",
    "to_own_return": "to_own_return_fraction",
    "moved_before_detection_pp": "moved_before_detection_pp",
}
_OUTCOME = {
    "relative_return": "relative_return_fraction",
    "share_change_pp": "share_change_pp",
    "held": "held",
}
COLUMNS: tuple[str, ...] = (
    *_OWN,
    *_EVIDENCE.values(),
    *(f"outcome_{due}_{name}" for due in ("24h", "72h") for name in _OUTCOME.values()),
)
"""In the order of :func:`rotation_row`."""
NUMBERS = frozenset(
    name
    for name in COLUMNS
    if name in {"score", "peak_score"} or name.endswith(("_fraction", "_pp", "_usd"))
)


def rotation_row(rotation: Rotation) -> dict[str, Any]:
    """The contract's own figures; times as ISO 8601 UTC. Outcomes are *to* over *from*, None before they are due."""
    record = rotation_to_json(rotation)
    row = {name: record[name] for name in _OWN}
    row |= {shown: record["evidence"][name] for name, shown in _EVIDENCE.items()}
    for due in ("24h", "72h"):
        outcome = record["outcomes"].get(due) or {}
        row |= {f"outcome_{due}_{shown}": outcome.get(name) for name, shown in _OUTCOME.items()}
    return row
