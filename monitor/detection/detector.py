"""The detector: one step of the sectors in, what was seen of each pair and what changed out."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.detection.conditions import Judged, judge, reading
from monitor.detection.features import advance, features, sample
from monitor.detection.inputs import PairContext, SectorStep
from monitor.detection.lifecycle import Ledger
from monitor.detection.parameters import DetectionParameters
from monitor.detection.seen import Pairs, Seen
from monitor.detection.single_sided import one_sided
from monitor.detection.step_view import StepView
from monitor.detection.windows import Arrays, DetectionWindows
from monitor.model.grid import is_aligned
from monitor.model.interval import IntArray, Layout
from monitor.model.rotation import PairReading, RotationChange

HOUR = timedelta(hours=1)
DAY_H = 24


@dataclass(slots=True)
class DetectorState:
    """Fixed-size arrays and the rotations that are followed."""

    memory: DetectionWindows
    ledger: Ledger
    names: tuple[str, ...]  # sectors, in order
    pairs: tuple[tuple[str, str], ...]

    def dump(self) -> tuple[Arrays, dict[str, Any]]:
        """(arrays, JSON-able rest)."""
        return self.memory.dump(), {
            "ledger": self.ledger.to_json(),
            "pairs": [list(pair) for pair in self.pairs],
        }


class Detector:
    """Watches the ordered pairs of sectors. ``watched``: how many of the layout's first sectors are no benchmark.

    Raises ValueError where bars of ``width`` do not divide an hour, or a horizon is no whole number of hours to 24.
    """

    def __init__(
        self,
        layout: Layout,
        parameters: DetectionParameters,
        width: timedelta,
        *,
        watched: int,
        live_from: datetime | None = None,
    ) -> None:
        if HOUR % width:
            raise ValueError(f"found bars of {width}, expected a width that divides an hour")
        if not all(1 <= hours <= DAY_H for hours in parameters.horizons_h):
            raise ValueError(f"found horizons {parameters.horizons_h}, expected 1 to {DAY_H} hours")
        self._sectors = layout.sectors
        self._watched = watched
        self._p = parameters
        self._width = width
        self._live_from = live_from
        self._pairs = _pairs(layout.sectors[:watched], parameters.pairs)
        text = f"{parameters.fingerprint()}|{width.total_seconds():.0f}"
        self.fingerprint = hashlib.sha256(text.encode()).hexdigest()[:12]

    def new_state(self) -> DetectorState:
        """Before the first step."""
        return DetectorState(self._memory(), Ledger(), self._sectors, self._pairs.names)

    def restore(
        self, arrays: Arrays, rest: dict[str, Any], sectors: tuple[str, ...]
    ) -> DetectorState:
        """The inverse of :meth:`DetectorState.dump`; sectors and pairs are matched by name."""
        memory = self._memory()
        old_pairs = tuple((a, b) for a, b in rest["pairs"])
        pair_moves = _moves(old_pairs, self._pairs.names)
        k = len(self._p.horizons_h)
        cells = tuple(
            np.concatenate([i * size + moved for i in range(k)])
            if len(moved)
            else np.zeros(0, dtype=np.int64)
            for moved, size in zip(
                pair_moves, (len(old_pairs), len(self._pairs.names)), strict=True
            )
        )
        one = (np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
        memory.restore(
            arrays,
            {
                "sector": _moves(sectors, self._sectors),
                "pair": pair_moves,
                "cell": (cells[0], cells[1]),
                "one": one,
            },
        )
        return DetectorState(
            memory, Ledger.from_json(rest["ledger"]), self._sectors, self._pairs.names
        )

    def step(
        self, state: DetectorState, at: datetime, sectors: SectorStep, context: PairContext
    ) -> tuple[tuple[PairReading, ...], tuple[RotationChange, ...]]:
        """Move ``state`` on, in place; ``at`` is the interval's close, when all this became knowable."""
        memory, p = state.memory, self._p
        whole = np.nan if not sectors.known else 1.0  # an unseen interval says nothing of returns
        rows = {
            "r": sectors.r * whole,
            "e": sectors.e * whole,
            "q": sectors.q * whole,
            "volume": sectors.volume,
            "net": np.where(sectors.flow_weight > 0, sectors.net_flow, np.nan),
            "weight": sectors.flow_weight,
            "coverage": sectors.coverage if sectors.known else np.zeros(len(self._sectors)),
        }
        memory.levels = memory.levels + np.nan_to_num(sectors.r)
        advance(memory, self._pairs, rows)
        reversing = state.ledger.reversing(self._pairs.names, at, p)
        found, raw = features(memory, self._pairs, p, reversing)
        samples = memory.known.reshape(found.score.shape)
        seen = Seen(found, self._pairs, context, p.horizons_h, self._watched, reversing)
        judged = judge(seen, samples, p)
        moment = StepView(
            memory,
            self._pairs,
            judged,
            seen,
            sectors,
            at,
            self._width,
            p,
            self._live_from,
            self._sectors,
            self._watched,
        )
        changes = list(state.ledger.move_on(moment))
        changes += one_sided(moment, state.ledger)
        changes += state.ledger.outcomes(moment)
        readings = tuple(
            reading(judged, found, self._pairs, i, at, p) for i in range(len(self._pairs.names))
        )
        self._keep_hourly(memory, judged, raw, at)
        return readings, tuple(changes)

    def _keep_hourly(
        self, memory: DetectionWindows, judged: Judged, raw: dict[str, Any], at: datetime
    ) -> None:
        """Once an hour: samples for the yardsticks, and the hour's highest score."""
        best = judged.score.max(initial=-np.inf)
        if np.isfinite(best):
            memory.hour_max = np.fmax(memory.hour_max, best)
        if is_aligned(at, HOUR):
            sample(memory, raw, self._p)
            memory.maxima.push(memory.hour_max)
            memory.hour_max = np.full(1, np.nan)

    def _memory(self) -> DetectionWindows:
        return DetectionWindows(
            len(self._sectors),
            len(self._pairs.names),
            len(self._p.horizons_h),
            self._width,
            self._p,
        )


def _pairs(sectors: tuple[str, ...], wanted: tuple[tuple[str, str], ...] | None) -> Pairs:
    position = {name: i for i, name in enumerate(sectors)}
    names = tuple(
        sorted(
            (a, b)
            for a in sectors
            for b in sectors
            if a != b and (wanted is None or (a, b) in wanted)
        )
    )
    place = {pair: i for i, pair in enumerate(names)}
    return Pairs(
        source=np.array([position[a] for a, _ in names], dtype=np.int64),
        target=np.array([position[b] for _, b in names], dtype=np.int64),
        opposite=np.array([place.get((b, a), -1) for a, b in names], dtype=np.int64),
        names=names,
    )


def _moves(old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[IntArray, IntArray]:
    """Positions (old, new) of what both have."""
    place = {name: i for i, name in enumerate(new)}
    kept = [(i, place[name]) for i, name in enumerate(old) if name in place]
    both: npt.NDArray[np.int64] = np.array(kept, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
