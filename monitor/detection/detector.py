"""The detector: one step of the sectors in, what was seen of each pair and what changed out."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.analytics.window import known_or_zero
from monitor.detection.conditions import Judged, judge, reading
from monitor.detection.decisions import decide
from monitor.detection.features import Sensed, advance, sample, sense
from monitor.detection.inputs import PairContext, SectorStep
from monitor.detection.launch_drain import drains_seen
from monitor.detection.lifecycle import Ledger
from monitor.detection.parameters import DetectionParameters
from monitor.detection.seen import BoolArray, Pairs, Seen
from monitor.detection.step_view import StepView
from monitor.detection.tallies import Tallies
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
class Decided:
    """What was made of a step; its figures are worked out when they are asked for."""

    at: datetime
    seen: Seen
    judged: Judged
    changes: tuple[RotationChange, ...]


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
        self.sight = (parameters.sight, self._pairs.names)
        """Detectors of one layout and width that agree in this see the same in every step."""
        text = f"{parameters.fingerprint()}|{width.total_seconds():.0f}"
        self.fingerprint = hashlib.sha256(text.encode()).hexdigest()[:12]

    def new_state(self) -> DetectorState:
        """Before the first step."""
        return DetectorState(
            self._memory(), self._tallies(), Ledger(), self._sectors, self._pairs.names
        )

    def restore(
        self, arrays: Arrays, rest: dict[str, Any], sectors: tuple[str, ...]
    ) -> DetectorState:
        """The inverse of :meth:`DetectorState.dump`; sectors and pairs are matched by name."""
        memory, tallies = self._memory(), self._tallies()
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
        moves = {
            "sector": _moves(sectors, self._sectors),
            "pair": pair_moves,
            "cell": (cells[0], cells[1]),
            "one": one,
        }
        memory.restore(arrays, moves)
        tallies.restore(arrays, moves)
        ledger = Ledger.from_json(rest["ledger"])
        return DetectorState(memory, tallies, ledger, self._sectors, self._pairs.names)

    def step(
        self, state: DetectorState, at: datetime, sectors: SectorStep, context: PairContext
    ) -> "Decided":
        """Move ``state`` on, in place; ``at`` is the interval's close, when all this became knowable."""
        found = self.look(state.memory, at, sectors, context)
        decided = self.decide(state, found)
        self.close(state.memory, found)
        return decided

    def readings(self, decided: "Decided") -> tuple[PairReading, ...]:
        """What was seen of each pair, in the words that are stored."""
        features, p = decided.seen.features, self._p
        drains = drains_seen(decided.judged, decided.seen, p)
        found = []
        for i in range(len(self._pairs.names)):
            usual = reading(decided.judged, features, self._pairs, i, decided.at, p)
            found.append(drains[i].read_as(usual, p.horizons_h) if i in drains else usual)
        return tuple(found)

    def look(
        self, memory: DetectionWindows, at: datetime, sectors: SectorStep, context: PairContext
    ) -> "Looked":
        """What this step shows. It takes no bound: detectors that differ in bounds alone may share what one has seen."""
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
        memory.levels = memory.levels + known_or_zero(sectors.r)
        advance(memory, self._pairs, rows)
        return Looked(at, sectors, context, sense(memory, self._pairs, self._p))

    def decide(self, state: DetectorState, found: "Looked") -> "Decided":
        """What is made of it: judged against this detector's bounds, and what changed of its rotations."""
        memory, p, at = state.memory, self._p, found.at
        reversing = state.ledger.reversing(self._pairs.names, at, p)
        seen = found.seen(reversing, self._pairs, p.horizons_h, self._watched)
        judged = judge(seen, memory.known.reshape(seen.features.score.shape), p)
        moment = StepView(
            memory,
            state.tallies,
            self._pairs,
            judged,
            seen,
            found.sectors,
            at,
            self._width,
            p,
            self._live_from,
            self._sectors,
            self._watched,
        )
        changes = decide(moment, state.ledger)
        state.tallies.keep(judged.score, closes_hour=is_aligned(at, HOUR))
        return Decided(at, seen, judged, changes)

    def close(self, memory: DetectionWindows, found: "Looked") -> None:
        """Once an hour, after all is decided: the samples that later steps are held against."""
        if is_aligned(found.at, HOUR):
            sample(memory, found.sensed.raw, self._p)

    def _tallies(self) -> Tallies:
        return Tallies(len(self._sectors), len(self._pairs.names))

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
