"""How long bounds have been held: steps in a row per pair (METHOD, 7.1)."""

from datetime import timedelta

import numpy as np

from monitor.detection.step_view import StepView
from monitor.model.interval import FloatArray

WATCH_RUN, ON_RUN, UNKNOWN_RUN, LAUNCH_RUN, CRITICAL_RUN = range(5)


def count_runs(m: StepView) -> None:
    """Move all runs on by one step.

    A known step below the bound breaks a run; an unknown one neither counts nor breaks, but a spell of them longer than
    ``unknown_reset_min`` begins it anew.
    """
    runs, judged = m.tallies.runs, m.judged
    known = judged.known & m.sectors.known & (judged.covered | judged.young)
    runs[UNKNOWN_RUN] = np.where(known, 0, runs[UNKNOWN_RUN] + 1)
    lost = long_unknown(m)
    bounds: dict[int, float | FloatArray] = {
        WATCH_RUN: m.p.watch_on,
        ON_RUN: judged.on,
        CRITICAL_RUN: m.p.critical,
    }
    if np.isfinite(judged.score).any() or runs[list(bounds)].any():
        for row, bound in bounds.items():
            counted = np.where(judged.score >= bound, runs[row] + 1, 0)
            runs[row] = np.where(lost, 0, np.where(known, counted, runs[row]))
    draining = [pair for pair, drain in m.drains.items() if drain.holds]
    if m.sectors.known and (draining or runs[LAUNCH_RUN].any()):
        drained = np.zeros(len(m.pairs.names), dtype=np.bool_)
        drained[draining] = True
        runs[LAUNCH_RUN] = np.where(drained, runs[LAUNCH_RUN] + 1, 0)


def long_unknown(m: StepView) -> np.ndarray:
    """Pairs of which nothing has been known for longer than a run survives."""
    spell = m.tallies.runs[UNKNOWN_RUN] * (m.width / timedelta(minutes=1))
    lost: np.ndarray = spell > m.p.unknown_reset_min
    return lost


def counting(m: StepView) -> list[int]:
    """Pairs of which a bound is held now: of no other has anything lasted."""
    held = m.tallies.runs[[WATCH_RUN, ON_RUN, LAUNCH_RUN]].any(axis=0)
    found: list[int] = np.flatnonzero(held).tolist()
    return found


def has_lasted(m: StepView, run: int, pair: int, minutes: float) -> bool:
    """Whether a run of a pair is long enough."""
    return bool(m.tallies.runs[run, pair] >= m.persist(minutes))
