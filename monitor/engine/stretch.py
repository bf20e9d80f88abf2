"""Steps that were taken in one go, and the state as it stood after each of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from monitor.detection.inputs import SectorSteps
from monitor.engine.accumulate import Trail
from monitor.engine.state import EngineState
from monitor.engine.taken import Intake
from monitor.engine.values import ManyValues
from monitor.model.interval import IntervalInput
from monitor.model.rotation import Launch
from monitor.model.state import MemberEvent


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """What came of the steps, and what the state held after each. ``steps``: all that the state had taken after the last.

    ``events`` and ``launches``: of each step. The state stands after the last step but for who asks within :meth:`shown`.
    """

    state: EngineState
    steps: int
    taken: Intake
    values: ManyValues
    trail: Trail
    closes_hour: Sequence[bool]
    events: Sequence[tuple[MemberEvent, ...]]
    launches: Sequence[list[Launch]]
    sectors: SectorSteps

    def __len__(self) -> int:
        return len(self.closes_hour)

    def interval(self, t: int) -> IntervalInput:
        """Of one step, by its place."""
        return self.taken.intervals[t]

    @contextmanager
    def shown(self, t: int) -> Iterator[None]:
        """The state as it stood after that step, to be read and not to be moved on.

        Raises RuntimeError once it was moved on.
        """
        if self.state.steps != self.steps:
            raise RuntimeError(f"found the state at step {self.state.steps}, expected {self.steps}")
        last = len(self) - 1
        if t != last:
            self._show(t)
        try:
            yield
        finally:
            if t != last:
                self._show(last)

    def _show(self, t: int) -> None:
        state = self.state
        for ring in state.step_rings():
            ring.back = len(self) - 1 - t
        for ring in state.hour_rings():
            ring.back = sum(self.closes_hour[t + 1 :])
        state.level, state.begun = self.trail.level[t], self.trail.begun[t]
        state.hour_sampled = self.trail.hour_sampled[t]
        state.hour_scaled = self.trail.hour_scaled[t]
        state.seen, state.age = self.taken.seen[t], self.taken.age[t]
        state.launches = self.launches[t]
