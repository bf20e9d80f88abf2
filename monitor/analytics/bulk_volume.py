"""Bulk volume: taker pressure estimated from the price where no venue tells who bought (METHOD, chapter 5)."""

import math
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from monitor.model.interval import FloatArray


class Shrinkage(NamedTuple):
    """True over estimated imbalance of a day, with its standard error."""

    factor: float
    error: float


MEASURED = {
    5: Shrinkage(0.36, 0.04),
    15: Shrinkage(0.26, 0.03),
    30: Shrinkage(0.20, 0.02),
    60: Shrinkage(0.12, 0.015),
}
"""By bar width in minutes. Binance spot: true taker flow by day, against estimates from its own bars; 60 min: 11 pairs,
1 January to 14 February 2025; 5 to 30 min: 6 pairs, 15 January to 14 February 2025. Least squares through the origin,
errors clustered by day; ``tests/integration/test_bulk_volume_fit.py`` fits them anew where the bars are at hand."""


def shrinkage(width: timedelta) -> Shrinkage:
    """What was measured for that width; between two measured widths that of the wider one, below all the finest."""
    minutes = width.total_seconds() / 60
    return MEASURED[min((known for known in MEASURED if known >= minutes), default=max(MEASURED))]


def bulk_imbalance(step_return: FloatArray, sd: FloatArray) -> FloatArray:
    """``2 Phi(r / sd) - 1`` = ``erf(r / (sd sqrt 2))``, not shrunk (Easley, Lopez de Prado, O'Hara 2012); NaN where
    either is unknown or there was only standstill."""
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (step_return / sd) / math.sqrt(2.0)
    return np.array([math.erf(x) for x in z.tolist()])
