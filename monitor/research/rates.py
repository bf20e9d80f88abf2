"""Intervals that hold their level: of a rate of rare events in series that differ, and of a recall."""

import math
from collections.abc import Sequence

import numpy as np

from monitor.model.interval import FloatArray

Z_90 = 1.6448536269514722
"""95 % quantile of the standard normal: a central interval of 90 %."""


def rate_interval(counts: Sequence[float], exposure: Sequence[float]) -> tuple[float, float]:
    """A central 90 % interval of the events per unit of exposure, from units (series, splits, weeks) that differ.

    Garwood's Poisson limits, from quantiles of the gamma distribution, after dividing counts and exposure by the
    overdispersion between the units (Pearson's chi-square over its degrees of freedom, at least 1, and enlarged for the
    few units that it is estimated from: the square of Student's over the normal's quantile). A percentile bootstrap of
    a dozen series covers .85 where it says .90.
    """
    events, whole = float(sum(counts)), float(sum(exposure))
    if whole <= 0:
        raise ValueError(f"found an exposure of {whole}, expected one above 0")
    over = overdispersion(np.asarray(counts, float), np.asarray(exposure, float))
    shape, scale = events / over, over / whole
    low = 0.0 if shape == 0 else gamma_quantile(0.05, shape) * scale
    return low, gamma_quantile(0.95, shape + 1.0) * scale


def overdispersion(counts: FloatArray, exposure: FloatArray) -> float:
    """How much wider than Poisson the units scatter around one rate, as a factor on the variance; at least 1."""
    used = exposure > 0
    counts, exposure = counts[used], exposure[used]
    free = len(counts) - 1
    if free < 1 or counts.sum() == 0:
        return 1.0
    expected = exposure * counts.sum() / exposure.sum()
    pearson = float(((counts - expected) ** 2 / expected).sum()) / free
    return max(1.0, pearson * (student_95(free) / Z_90) ** 2) if pearson > 1.0 else 1.0


def wilson(found: int, of: int) -> tuple[float, float] | None:
    """Wilson's 90 % interval of a part; None of nothing."""
    if of == 0:
        return None
    p, z2 = found / of, Z_90 * Z_90
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_90 / (1 + z2 / of) * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def gamma_quantile(q: float, shape: float) -> float:
    """Quantile of the gamma distribution of scale 1, by bisection of its distribution function."""
    low, high = 0.0, shape + 10.0 * math.sqrt(shape) + 20.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if _gamma_cdf(middle, shape) < q:
            low = middle
        else:
            high = middle
        if high - low <= 1e-12 * high:
            break
    return 0.5 * (low + high)


def _gamma_cdf(x: float, shape: float) -> float:
    """Regularised lower incomplete gamma function: its series (DLMF 8.11.4)."""
    if x <= 0:
        return 0.0
    term = total = 1.0 / shape
    n = 0
    while term > total * 1e-16:
        n += 1
        term *= x / (shape + n)
        total += term
    return total * math.exp(shape * math.log(x) - x - math.lgamma(shape))


def student_95(free: int) -> float:
    """95 % quantile of Student's t: the Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5), exact for 1 and 2."""
    if free == 1:
        return math.tan(0.45 * math.pi)
    if free == 2:
        return 0.9 / math.sqrt(2 * 0.95 * 0.05)
    z = Z_90
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / float(free ** (i + 1)) for i, term in enumerate(terms))
