"""How long each token's market has been there."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from monitor.engine.state import EngineState
from monitor.model.grid import EPOCH
from monitor.model.interval import FloatArray, IntArray
from monitor.model.universe import Token, Universe

HOUR = timedelta(hours=1)


class Ages:
    """Of a universe's tokens, in the layout's order, for bars of a width."""

    def __init__(self, universe: Universe, width: timedelta) -> None:
        ordered = sorted(universe.tokens, key=lambda token: token.id)
        self._first_trade_h = np.array([_first_trade_h(token) for token in ordered])
        self._step_h = width / HOUR

    def hours(
        self, state: EngineState, close_time: datetime, *, before: bool = False
    ) -> FloatArray:
        """Hours since each token's market began, as of the interval that closes then: by its first trade, else by when it
        was first seen.

        A token seen ever since anybody first answered is taken for old: its market may have begun long before.
        ``before``: asked before the interval's prices are accepted.
        """
        ever = state.steps - (state.first_seen or 0)
        return np.asarray(self.hours_of(state.seen + before, ever, [close_time])[0])

    def hours_of(
        self, seen: IntArray, ever: IntArray | int, closes: Sequence[datetime]
    ) -> FloatArray:
        """(steps, tokens) of the steps that close then. ``seen``: steps since each token was; ``ever``: since anybody
        answered."""
        seen_h = np.where(seen >= ever, np.inf, seen.astype(np.float64) * self._step_h)
        now_h = np.array([[(close - EPOCH) / HOUR] for close in closes])
        aged = np.maximum(0.0, now_h - self._first_trade_h)
        return np.where(np.isnan(self._first_trade_h), seen_h, aged)


def _first_trade_h(token: Token) -> float:
    """Hours since the epoch; NaN where it is not told."""
    return (token.first_trade - EPOCH) / HOUR if token.first_trade else math.nan
