"""What one detector has counted: how long bounds were held, and how high scores stood lately."""

import numpy as np

from monitor.analytics.ring import Ring
from monitor.detection.windows import Arrays, Moves, moved
from monitor.model.interval import FloatArray

MAXIMA = 720
"""Hourly maxima of the score over all pairs: 30 days."""


class Tallies:
    """Of each pair and sector, how many steps in a row a bound was held; and the hourly maxima of the score.

    ``runs`` (kinds, pairs) and ``one_sided`` (kinds, sectors). What was seen is the same for every detector that looks
    through the same horizons; what is counted depends on its bounds.
    """

    def __init__(self, sectors: int, pairs: int) -> None:
        self.runs = np.zeros((5, pairs), dtype=np.int64)
        self.one_sided = np.zeros((4, sectors), dtype=np.int64)
        self.maxima = Ring(MAXIMA, 1)
        self.hour_max = np.full(1, np.nan)

    def keep(self, score: FloatArray, *, closes_hour: bool) -> None:
        """Take one step's scores into the hour's highest; -inf qualifies nowhere."""
        best = score.max(initial=-np.inf)
        if np.isfinite(best):
            self.hour_max = np.fmax(self.hour_max, best)
        if closes_hour:
            self.maxima.push(self.hour_max)
            self.hour_max = np.full(1, np.nan)

    def dump(self) -> Arrays:
        """Every array by name; the last axis is pairs, sectors or one."""
        return {
            "pair/runs": self.runs,
            "sector/one_sided": self.one_sided,
            "one/hour_max": self.hour_max,
            "one/maxima": self.maxima.dump(),
        }

    def restore(self, stored: Arrays, moves: Moves) -> None:
        """The inverse of :meth:`dump`; ``moves`` maps old to new positions of each axis by name."""
        self.runs = moved(stored["pair/runs"], self.runs, moves["pair"])
        self.one_sided = moved(stored["sector/one_sided"], self.one_sided, moves["sector"])
        self.hour_max = moved(stored["one/hour_max"], self.hour_max, moves["one"])
        self.maxima.fill(moved(stored["one/maxima"], self.maxima.dump(), moves["one"]))
