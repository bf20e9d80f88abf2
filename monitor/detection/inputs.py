"""What the detector is handed of one step, and the questions it may ask of the past."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from monitor.model.interval import FloatArray
from monitor.model.rotation import Launch, SideEvidence


@dataclass(frozen=True, slots=True, eq=False)
class SectorStep:
    """One step of every sector, in the layout's order (benchmark last); NaN where unknown.

    ``r``, ``e``, ``q``: log return, own log return and equal-weight own log return of the step. ``volume`` and
    ``net_flow``: USD of the step. ``flow_weight``: 1 for flow of grade A or B, 0.5 for C, 0 for unknown or D.
    ``coverage`` and ``stale_weight``: cap shares. ``known``: somebody answered in this interval.
    """

    r: FloatArray
    e: FloatArray
    q: FloatArray
    volume: FloatArray
    net_flow: FloatArray
    flow_weight: FloatArray
    coverage: FloatArray
    stale_weight: FloatArray
    has_members: npt.NDArray[np.bool_]
    known: bool
    market_return: float
    benchmark_missing: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SectorSteps:
    """The same of many steps along a first axis; ``known``, ``market_return``, ``benchmark_missing``: (steps,)."""

    r: FloatArray
    e: FloatArray
    q: FloatArray
    volume: FloatArray
    net_flow: FloatArray
    flow_weight: FloatArray
    coverage: FloatArray
    stale_weight: FloatArray
    has_members: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    market_return: FloatArray
    benchmark_missing: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, step: SectorStep) -> "SectorSteps":
        """One step as many."""
        return cls(**{f.name: np.asarray(getattr(step, f.name))[None] for f in fields(cls)})

    def at(self, t: int) -> SectorStep:
        """Of one step."""
        return SectorStep(
            r=self.r[t],
            e=self.e[t],
            q=self.q[t],
            volume=self.volume[t],
            net_flow=self.net_flow[t],
            flow_weight=self.flow_weight[t],
            coverage=self.coverage[t],
            stale_weight=self.stale_weight[t],
            has_members=self.has_members[t],
            known=bool(self.known[t]),
            market_return=float(self.market_return[t]),
            benchmark_missing=bool(self.benchmark_missing[t]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Handed:
    """A stretch of steps as detectors are handed it: when each closes, its sectors, and whether there are launches that may be
    asked for."""

    ats: Sequence[datetime]
    sectors: SectorSteps
    launched: Sequence[bool]


class PairContext(Protocol):
    """Figures of a sector (by its position) over the hours that end with this step."""

    def side(self, sector_index: int, window_h: int) -> SideEvidence:
        """All that evidence says of one side."""
        ...

    def breadth_from(self, sector_index: int, window_h: int) -> float | None:
        """Share of members older than a day with a negative own return; None: nobody can be judged."""
        ...

    def breadth_to(self, sector_index: int, window_h: int) -> float | None:
        """Share of the same members with a positive own return; None: nobody can be judged."""
        ...

    def market_return(self, window_h: int) -> float | None:
        """Simple return of the watched market."""
        ...

    def launches(self, sector_index: int, window_h: int) -> tuple[Launch, ...]:
        """Launches in the sector within the window."""
        ...

    def launch_share_loss(self, hours: int) -> FloatArray:
        """(*from*, *to*) of the watched sectors: pp of both together that launches in *to* brought within the hours."""
        ...

    def hours_since_launch(self, sector_index: int, within_h: int) -> int | None:
        """Whole hours, rounded up, since the first bar of the sector's first launch within so many; None: none."""
        ...

    def volume_share(self, hours: int, *, before: int = 0) -> FloatArray:
        """Each watched sector's part of the volume of ``hours`` that end ``before`` hours ago."""
        ...
