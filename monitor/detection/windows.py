"""What detection has seen: windows of sectors and hourly samples of pairs, in arrays of fixed size."""

from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.analytics.own import Mean, decay
from monitor.analytics.ring import Ring
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

    ``medians``: (3, 2, pairs x horizons): of level l, change d and flow difference; median, then 1.4826 MAD.
    """

    def __init__(
        self, sectors: int, pairs: int, horizons: int, width: timedelta, p: DetectionParameters
    ) -> None:
        step_h = width / timedelta(hours=1)
        self.per_hour = max(1, round(1.0 / step_h))
        window = WINDOW_H * self.per_hour
        alpha = decay(p.sigma_half_life_h, step_h)
        cells = pairs * horizons
        self.rows = {name: Ring(window, sectors) for name in ROWS}
        self.spread = {"x": Mean(alpha, pairs), "y": Mean(alpha, pairs), "e": Mean(alpha, sectors)}
        day = 24 * self.per_hour + 1
        self.sigma = {"x": Ring(day, pairs), "y": Ring(day, pairs), "e": Ring(day, sectors)}
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
        return found | {name: ring.dump() for name, ring in self._rings().items()}

    def restore(self, stored: Arrays, moves: Moves) -> None:
        """Take what :meth:`dump` gave; ``moves`` maps old to new positions of each axis by name."""
        for name, (holder, attribute) in self._vectors().items():
            setattr(
                holder,
                attribute,
                moved(stored[name], getattr(holder, attribute), moves[name.partition("/")[0]]),
            )
        for name, ring in self._rings().items():
            ring.fill(moved(stored[name], ring.dump(), moves[name.partition("/")[0]]))

    def _vectors(self) -> dict[str, tuple[Any, str]]:
        found: dict[str, tuple[Any, str]] = {
            "cell/medians": (self, "medians"),
            "cell/known": (self, "known"),
            "sector/levels": (self, "levels"),
        }
        for name, mean in self.spread.items():
            axis = "sector" if name == "e" else "pair"
            found[f"{axis}/spread/{name}/value"] = (mean, "value")
            found[f"{axis}/spread/{name}/count"] = (mean, "count")
        return found

    def _rings(self) -> dict[str, Ring]:
        found = {f"sector/rows/{name}": ring for name, ring in self.rows.items()}
        found |= {
            f"{'sector' if name == 'e' else 'pair'}/sigma/{name}": ring
            for name, ring in self.sigma.items()
        }
        return found | {f"cell/samples/{name}": ring for name, ring in self.samples.items()}


def moved(
    stored: npt.NDArray[Any], empty: npt.NDArray[Any], moves: tuple[IntArray, IntArray]
) -> npt.NDArray[Any]:
    """What was ``stored`` at old positions of the last axis, laid into new ones of a copy of ``empty``."""
    out = empty.copy()
    out[..., moves[1]] = stored[..., moves[0]]
    return out
