"""All that a detector remembers."""

from dataclasses import dataclass
from typing import Any

from monitor.detection.lifecycle import Ledger
from monitor.detection.tallies import Tallies
from monitor.detection.windows import Arrays, DetectionWindows


@dataclass(slots=True)
class DetectorState:
    """Fixed-size arrays and the rotations that are followed."""

    memory: DetectionWindows
    tallies: Tallies
    ledger: Ledger
    names: tuple[str, ...]  # sectors, in order
    pairs: tuple[tuple[str, str], ...]

    def dump(self) -> tuple[Arrays, dict[str, Any]]:
        """(arrays, JSON-able rest)."""
        return self.memory.dump() | self.tallies.dump(), {
            "ledger": self.ledger.to_json(),
            "pairs": [list(pair) for pair in self.pairs],
        }
