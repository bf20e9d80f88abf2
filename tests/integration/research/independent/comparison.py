"""The engine's figures and the independent ones side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from monitor.detection.parameters import DetectionParameters
from monitor.engine import Engine
from monitor.model.interval import IntervalInput
from monitor.model.rotation import ChangeReason
from monitor.model.state import SectorState
from monitor.model.universe import Universe
from tests.integration.research.independent.frames import Tables, tables_of
from tests.integration.research.independent.prices import Pricing
from tests.integration.research.independent.sectors import sector_figures, sectors_of
from tests.integration.research.independent.volumes import volume_figures, volumes_of
from tests.integration.research.independent.witnesses import score, witnesses_of

WITHIN = 1e-9
"""Relative to the figure, or to a thousandth of the largest of its kind: flows are differences of large amounts."""
WITNESSES = ("drift", "price", "level", "change", "flow", "weight", "own", "own_z", "coverage")
REVERSAL = timedelta(days=7)


@dataclass(eq=False)
class Told:
    """Of the engine: the sector states of each step, what its detector saw, and which pairs had turned back."""

    states: list[tuple[SectorState, ...]] = field(default_factory=list)
    sensed: dict[str, list[np.ndarray]] = field(default_factory=dict)
    scores: list[np.ndarray] = field(default_factory=list)
    volume: list[np.ndarray] = field(default_factory=list)
    returning: list[list[bool]] = field(default_factory=list)
    pairs: tuple[tuple[str, str], ...] = ()
    horizons: tuple[int, ...] = ()
    confirmations: int = 0


def engine_of(universe: Universe, intervals: Sequence[IntervalInput]) -> Told:
    """Everything the engine says, with the default parameters."""
    width, p = intervals[0].width, DetectionParameters()
    told, engine = Told(horizons=p.horizons_h), Engine(universe, width, detection=p)
    state, stepped = engine.new_state(), engine.new_state()
    detector = engine.detector(p)
    memory = detector.new_state()
    told.pairs = memory.pairs
    told.states = [engine.step(stepped, interval).step.sectors for interval in intervals]
    for stretch in engine.stretches(state, intervals):
        handed, answers = engine.handed(stretch), partial(engine.answers, stretch)
        looked = detector.look_over(memory.memory, handed)
        for name in WITNESSES:
            told.sensed.setdefault(name, []).extend(getattr(looked.sensed, name))
        steps = detector.walk(memory, looked, handed.launched, answers)
        for t, at in enumerate(handed.ats):
            told.returning.append(
                [_returning(pair, memory.ledger.confirmed, at) for pair in told.pairs]
            )
            taken = next(steps)
            with answers(t) as context:
                features = taken.decided(context).seen.features
            told.volume.append(features.volume)
            told.scores.append(features.score)
            for change in taken.changes:
                if change.reason in (ChangeReason.CONFIRMED, ChangeReason.LEG):
                    told.confirmations += 1
    return told


def _returning(
    pair: tuple[str, str], confirmed: Mapping[tuple[str, str], datetime], at: datetime
) -> bool:
    """The opposite was confirmed within 7 days, told or behind a gain on all, and was no way back itself."""
    there, earlier = confirmed.get(pair[::-1]), confirmed.get(pair)
    if there is None or at - there > REVERSAL:
        return False
    return earlier is None or not timedelta(0) < there - earlier <= REVERSAL


def differences(universe: Universe, intervals: Sequence[IntervalInput]) -> tuple[list[str], int]:
    """What differs, in words, and how many figures were compared."""
    told = engine_of(universe, intervals)
    t = tables_of(universe, intervals)
    p = Pricing(t).run()
    s = sectors_of(t, p)
    v = volumes_of(t, p, s)
    figures = sector_figures(t, p, s) | volume_figures(t, s, v)
    report = Report(t)
    for name, mine in figures.items():
        said: dict[Any, Any] = {
            sector: [_read(state[k], name) for state in told.states]
            for k, sector in enumerate(t.every_sector)
            if sector in mine.columns
        }
        report.compare(name, mine, said)
    turned = pd.DataFrame(told.returning, columns=pd.MultiIndex.from_tuples(told.pairs))
    for k, (hours, w) in enumerate(witnesses_of(t, s, v, figures["flow_grade"])):
        for name in WITNESSES:
            mine = getattr(w, name)
            names = t.every_sector if name in ("own", "own_z") else told.pairs
            rows = np.stack(told.sensed[name])[:, k]
            report.compare(f"{name} {hours} h", mine, dict(zip(names, rows.T, strict=True)))
        volume = 0.5 * (w.level + w.change)
        larger = w.level.where(~(w.change > w.level), w.change).fillna(w.change)
        volume = volume.where(~turned.set_axis(volume.columns, axis=1), larger)
        for name, mine, theirs in (
            ("volume", volume, told.volume),
            ("score", score(w, volume), told.scores),
        ):
            rows = np.stack(theirs)[:, k]
            report.compare(f"{name} {hours} h", mine, dict(zip(told.pairs, rows.T, strict=True)))
    return report.found, report.compared


def _read(state: SectorState, name: str) -> Any:
    if name.startswith("split_"):
        split = state.share_split_24h
        return None if split is None else getattr(split, name.removeprefix("split_"))
    return getattr(state, name)


@dataclass(eq=False)
class Report:
    """What differs of each figure: how often, and where first."""

    tables: Tables
    found: list[str] = field(default_factory=list)
    compared: int = 0

    def compare(self, name: str, mine: pd.DataFrame, theirs: Mapping[Any, Any]) -> None:
        """One figure; what one side does not know the other must not either."""
        if name == "flow_grade":
            for column, values in theirs.items():
                words = [None if x is None else str(x) for x in values]
                mine_words = [None if pd.isna(x) else x for x in mine[column]]
                wrong = [a != b for a, b in zip(words, mine_words, strict=True)]
                self._note(name, column, np.array(wrong), mine_words, words)
            return
        scale = float(np.nanmax(np.abs(mine.to_numpy(float)), initial=0.0))
        for column, values in theirs.items():
            own = mine[column].to_numpy(float)
            other = np.array([np.nan if x is None else x for x in values], dtype=float)
            near = np.abs(own - other) <= WITHIN * np.maximum(np.abs(other), 1e-3 * scale)
            both_unknown = np.isnan(own) & np.isnan(other)
            self.compared += int((~both_unknown).sum())
            self._note(name, column, ~(near | both_unknown), own, other)

    def _note(self, name: str, column: object, wrong: np.ndarray, own: Any, other: Any) -> None:
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            self.found.append(
                f"{name} of {column}: {int(wrong.sum())} of {len(wrong)} steps, first at step {k}"
                f" ({self.tables.opens[k]:%d %b %H:%M}): independent {own[k]!r}, engine {other[k]!r}"
            )
