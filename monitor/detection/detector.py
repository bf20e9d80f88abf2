"""The detector: one step of the sectors in, what was seen of each pair and what changed out."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.analytics.window import known_or_zero
from monitor.detection.conditions import judge, reading
from monitor.detection.decisions import decide
from monitor.detection.detector_state import DetectorState
from monitor.detection.features import advance, over_usual, sample, samples, sense, sums_over
from monitor.detection.inputs import Handed, SectorSteps
from monitor.detection.launch_drain import drains_seen
from monitor.detection.lifecycle import Ledger
from monitor.detection.looked import Decided, Looked, LookedOver
from monitor.detection.parameters import DetectionParameters
from monitor.detection.seen import BoolArray, Pairs
from monitor.detection.step_view import StepView
from monitor.detection.tallies import Tallies
from monitor.detection.walk import ContextAt, Taken, Walk
from monitor.detection.windows import Arrays, DetectionWindows
from monitor.model.grid import is_aligned
from monitor.model.interval import FloatArray, IntArray, Layout
from monitor.model.rotation import PairReading

HOUR = timedelta(hours=1)
DAY_H = 24


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
        self.watched = watched
        self.parameters = parameters
        self._width = width
        self._live_from = live_from
        self.pairs = _pairs(layout.sectors[:watched], parameters.pairs)
        self.sight = (parameters.sight, self.pairs.names)
        """Detectors of one layout and width that agree in this see the same in every step."""
        text = f"{parameters.fingerprint()}|{width.total_seconds():.0f}"
        self.fingerprint = hashlib.sha256(text.encode()).hexdigest()[:12]

    def new_state(self) -> DetectorState:
        """Before the first step."""
        return DetectorState(
            self._memory(), self._tallies(), Ledger(), self._sectors, self.pairs.names
        )

    def restore(
        self, arrays: Arrays, rest: dict[str, Any], sectors: tuple[str, ...]
    ) -> DetectorState:
        """The inverse of :meth:`DetectorState.dump`; sectors and pairs are matched by name."""
        memory, tallies = self._memory(), self._tallies()
        old_pairs = tuple((a, b) for a, b in rest["pairs"])
        pair_moves = _moves(old_pairs, self.pairs.names)
        k = len(self.parameters.horizons_h)
        cells = tuple(
            np.concatenate([i * size + moved for i in range(k)])
            if len(moved)
            else np.zeros(0, dtype=np.int64)
            for moved, size in zip(pair_moves, (len(old_pairs), len(self.pairs.names)), strict=True)
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
        return DetectorState(memory, tallies, ledger, self._sectors, self.pairs.names)

    def readings(self, decided: Decided) -> tuple[PairReading, ...]:
        """What was seen of each pair, in the words that are stored."""
        features, p = decided.seen.features, self.parameters
        drains = drains_seen(decided.judged, decided.seen, p)
        found = []
        for i in range(len(self.pairs.names)):
            usual = reading(decided.judged, features, self.pairs, i, decided.at, p)
            found.append(drains[i].read_as(usual, p.horizons_h) if i in drains else usual)
        return tuple(found)

    def over(self, state: DetectorState, handed: Handed, context_at: ContextAt) -> Iterator[Taken]:
        """Move ``state`` on by steps, in place: all are looked at in one go and then decided one by one. However they are cut
        into stretches, what comes of them is the same to the bit."""
        looked = self.look_over(state.memory, handed)
        return self.walk(state, looked, handed.launched, context_at)

    def walk(
        self,
        state: DetectorState,
        looked: LookedOver,
        launched: Sequence[bool],
        context_at: ContextAt,
    ) -> Iterator[Taken]:
        """:meth:`decide` for each of many steps, or less where it is known beforehand that nothing comes of one."""
        return Walk(self, state, looked, launched).steps(context_at)

    def look_over(self, memory: DetectionWindows, handed: Handed) -> LookedOver:
        """What steps show. It takes no bound: detectors that differ in bounds alone may share what one has seen.

        At the end of each hour come the samples that later steps are held against.
        """
        ats, sectors = handed.ats, handed.sectors
        levels, counts = self._remember(memory, sectors)
        p, steps = self.parameters, len(ats)
        windows = sums_over(memory, p, steps)
        raw = samples(windows, self.pairs)
        usual, known, begin = np.empty_like(raw), [], 0
        hours = [t + 1 for t, at in enumerate(ats) if is_aligned(at, HOUR)]
        for end in [*hours, steps]:
            usual[:, begin:end] = over_usual(memory, raw[:, begin:end], p)
            known += [memory.known] * (end - begin)
            if end > begin and end in hours:
                sample(memory, raw[:, end - 1], p)
            begin = end
        sensed = sense(memory, self.pairs, p, windows, usual)
        return LookedOver(ats, sectors, sensed, levels, counts, known)

    def _remember(
        self, memory: DetectionWindows, sectors: SectorSteps
    ) -> tuple[FloatArray, FloatArray]:
        """Take steps in; gives, after each, the level of every sector and the counts of the spreads."""
        answered = sectors.known[:, None]
        whole = np.where(answered, 1.0, np.nan)  # an unseen interval says nothing of returns
        rows = {
            "r": sectors.r * whole,
            "e": sectors.e * whole,
            "q": sectors.q * whole,
            "volume": sectors.volume,
            "net": np.where(sectors.flow_weight > 0, sectors.net_flow, np.nan),
            "weight": sectors.flow_weight,
            "coverage": np.where(answered, sectors.coverage, 0.0),
        }
        moved = np.concatenate([memory.levels[None], known_or_zero(sectors.r)])
        levels = np.add.accumulate(moved)[1:]
        memory.levels = levels[-1].copy()
        return levels, advance(memory, self.pairs, rows)

    def decide(self, state: DetectorState, found: Looked) -> Decided:
        """What is made of it: judged against this detector's bounds, and what changed of its rotations."""
        memory, p, at = state.memory, self.parameters, found.at
        reversing = state.ledger.reversing(self.pairs.names, at, p)
        view = self.view(found, reversing, memory.known)
        seen, judged = view.seen, view.judged
        moment = StepView(
            memory,
            state.tallies,
            self.pairs,
            judged,
            seen,
            found.sectors,
            at,
            self._width,
            p,
            self._live_from,
            self._sectors,
            self.watched,
        )
        changes = decide(moment, state.ledger)
        state.tallies.keep(judged.score, closes_hour=is_aligned(at, HOUR))
        return replace(view, changes=changes)

    def view(self, found: Looked, reversing: BoolArray, samples: IntArray) -> Decided:
        """What is seen and judged, and nothing decided. ``samples``: hourly ones in the yardstick of each cell."""
        seen = found.seen(reversing, self.pairs, self.parameters.horizons_h, self.watched)
        judged = judge(seen, samples.reshape(seen.features.score.shape), self.parameters)
        return Decided(found.at, seen, judged, ())

    def _tallies(self) -> Tallies:
        return Tallies(len(self._sectors), len(self.pairs.names))

    def _memory(self) -> DetectionWindows:
        return DetectionWindows(
            len(self._sectors),
            len(self.pairs.names),
            len(self.parameters.horizons_h),
            self._width,
            self.parameters,
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
