"""The life of rotations over a stretch of steps: only those are walked in which something is on or some bound may hold.

Of all others it is known beforehand what they leave behind: counts of steps, and nothing that is told.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, cast

import numpy as np

from monitor.detection.conditions import may_hold
from monitor.detection.detector_state import DetectorState
from monitor.detection.inputs import PairContext
from monitor.detection.lifecycle import Pair
from monitor.detection.looked import Decided, Looked, LookedOver
from monitor.detection.parameters import DetectionParameters
from monitor.detection.persistence import CRITICAL_RUN, LAUNCH_RUN, ON_RUN, UNKNOWN_RUN, WATCH_RUN
from monitor.detection.rules import INFLOW_RULES, OUTFLOW_RULES, PAIR_RULES
from monitor.detection.seen import BoolArray, Pairs, Seen
from monitor.detection.single_sided import INFLOW, OUTFLOW
from monitor.model.grid import is_aligned
from monitor.model.interval import IntArray
from monitor.model.rotation import RotationChange

HOUR = timedelta(hours=1)

ContextAt = Callable[[int], AbstractContextManager[PairContext]]
"""By the place of a step: the answers of then, as long as it is held open."""


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """One step's changes. ``decided``: all that was made of it, given the answers of then."""

    changes: tuple[RotationChange, ...]
    decided: Callable[[PairContext], Decided]


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """What is known of steps before they are walked, as long as the same pairs are ``confirmed``: what rules are held against,
    but for what is asked of the past, whether a bound may hold, and of which table of rules (by identity), and what the
    counts are moved by. The first of them is at place ``begin``."""

    begin: int
    confirmed: dict[Pair, datetime]
    seen: Seen
    reversing: BoolArray
    may_hold: BoolArray
    may_hold_of: dict[int, BoolArray]
    known: BoolArray
    goes_on: BoolArray

    def busy_from(self, t: int) -> int:
        """The next place from ``t`` on at which a bound may hold."""
        found = np.flatnonzero(self.may_hold[t - self.begin :])
        return t + int(found[0]) if len(found) else self.begin + len(self.may_hold)

    def seen_at(self, t: int, context: PairContext) -> Seen:
        """Of that step; the tables of rules that hold nowhere in it are ruled out."""
        k = t - self.begin
        ruled_out = frozenset(r for r, may in self.may_hold_of.items() if not may[k])
        return self.seen.at(k, context, ruled_out)


class Decider(Protocol):
    """A detector as far as it is needed here."""

    pairs: Pairs
    watched: int
    parameters: DetectionParameters

    def decide(self, state: DetectorState, found: Looked) -> Decided:
        """What is made of one step."""
        ...

    def view(self, found: Looked, reversing: BoolArray, samples: IntArray) -> Decided:
        """What is seen and judged in one step, and nothing decided."""
        ...


