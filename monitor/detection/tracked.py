"""A rotation with what is needed to follow it, as plain values that can be stored."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.model.rotation import ChangeReason, Outcome, Rotation, RotationChange

OUTCOMES = (
    ("24h", timedelta(hours=24), ChangeReason.OUTCOME_24H),
    ("72h", timedelta(hours=72), ChangeReason.OUTCOME_72H),
)


@dataclass(slots=True)
class Tracked:
    """``level_*``: log index of both sides at detection; ``share_to_pp``: *to*'s cap share then; ``below``: steps in a
    row under the bound that ends it; ``paused``: those were many, and nothing was told of it since."""

    rotation: Rotation
    level_from: float | None
    level_to: float | None
    share_to_pp: float | None
    below: int = 0
    paused: bool = False

    def change(self, reason: ChangeReason, at: datetime, **fields: Any) -> RotationChange:
        """Set fields of the rotation and say so."""
        self.rotation = replace(self.rotation, **fields)
        return RotationChange(self.rotation, reason, at)

    def due_outcomes(self, at: datetime) -> list[tuple[str, ChangeReason]]:
        """Outcomes that are due and not yet known, the earlier first."""
        return [
            (name, reason)
            for name, after, reason in OUTCOMES
            if self.rotation.outcomes.get(name) is None and at >= self.rotation.detected_at + after
        ]

    def next_outcome(self) -> list[datetime]:
        """When the outcomes that are not yet known fall due."""
        known = self.rotation.outcomes
        return [
            self.rotation.detected_at + after
            for name, after, _ in OUTCOMES
            if known.get(name) is None
        ]

    def with_outcome(
        self, name: str, outcome: Outcome, reason: ChangeReason, at: datetime
    ) -> RotationChange:
        """Write an outcome down."""
        return self.change(reason, at, outcomes={**self.rotation.outcomes, name: outcome})
