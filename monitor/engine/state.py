"""The engine's memory: arrays of fixed size."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

from monitor.analytics.own import Betas, Mean, decay
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.ring import Part, Ring, Rings
from monitor.detection.detector_state import DetectorState
from monitor.model.interval import FloatArray, Layout
from monitor.model.rotation import Launch

TOKEN_RINGS = ("log_return", "volume", "net", "seen", "contribution")
SECTOR_RINGS = (
    "r",
    "e",
    "market",
    "volume",
    "net",
    "seen",
    "sampled",
    "scaled",
    "estimated",
    "p0",
    "p1",
    "p2",
)
LONGER_RINGS = {"matched": 48, "p3": 72}
"""Hours that are kept where the longest window is not enough: the day before it for matched volume, a launch's drain."""
TOKEN_SUMS = ("sampled", "scaled")
"""Of which a token has sums by the clock hour, for its grade: step by step they would be a tenth of the state."""
USUAL_H = 14 * 24
"""Hours of samples that say what part of all trading is usual in a sector."""
NEVER = 10**9


class EngineState:
    """What is remembered of the past. Per market, per token, per sector; see the engine for how it moves.

    ``market_close`` is in the quote currency per coin, ``market_idle`` and ``market_dark`` count steps without a move or
    trade and without a known volume, ``market_known`` steps with one since it first traded; ``market_sector``, ``link``,
    ``matched_usual``: the chain of matched volume; ``matched_days``: its sums of 24 h, a sample an hour; ``begun``: steps since a sector had its first member. ``age``: steps since a price was accepted, ``absent``: those of them in which anybody
    answered, ``seen``: steps since the first was. ``hold``, ``hold_price``: steps and price of a jump that is not believed
    yet. ``pending``: the market's part of the steps in which a token's price was unknown. ``book_*``: the members as of
    the last step; ``line_supply``: supply a redenomination handed on, until one is told.
    """

    def __init__(
        self,
        layout: Layout,
        width: timedelta,
        parameters: AnalyticsParameters,
        detector: DetectorState,
    ) -> None:
        markets, tokens, sectors = len(layout.markets), len(layout.tokens), len(layout.sectors)
        step_h = width / timedelta(hours=1)
        day = round(24 / step_h)
        self.layout = layout
        self.steps = 0
        self.last_open: datetime | None = None
        self.gap = 0  # unseen steps in a row until now
        self.clean = 0  # steps in a row with a benchmark, neither unseen nor the first after a hole
        self.first_seen: int | None = None  # the step in which anybody first answered
        self.launches: list[Launch] = []
        self.market_close = np.full(markets, np.nan)
        self.market_idle = np.zeros(markets, dtype=np.int64)
        self.market_dark = np.zeros(markets, dtype=np.int64)
        self.market_outlying = np.zeros(markets, dtype=np.bool_)
        self.market_usual = Mean(decay(84.0, step_h), markets)
        self.market_hours = Ring(23, markets)  # USD of whole clock hours, and of the present one
        self.market_hour = np.zeros(markets)
        self.market_before: FloatArray | None = None  # sum of the whole ones; None: to be summed
        self.market_known = np.zeros(markets, dtype=np.int64)
        self.market_sector = np.full(markets, -1, dtype=np.int64)
        self.price = np.full(tokens, np.nan)
        self.age = np.full(tokens, NEVER, dtype=np.int64)
        self.absent = np.zeros(tokens, dtype=np.int64)
        self.hold = np.zeros(tokens, dtype=np.int64)
        self.hold_price = np.full(tokens, np.nan)
        self.pending = np.zeros(tokens)
        self.guarded = np.full(tokens, np.nan)
        self.seen = np.full(tokens, -1, dtype=np.int64)
        self.book_price = np.full(tokens, np.nan)
        self.book_supply = np.full(tokens, np.nan)
        self.line_supply = np.full(tokens, np.nan)
        self.book_sector = np.full(tokens, -1, dtype=np.int64)
        self.spread = Mean(decay(parameters.spread_half_life_h, step_h), tokens)
        self.own_spread = Mean(decay(parameters.spread_half_life_h, step_h), tokens)
        # asked in every step at every horizon: its rows lie close together
        self.token_own, self.token_day = (
            Ring(day, tokens),
            Rings(day, dict.fromkeys(TOKEN_RINGS, tokens)),
        )
        self.token_rings: Mapping[str, Ring | Part] = {"own": self.token_own, **self.token_day}
        self.token_hours = {name: Ring(24, tokens) for name in TOKEN_SUMS}  # USD of whole hours
        self.hour_sampled, self.hour_scaled = np.zeros(tokens), np.zeros(tokens)  # of this one
        self.sector_day = Rings(day, dict.fromkeys(SECTOR_RINGS, sectors))
        self.sector_longer = {
            name: Ring(round(hours / step_h), sectors) for name, hours in LONGER_RINGS.items()
        }
        self.sector_rings: Mapping[str, Ring | Part] = {**self.sector_day, **self.sector_longer}
        self.week = Ring(7 * day + 1, 2 * sectors)
        self.level = np.zeros(sectors)
        self.begun = np.full(sectors, -1, dtype=np.int64)
        self.link = np.full(sectors, np.nan)
        self.matched_usual = Mean(decay(84.0, step_h), sectors)
        samples = round((USUAL_H + 24) / max(step_h, 1.0))
        self.matched_days = Ring(samples, sectors)
        self.betas = Betas(sectors, step_h, parameters)
        self.detector = detector

    def step_rings(self) -> tuple[Ring, ...]:
        """The windows that take a row a step."""
        longer = self.sector_longer.values()
        return (self.token_own, self.token_day.whole, self.sector_day.whole, self.week, *longer)

    def hour_rings(self) -> tuple[Ring, ...]:
        """Those that take one with the end of a clock hour."""
        return (*self.token_hours.values(), self.matched_days)
