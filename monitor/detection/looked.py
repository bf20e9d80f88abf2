"""Steps as they were seen, and what was made of one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from monitor.detection.conditions import Judged
from monitor.detection.features import Sensed
from monitor.detection.inputs import PairContext, SectorStep, SectorSteps
from monitor.detection.seen import BoolArray, Pairs, Seen
from monitor.detection.windows import DetectionWindows
from monitor.model.interval import FloatArray, IntArray
from monitor.model.rotation import RotationChange


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """One step as it was seen. ``views``: by which pairs are on their way back, since the volume witness depends on it."""

    at: datetime
    sectors: SectorStep
    context: PairContext
    sensed: Sensed
    views: dict[bytes, Seen] = field(default_factory=dict)

    def seen(
        self, reversing: BoolArray, pairs: Pairs, horizons_h: tuple[int, ...], watched: int
    ) -> Seen:
        """What rules are held against."""
        key = reversing.tobytes()
        if key not in self.views:
            features = self.sensed.features(reversing)
            self.views[key] = Seen(features, pairs, self.context, horizons_h, watched, reversing)
        return self.views[key]


@dataclass(frozen=True, slots=True, eq=False)
class LookedOver:
    """Many steps as they were seen, with what the memory held after each: ``levels`` of sectors, ``counts`` of the spreads, and
    hourly samples ``known`` in each yardstick, before those of the step itself."""

    ats: Sequence[datetime]
    sectors: SectorSteps
    sensed: Sensed
    levels: FloatArray
    counts: FloatArray
    known: Sequence[IntArray]

    def at(self, t: int, context: PairContext, seen: Seen | None = None) -> Looked:
        """One of them. ``seen``: what rules are held against, where it is known beforehand for the pairs that are on their way
        back by it."""
        views = {} if seen is None else {seen.returning.tobytes(): seen}
        return Looked(self.ats[t], self.sectors.at(t), context, self.sensed.at(t), views)

    @contextmanager
    def shown(self, memory: DetectionWindows, t: int) -> Iterator[None]:
        """The memory as it stood in that step, to be read: what decisions read of it."""
        now = memory.levels, memory.known, memory.spread.count
        memory.rows.whole.back = len(self.ats) - 1 - t
        memory.levels, memory.known, memory.spread.count = (
            self.levels[t],
            self.known[t],
            self.counts[t],
        )
        try:
            yield
        finally:
            memory.rows.whole.back = 0
            memory.levels, memory.known, memory.spread.count = now


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """What was made of a step; its figures are worked out when they are asked for."""

    at: datetime
    seen: Seen
    judged: Judged
    changes: tuple[RotationChange, ...]