class Walk:
    """One detector over one stretch. ``launched``: of each step, whether there are launches that may be asked for."""

    def __init__(
        self,
        detector: Decider,
        state: DetectorState,
        looked: LookedOver,
        launched: Sequence[bool],
    ) -> None:
        self._detector = detector
        self._state = state
        self._looked = looked
        self._launched = np.array(launched)

    def steps(self, context_at: ContextAt) -> Iterator[Taken]:
        """All steps in their order."""
        looked, ledger, t = self._looked, self._state.ledger, 0
        if len(looked.ats) == 1:  # to look ahead would take longer than to walk
            yield self._walked(0, context_at, None)
            return
        outlook = self._outlook(0)
        while t < len(looked.ats):
            if ledger.confirmed != outlook.confirmed:
                outlook = self._outlook(t)
            until = self._quiet_until(outlook, t)
            if until > t:
                self._pass(outlook, t, until)
                for k in range(t, until):
                    yield Taken((), self._unmoved(k, outlook.reversing[k - outlook.begin]))
                t = until
                continue
            yield self._walked(t, context_at, outlook)
            t += 1

    def _walked(self, t: int, context_at: ContextAt, outlook: Outlook | None) -> Taken:
        looked, state = self._looked, self._state
        with context_at(t) as context, looked.shown(state.memory, t):
            seen = None if outlook is None else outlook.seen_at(t, context)
            decided = self._detector.decide(state, looked.at(t, context, seen))
        return Taken(decided.changes, lambda _context: decided)

    def _unmoved(self, t: int, reversing: BoolArray) -> Callable[[PairContext], Decided]:
        return lambda context: self._detector.view(
            self._looked.at(t, context), reversing, self._looked.known[t]
        )

    def _quiet_until(self, outlook: Outlook, t: int) -> int:
        """The place behind the steps from ``t`` on in which nothing can be told; ``t`` where it can at once."""
        ledger, runs = self._state.ledger, self._state.tallies.runs
        counting = runs[[WATCH_RUN, ON_RUN, LAUNCH_RUN, CRITICAL_RUN]].any()
        if counting or any(tracked.rotation.is_on for tracked in ledger.followed.values()):
            return t
        due = [at for tracked in ledger.followed.values() for at in tracked.next_outcome()]
        first_due = bisect_left(self._looked.ats, min(due)) if due else len(self._looked.ats)
        return max(t, min(outlook.busy_from(t), first_due))

    def _outlook(self, begin: int) -> Outlook:
        detector, looked, p = self._detector, self._looked, self._detector.parameters
        confirmed = dict(self._state.ledger.confirmed)
        reversing = self._reversing(begin)
        sensed = looked.sensed.at(slice(begin, None))
        features = sensed.features(reversing)
        nobody = cast("PairContext", None)  # what is asked of the past is left out here
        seen = Seen(features, detector.pairs, nobody, p.horizons_h, detector.watched, reversing)
        shape = (len(reversing), len(p.horizons_h), -1)
        young = np.array(looked.known[begin:]).reshape(shape).min(axis=1) < p.least_samples
        covered = (features.coverage >= p.bound("min_coverage")).any(axis=1)
        judged = ~np.isnan(features.score).all(axis=1)
        may = self._launched[begin:] & young.any(axis=1)
        tables = (PAIR_RULES, OUTFLOW_RULES, INFLOW_RULES)
        may_of = {id(rules): may_hold(rules, seen, p) for rules in tables}
        for held in may_of.values():
            may = may | held
        with np.errstate(invalid="ignore"):
            goes_on = np.asarray((seen.value(INFLOW_RULES[-1]) >= p.off).any(axis=1))
        known = judged & looked.sectors.known[begin:, None] & (covered | young)
        return Outlook(begin, confirmed, seen, reversing, may, may_of, known, goes_on)

    def _reversing(self, begin: int) -> BoolArray:
        names, ats = self._detector.pairs.names, self._looked.ats[begin:]
        ledger, p = self._state.ledger, self._detector.parameters
        if not ledger.confirmed:
            return np.zeros((len(ats), len(names)), dtype=np.bool_)
        rows = [ledger.reversing(names, at, p) for at in ats]
        return np.array(rows, dtype=np.bool_).reshape(len(ats), len(names))

    def _pass(self, outlook: Outlook, begin: int, end: int) -> None:
        """Leave the counts as so many steps do in which nothing holds."""
        looked, tallies = self._looked, self._state.tallies
        here = slice(begin - outlook.begin, end - outlook.begin)
        tallies.runs[UNKNOWN_RUN] = _in_a_row(tallies.runs[UNKNOWN_RUN], ~outlook.known[here])
        answered = looked.sectors.known[begin:end]
        if answered.any():
            watched = slice(0, self._detector.watched)
            runs = tallies.one_sided
            runs[OUTFLOW.runs, watched] = runs[INFLOW.runs, watched] = 0
            runs[OUTFLOW.runs + 1, watched] += np.count_nonzero(answered)
            under = ~outlook.goes_on[here][answered, watched]
            runs[INFLOW.runs + 1, watched] = _in_a_row(runs[INFLOW.runs + 1, watched], under)
        nothing = np.full(len(outlook.known[0]), -np.inf)
        for at in looked.ats[begin:end]:
            if is_aligned(at, HOUR):
                tallies.keep(nothing, closes_hour=True)
        self._state.ledger.forget(looked.ats[end - 1])


def _in_a_row(count: IntArray, more: BoolArray) -> IntArray:
    """Counts of steps in a row, after further ones (steps, width) of which some break the row."""
    broken = (~more).any(axis=0)
    since: IntArray = np.where(broken, np.argmax(~more[::-1], axis=0), count + len(more))
    return since
