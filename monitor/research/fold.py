"""The engine's own fold over a history in memory, for one or many sets of detection parameters at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.detection.parameters import DetectionParameters
from monitor.detection.sweep import Sweep
from monitor.engine import Engine
from monitor.model.interval import FloatArray
from monitor.model.rotation import ChangeReason, RotationChange
from monitor.model.universe import Universe
from monitor.research.history import History
from monitor.research.scoring import Alarm


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """What a fold gave. ``changes``: of each parameter set, in order.

    ``level``: log index of each watched sector after each step; ``volume``: USD traded in the step, NaN unknown.
    """

    sectors: tuple[str, ...]
    closes: tuple[datetime, ...]
    level: FloatArray
    volume: FloatArray
    changes: tuple[tuple[RotationChange, ...], ...]

    @property
    def pairs(self) -> int:
        """Unordered pairs of sectors."""
        return len(self.sectors) * (len(self.sectors) - 1) // 2


def fold_history(
    history: History,
    methods: Sequence[DetectionParameters],
    analytics: AnalyticsParameters,
    *,
    universe: Universe | None = None,
) -> Folded:
    """Every parameter set over the whole history, on one pass of the analytics.

    ``universe``: other sectors over the same tokens and markets. What each set decides is what an engine of its own
    would have decided.
    """
    first = methods[0] if methods else None
    engine = Engine(
        universe or history.universe, history.width, analytics=analytics, detection=first
    )
    watched = len(engine.universe.watched)
    state = engine.new_state()
    sweep = Sweep([engine.detector(parameters) for parameters in methods])
    steps = len(history.intervals)
    level, volume = np.full((steps, watched), np.nan), np.full((steps, watched), np.nan)
    for stretch in engine.stretches(state, history.intervals):
        here = slice(state.steps - len(stretch), state.steps)
        level[here] = stretch.trail.level[:, :watched]
        volume[here] = stretch.values.volume[:, :watched]
        sweep.over(engine.handed(stretch), partial(engine.answers, stretch))
    return Folded(
        sectors=engine.layout.sectors[:watched],
        closes=tuple(interval.close_time for interval in history.intervals),
        level=level,
        volume=volume,
        changes=tuple(tuple(found) for found in sweep.changes),
    )


def confirmed(changes: Sequence[RotationChange]) -> list[Alarm]:
    """Every confirmation, further legs and resumptions of what was confirmed included: a reader is told of each."""
    told = (ChangeReason.CONFIRMED, ChangeReason.LEG, ChangeReason.REVIVED)
    return [
        Alarm(c.changed_at, *c.rotation.pair)
        for c in changes
        if c.reason in told and c.rotation.confirmed_at is not None
    ]
