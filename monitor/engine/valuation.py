"""What one step works out of accepted prices: members, indices, shares, the market taken out, flows."""

import math
from datetime import timedelta

import numpy as np

from monitor.analytics.flow import TokenFlow, sector_grade, token_flow, token_volume
from monitor.analytics.index import (
    Book,
    by_sector,
    cap_changes,
    chain_return,
    share_changes,
    shares,
)
from monitor.analytics.own import winsorised
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import BoolArray, Places
from monitor.engine.prices import Priced
from monitor.engine.state import EngineState
from monitor.engine.timeline import Timeline
from monitor.engine.values import StepValues
from monitor.model.grid import EPOCH
from monitor.model.interval import FloatArray, IntArray, IntervalInput, Layout
from monitor.model.universe import Token, Universe


class Valuation:
    """Reads the state and changes nothing; what depends on the universe alone is worked out once."""

    def __init__(
        self,
        universe: Universe,
        layout: Layout,
        width: timedelta,
        parameters: AnalyticsParameters,
        places: Places,
        timeline: Timeline,
    ) -> None:
        self.layout = layout
        self.width = width
        self.parameters = parameters
        self._places = places
        self._timeline = timeline
        self._watched = sum(not s.benchmark for s in universe.sectors)
        self._drop_h = parameters.drop_after_h
        self._quotes = _quote_tokens(universe, layout)
        self._first_trade_h = np.array([_first_trade_h(t) for t in _ordered(universe)])

    def rates(self, state: EngineState) -> FloatArray:
        """USD of one unit of each market's quote: 1, or the price of a watched stablecoin as of the step before.

        One step old, so that a stablecoin may itself be quoted in another; 1 where it has none or one too old to carry.
        """
        if (self._quotes < 0).all():
            return np.ones(len(self._quotes))
        price = state.price[self._quotes]
        with np.errstate(invalid="ignore"):
            usable = (price > 0) & (self._hours(state.age)[self._quotes] <= self._drop_h)
        return np.where((self._quotes >= 0) & usable, price, 1.0)

    def market_age_h(self, state: EngineState, interval: IntervalInput) -> FloatArray:
        """Hours since each token's market began: by its first trade, else by when it was first seen.

        A token seen ever since anybody first answered is taken for old: its market may have begun long before.
        """
        ever = state.steps - (state.first_seen or 0)
        seen_h = np.where(state.seen >= ever, np.inf, self._hours(state.seen))
        now_h = (interval.close_time - EPOCH) / timedelta(hours=1)
        return np.where(
            np.isnan(self._first_trade_h), seen_h, np.maximum(0.0, now_h - self._first_trade_h)
        )

    def values(
        self, state: EngineState, interval: IntervalInput, priced: Priced, age_h: FloatArray
    ) -> StepValues:
        """Everything of this step. ``age_h`` as :meth:`market_age_h` gives it."""
        sectors = len(self.layout.sectors)
        before = Book(state.book_price, state.book_supply, state.book_sector)
        after = self._book(state, interval)
        r, some = chain_return(before, after, sectors)
        caps_before, caps = (by_sector(book.cap, book.sector, sectors) for book in (before, after))
        launched = age_h <= self.parameters.launch_days * 24.0
        parts = cap_changes(before, after, launched, sectors)
        market, beta, missing = self._market(state, before, after, r, some)
        e = r - beta * market
        e[self._watched :] = 0.0
        marked = state.gap > 0
        token_return, token_own, q = self._tokens(state, before, after, market, beta, age_h)
        flow, usual = self._flow(state, priced, token_return)
        known = after.sector >= 0
        with np.errstate(invalid="ignore", divide="ignore"):
            weight = after.cap / np.where(known, caps[after.sector], 1.0)
        whole = priced.fresh & ~np.isnan(flow.volume)
        carried = ~priced.fresh & (self._hours(state.age) > self.parameters.carry_max_h)
        volume = self._sector_sum(flow.volume, after.sector, weight, usual)
        net = self._sector_sum(flow.net, after.sector, weight, usual)
        has = np.bincount(after.sector[known], minlength=sectors) > 0
        return StepValues(
            before=before,
            after=after,
            steady=priced.steady,
            conflict=priced.conflict,
            guarded=priced.guarded,
            counted_market=self._places.gather(priced.counted, len(self.layout.markets)),
            token_return=token_return,
            token_own=token_own,
            token_volume=flow.volume,
            token_net=flow.net,
            token_grade=flow.grade,
            r=np.where(some, r, np.nan),
            e=np.where(some, e, np.nan),
            q=q,
            market=market,
            beta=beta,
            volume=volume,
            net=net,
            grade=sector_grade(flow.volume, flow.grade, after.sector, sectors),
            coverage=by_sector(np.where(whole, weight, 0.0), after.sector, sectors),
            stale=by_sector(np.where(carried, weight, 0.0), after.sector, sectors),
            caps=caps,
            share=shares(caps, self._watched),
            parts=share_changes(parts, caps_before, caps, self._watched),
            launched=launched,
            has_members=has,
            marked=marked,
            unseen=priced.unseen,
            benchmark_missing=missing,
        )

    def _book(self, state: EngineState, interval: IntervalInput) -> Book:
        """Members now: those of the timeline with a price not too old and a supply."""
        supply = np.where(np.isnan(interval.supply), state.line_supply, interval.supply)
        with np.errstate(invalid="ignore"):
            counts = (state.price > 0) & (supply > 0) & (self._hours(state.age) <= self._drop_h)
        sector = np.where(counts, self._timeline.sectors(interval.open_time), -1)
        return Book(state.price, supply, sector)

    def _market(
        self, state: EngineState, before: Book, after: Book, r: FloatArray, some: BoolArray
    ) -> tuple[FloatArray, FloatArray, bool]:
        """Per sector: log return of the watched market, beta one step old; and whether the benchmark is missing.

        Without a priced benchmark the market of a sector is the common index of the others, with beta 1.
        """
        sectors = len(r)
        if sectors > self._watched and some[self._watched :].any():
            market = np.full(sectors, r[self._watched :][some[self._watched :]][0])
            beta = state.betas.current()
            beta[self._watched :] = 1.0
            return market, beta, False
        kept = (before.sector >= 0) & (before.sector == after.sector)
        sector = np.where(kept, before.sector, -1)
        base = by_sector(np.where(kept, before.price * before.supply, 0.0), sector, sectors)
        now = by_sector(np.where(kept, after.price * before.supply, 0.0), sector, sectors)
        others, others_now = base.sum() - base, now.sum() - now
        with np.errstate(divide="ignore", invalid="ignore"):
            market = np.where(
                others > 0, np.log(others_now / np.where(others > 0, others, 1.0)), 0.0
            )
        return market, np.ones(sectors), True

    def _tokens(
        self,
        state: EngineState,
        before: Book,
        after: Book,
        market: FloatArray,
        beta: FloatArray,
        age_h: FloatArray,
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Log return and own log return per token, and the equal-weight own return per sector of members over a day old."""
        with np.errstate(invalid="ignore", divide="ignore"):
            step = np.log(state.price / before.price)
        kept = (before.sector >= 0) & (before.sector == after.sector)
        own = np.where(kept, step - (beta * market)[after.sector], np.nan)
        sd = np.sqrt(state.own_spread.get())
        held = winsorised(own, sd)
        old = kept & (age_h > self.parameters.breadth_delay_h) & ~np.isnan(held)
        sector = np.where(old, after.sector, -1)
        count = np.bincount(sector[old], minlength=len(market))
        with np.errstate(invalid="ignore", divide="ignore"):
            q = np.where(count > 0, by_sector(held, sector, len(market)) / count, np.nan)
        return step, own, q

    def _flow(
        self, state: EngineState, priced: Priced, token_return: FloatArray
    ) -> tuple[TokenFlow, FloatArray]:
        """Flow per token, and what its venues usually trade in a step."""
        spread = self._places.spread
        volume = spread(priced.volume, np.nan)
        usual = spread(priced.usual, 0.0)
        held = priced.expected
        total, _ = token_volume(volume, usual, held, self.parameters.least_venue_share)
        taker_buy, sd = spread(priced.taker_buy, np.nan), np.sqrt(state.spread.get())
        flow = token_flow(volume, taker_buy, held, total, token_return, sd)
        return flow, np.where(held, usual, 0.0).sum(axis=1)

    def _sector_sum(
        self, values: FloatArray, sector: IntArray, weight: FloatArray, usual: FloatArray
    ) -> FloatArray:
        """Sum per sector; NaN where too little of the cap is known.

        Members whose value is unknown are made up for by what they ``usual``-ly trade beside those that are known.
        """
        known, sectors = ~np.isnan(values), len(self.layout.sectors)
        part = by_sector(np.where(known, weight, 0.0), sector, sectors)
        summed = by_sector(np.where(known, values, 0.0), sector, sectors)
        seen = by_sector(np.where(known, usual, 0.0), sector, sectors)
        whole = by_sector(usual, sector, sectors)
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = np.where((seen > 0) & (seen < whole), whole / seen, 1.0)
        return np.where(part >= self.parameters.least_known, summed * scale, np.nan)

    def _hours(self, steps: IntArray) -> FloatArray:
        return steps.astype(np.float64) * (self.width / timedelta(hours=1))


def _first_trade_h(token: Token) -> float:
    """Hours since the epoch; NaN where it is not told."""
    return (token.first_trade - EPOCH) / timedelta(hours=1) if token.first_trade else math.nan


def _ordered(universe: Universe) -> list[Token]:
    return sorted(universe.tokens, key=lambda token: token.id)


def _quote_tokens(universe: Universe, layout: Layout) -> IntArray:
    """Per market: position of the token that is its quote currency, where that is watched; -1 else."""
    position = {token: i for i, token in enumerate(layout.tokens)}
    return np.array([position.get(market.quote, -1) for market in universe.markets], dtype=np.int64)
