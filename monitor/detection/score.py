"""The score: clipped witnesses that ought to turn together, over the norm of what they do under no rotation."""

import numpy as np

from monitor.analytics.own import within
from monitor.analytics.window import known_or_zero
from monitor.model.interval import FloatArray

RHO = 0.45
"""Correlation of the price and the flow witness under no rotation, as measured."""
WITHOUT_FLOW = 0.8
"""Spread of price and volume together, over root 2, between sectors dealt at random, as measured on real bars: under 1,
since the price witness is the weaker of two and its yardstick has a floor."""
WITH_FLOW = 0.97
"""The same with flow of grade A, over its own norm: 1.00 as measured on the synthetic market, and a little less, since a bound
of 3.0 may raise up to one false alarm per pair and 30 days there (METHOD's rule of calibration) and raised half of it."""
MOST_PRICE, MOST_VOLUME, MOST_FLOW = 4.0, 3.0, 3.0
"""No witness counts for more: one wild one carries no alarm."""


def combined(
    price: FloatArray, volume: FloatArray, flow: FloatArray, weight: FloatArray
) -> FloatArray:
    """The score: clipped witnesses over the norm that keeps it at about unit variance under no rotation.

    ``sqrt(3 + 2 rho)`` times ``WITH_FLOW`` with flow of grade A, ``sqrt 2`` times ``WITHOUT_FLOW`` without flow, and in
    between by the flow's weight.
    """
    usual = WITHOUT_FLOW + (WITH_FLOW - WITHOUT_FLOW) * weight
    norm = usual * np.sqrt(2.0 + weight * weight + 2.0 * RHO * weight)
    pressure = weight * np.where(weight > 0, within(known_or_zero(flow), MOST_FLOW), 0.0)
    return (within(price, MOST_PRICE) + within(volume, MOST_VOLUME) + pressure) / norm


def of_a_drain(own_z: FloatArray, own_trading: FloatArray) -> FloatArray:
    """The score of a sector that loses while its trading goes elsewhere, from its own two witnesses alone.

    ``own_z``: own return over its usual size, a loss negative. ``own_trading``: trading of the other sectors over its
    own, in usual spreads. Under no rotation the two hardly go together, as price and volume between two sectors.
    """
    norm = WITHOUT_FLOW * np.sqrt(2.0)
    return np.asarray((within(-own_z, MOST_PRICE) + within(own_trading, MOST_VOLUME)) / norm)
