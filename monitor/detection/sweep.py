"""Many detectors over one stretch: those that look alike see each step once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from monitor.detection.detector import Detector
from monitor.detection.detector_state import DetectorState
from monitor.detection.inputs import Handed
from monitor.detection.walk import ContextAt
from monitor.model.rotation import RotationChange


@dataclass(slots=True)
class Group:
    """Detectors whose sight is the same, by number, with a state each; all states hold the memory of the first."""

    members: list[tuple[int, Detector]] = field(default_factory=list)
    states: list[DetectorState] = field(default_factory=list)

    def take(self, number: int, detector: Detector) -> None:
        """One more."""
        state = detector.new_state()
        self.members.append((number, detector))
        self.states.append(replace(state, memory=self.states[0].memory) if self.states else state)


class Sweep:
    """What each detector decides is what it would have decided by itself: memories of equal sight are equal.

    ``changes``: of each detector, in their order.
    """

    def __init__(self, detectors: Sequence[Detector]) -> None:
        groups: dict[object, Group] = {}
        for number, detector in enumerate(detectors):
            groups.setdefault(detector.sight, Group()).take(number, detector)
        self._groups = tuple(groups.values())
        self.changes: list[list[RotationChange]] = [[] for _ in detectors]

    def over(self, handed: Handed, context_at: ContextAt) -> None:
        """Move all of them on over a stretch of steps."""
        for group in self._groups:
            looked = group.members[0][1].look_over(group.states[0].memory, handed)
            for (number, detector), state in zip(group.members, group.states, strict=True):
                for taken in detector.walk(state, looked, handed.launched, context_at):
                    self.changes[number].extend(taken.changes)
