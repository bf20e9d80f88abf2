"""What detection has seen: windows of sectors and hourly samples of pairs, in arrays of fixed size."""

from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.analytics.own import Mean, decay
from monitor.analytics.ring import Part, Ring, Rings
from monitor.detection.parameters import DetectionParameters
from monitor.model.interval import IntArray

Arrays = dict[str, npt.NDArray[Any]]
Moves = dict[str, tuple[IntArray, IntArray]]
"""By axis (sector, pair, cell, one): old and new positions."""

WINDOW_H = 48
"""The longest window (24 h) and the 24 h before it."""
SAMPLES = 360
"""Hourly samples: 14 days that end up to 24 h ago."""
ROWS = ("r", "e", "q", "volume", "net", "weight", "coverage")
"""What is kept of each step and sector: log returns, USD, weight of the flow's grade, coverage."""


class DetectionWindows:
    """Per sector: step windows and spreads of own returns. Per (pair, horizon): hourly samples and their yardsticks.

    ``spread``: of squares, its columns as those of ``sigma``, which are its roots step by step. ``medians``: (3, 2, pairs x
    horizons): of level l, change d and flow difference; median, then 1.4826 MAD.
    """

    def __init__(
        self, sectors: int, pairs: int, horizons: int, width: timedelta, p: DetectionParameters
    ) -> None:
        step_h = width / timedelta(hours=1)
        self.per_hour = max(1, round(1.0 / step_h))
        window = WINDOW_H * self.per_hour
        alpha = decay(p.sigma_half_life_h, step_h)
        cells = pairs * horizons
        self.rows = Rings(window, dict.fromkeys(ROWS, sectors))
        self.sigma = Rings(24 * self.per_hour + 1, {"x": pairs, "y": pairs, "e": sectors})
        self.spread = Mean(alpha, 2 * pairs + sectors)
        self.samples = {name: Ring(SAMPLES, cells) for name in ("level", "change", "flow")}
        self.medians = np.full((3, 2, cells), np.nan)
        self.known = np.zeros(cells, dtype=np.int64)
        self.levels = np.zeros(sectors)

    def dump(self) -> Arrays:
        """Every array by name; the last axis is sectors, pairs, cells or one."""
        found: Arrays = {
            name: getattr(holder, attribute)
            for name, (holder, attribute) in self._vectors().items()
        }
        for name, attribute, place in self._spreads():
            found[name] = getattr(self.spread, attribute)[place]
        return found | {name: ring.dump() for name, ring in self._rings().items()}

    def restore(self, stored: Arrays, moves: Moves) -> None:
        """Take what :meth:`dump` gave; ``moves`` maps old to new positions of each axis by name."""
        for name, (holder, attribute) in self._vectors().items():
            setattr(
                holder,
                attribute,
                moved(stored[name], getattr(holder, attribute), moves[name.partition("/")[0]]),
            )
        for name, attribute, place in self._spreads():
            mine = getattr(self.spread, attribute)[place]
            mine[:] = moved(stored[name], mine, moves[name.partition("/")[0]])
        for name, ring in self._rings().items():
            ring.fill(moved(stored[name], ring.dump(), moves[name.partition("/")[0]]))

    def _vectors(self) -> dict[str, tuple[Any, str]]:
        return {
            "cell/medians": (self, "medians"),
            "cell/known": (self, "known"),
            "sector/levels": (self, "levels"),
        }

    def _spreads(self) -> list[tuple[str, str, slice]]:
        """(stored name, attribute of the mean, its columns)."""
        return [
            (f"{_axis(name)}/spread/{name}/{attribute}", attribute, place)
            for name, place in self.sigma.places.items()
            for attribute in ("value", "count")
        ]

    def _rings(self) -> dict[str, Ring | Part]:
        found: dict[str, Ring | Part] = {
            f"sector/rows/{name}": ring for name, ring in self.rows.items()
        }
        found |= {f"{_axis(name)}/sigma/{name}": ring for name, ring in self.sigma.items()}
        return found | {f"cell/samples/{name}": ring for name, ring in self.samples.items()}


def _axis(name: str) -> str:
    """Of a spread: own returns are of sectors, differences of pairs."""
    return "sector" if name == "e" else "pair"


def moved(
    stored: npt.NDArray[Any], empty: npt.NDArray[Any], moves: tuple[IntArray, IntArray]
) -> npt.NDArray[Any]:
    """What was ``stored`` at old positions of the last axis, laid into new ones of a copy of ``empty``."""
    out = empty.copy()
    out[..., moves[1]] = stored[..., moves[0]]
    return out
