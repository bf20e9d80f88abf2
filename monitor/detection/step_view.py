"""One step as the life of rotations sees it."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from monitor.detection.conditions import Judged
from monitor.detection.inputs import PairContext, SectorStep
from monitor.detection.launch_drain import Drain, drains_seen
from monitor.detection.parameters import DetectionParameters
from monitor.detection.seen import Features, Pairs, Seen
from monitor.detection.tallies import Tallies
from monitor.detection.windows import DetectionWindows


@dataclass(frozen=True, eq=False)
class StepView:
    """What was seen and judged in one step; ``names`` of the sectors in order, the first ``watched`` no benchmark."""

    memory: DetectionWindows
    tallies: Tallies
    pairs: Pairs
    judged: Judged
    seen: Seen
    sectors: SectorStep
    at: datetime
    width: timedelta
    p: DetectionParameters
    live_from: datetime | None
    names: tuple[str, ...]
    watched: int

    def steps(self, hours: float) -> int:
        """Steps in that many hours, at least one."""
        return max(1, math.ceil(hours * self.memory.per_hour - 1e-9))

    def persist(self, minutes: float) -> int:
        """Steps that a bound must hold: the given time, and two at the least."""
        return max(2, self.steps(minutes / 60.0))

    def score(self, pair: int) -> float:
        """The qualifying score, -inf where no horizon qualifies; of a launch drain where the pair has no yardstick."""
        drain = self.drains.get(pair)
        if drain is None:
            return float(self.judged.score[pair])
        return drain.score if drain.holds and drain.score is not None else -math.inf

    def known(self, pair: int) -> bool:
        """Whether the pair can be judged in this step."""
        return self.sectors.known and (pair in self.drains or bool(self.judged.known[pair]))

    @cached_property
    def drains(self) -> dict[int, Drain]:
        """Of the pairs into a sector of launches, too young for a yardstick."""
        return drains_seen(self.judged, self.seen, self.p)

    @property
    def features(self) -> Features:
        """Witnesses and scores of the step."""
        return self.seen.features

    @property
    def context(self) -> PairContext:
        """Answers about the hours that end with the step."""
        return self.seen.context

    @property
    def at_start(self) -> bool:
        """Whether this step was over before a daemon first looked."""
        return self.live_from is not None and self.at <= self.live_from
