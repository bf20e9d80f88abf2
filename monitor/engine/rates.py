"""What a unit of each market's quote is worth in USD, in the very step (METHOD, chapter 2)."""

from datetime import timedelta

import numpy as np

from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import BoolArray, Places
from monitor.engine.prices import Heard, judge
from monitor.engine.state import EngineState
from monitor.model.interval import FloatArray, Layout
from monitor.model.universe import DOLLARS, Universe

HOUR = timedelta(hours=1)


class Rates:
    """Rates of the quotes that a universe watches; what depends on the universe alone is worked out once."""

    def __init__(
        self,
        universe: Universe,
        layout: Layout,
        width: timedelta,
        parameters: AnalyticsParameters,
        places: Places,
    ) -> None:
        watched = {token: i for i, token in enumerate(layout.tokens)}
        quotes = [market.quote for market in universe.markets]
        self._tokens = np.array(sorted({watched[q] for q in quotes if q in watched}), dtype=int)
        row = {token: k for k, token in enumerate(self._tokens.tolist())}
        self._row = np.array([row[watched[q]] if q in watched else -1 for q in quotes], dtype=int)
        self._else = np.array([1.0 if q in DOLLARS else np.nan for q in quotes])
        self._places = Places(places.market[self._tokens])
        own = self._places.market[self._places.market >= 0]
        # a coin that is quoted in another one is worth what that one turns out to be worth: so many looks at most
        self._looks = len(self._tokens) if (self._row[own] >= 0).any() else 1
        self._width = width
        self._parameters = parameters

    @property
    def fixed(self) -> FloatArray | None:
        """Per market the rate of every step, where none hangs on the price of a watched coin; else None."""
        return None if len(self._tokens) else self._else

    def now(self, state: EngineState, heard: Heard, young: BoolArray) -> FloatArray:
        """Per market, before the step's prices are accepted: 1 for the dollar, a watched coin's price as it will be
        accepted in this step, or the last one as long as it is carried. Without one a dollar's coin counts as 1, and
        any other quote is NaN."""
        if not len(self._tokens):
            return self._else
        price = state.price[self._tokens]
        absent_h = (state.absent[self._tokens] + (not heard.unseen)) * (self._width / HOUR)
        with np.errstate(invalid="ignore"):
            carried = np.where(
                (price > 0) & (absent_h <= self._parameters.drop_after_h), price, np.nan
            )
        rate = self._rate(carried)
        for _ in range(self._looks):
            seen = judge(
                state, heard, rate, self._places, self._tokens, young, self._width, self._parameters
            )
            rate = self._rate(np.where(seen.accepted, seen.found.close, carried))
        return rate

    def _rate(self, price: FloatArray) -> FloatArray:
        found = price[self._row]
        return np.where((self._row >= 0) & ~np.isnan(found), found, self._else)
