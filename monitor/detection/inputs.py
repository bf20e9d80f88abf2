"""What the detector is handed of one step, and the questions it may ask of the past."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from monitor.model.interval import FloatArray
from monitor.model.rotation import Launch, SideEvidence

BoolArray = npt.NDArray[np.bool_]
Flag = TypeVar("Flag", bool, BoolArray)


@dataclass(frozen=True, slots=True, eq=False)
class Sectors(Generic[Flag]):
    """Every sector in one step, in the layout's order (benchmark last), or in many along a first axis; NaN where unknown.

    ``r``, ``e``, ``q``: log return, own log return and equal-weight own log return of the step. ``volume`` and
    ``net_flow``: USD of the step. ``flow_weight``: 1 for flow of grade A or B, 0.5 for C, 0 for unknown or D.
    ``coverage`` and ``stale_weight``: cap shares. ``known``: somebody answered in this interval. It and
    ``benchmark_missing``: of a step, so one each, or one a step.
    """

    r: FloatArray
    e: FloatArray
    q: FloatArray
    volume: FloatArray
    net_flow: FloatArray
    flow_weight: FloatArray
    coverage: FloatArray
    stale_weight: FloatArray
    known: Flag
    benchmark_missing: Flag

    def at(self, t: int) -> "SectorStep":
        """Of one of many steps."""
        one = {f.name: getattr(self, f.name)[t] for f in fields(self)}
        for flag in ("known", "benchmark_missing"):
            one[flag] = bool(one[flag])
        return Sectors(**one)


SectorStep = Sectors[bool]
"""Of one step: arrays without that axis."""
SectorSteps = Sectors[BoolArray]
"""Of many steps."""


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
