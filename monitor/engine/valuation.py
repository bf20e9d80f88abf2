"""What one step works out of accepted prices: members, indices, shares, the market taken out, flows."""

import math
from datetime import timedelta

import numpy as np

from monitor.analytics.bulk_volume import shrinkage
from monitor.analytics.index import (
    Book,
    by_sector,
    cap_changes,
    chain_return,
    share_changes,
    shares,
)
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import BoolArray, Places
from monitor.engine.flows import known_volume, sector_net, token_flows
from monitor.engine.matched import chained_volume
from monitor.engine.prices import Priced
from monitor.engine.returns import token_returns, watched_market
from monitor.engine.state import EngineState
from monitor.engine.timeline import Timeline
from monitor.engine.values import StepValues
from monitor.model.bars import Slot
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
        self._shrink = shrinkage(width).factor
        venues = [name.partition(":")[0] for name in layout.markets]
        self._venue = np.array([sorted(set(venues)).index(venue) for venue in venues], dtype=int)
        self._first_trade_h = np.array([_first_trade_h(t) for t in _ordered(universe)])

    def market_age_h(
        self, state: EngineState, interval: IntervalInput, *, before: bool = False
    ) -> FloatArray:
        """Hours since each token's market began: by its first trade, else by when it was first seen.

        A token seen ever since anybody first answered is taken for old: its market may have begun long before.
        ``before``: asked before the interval's prices are accepted.
        """
        ever = state.steps - (state.first_seen or 0)
        seen = state.seen + before
        seen_h = np.where(seen >= ever, np.inf, self._hours(seen))
        now_h = (interval.close_time - EPOCH) / timedelta(hours=1)
        return np.where(
            np.isnan(self._first_trade_h), seen_h, np.maximum(0.0, now_h - self._first_trade_h)
        )

    def values(
        self, state: EngineState, interval: IntervalInput, priced: Priced, age_h: FloatArray
    ) -> StepValues:
        """Everything of this step. ``age_h`` as :meth:`market_age_h` gives it."""
        sectors, p = len(self.layout.sectors), self.parameters
        before = Book(state.book_price, state.book_supply, state.book_sector)
        after = self._book(state, interval)
        r, some = chain_return(before, after, sectors)
        caps_before, caps = (by_sector(book.cap, book.sector, sectors) for book in (before, after))
        launched = age_h <= p.launch_days * 24.0
        parts = cap_changes(before, after, launched, age_h <= p.launch_hours, sectors)
        market = watched_market(state, before, after, priced, self._watched)
        e = r - market.beta * market.r
        e[self._watched :] = 0.0
        tokens = token_returns(state, before, after, market, priced, age_h > p.breadth_delay_h)
        flows = token_flows(state, priced, self._places, tokens.step, self._shrink, p)
        flow, member = flows.token, after.sector >= 0
        with np.errstate(invalid="ignore", divide="ignore"):
            weight = after.cap / np.where(member, caps[after.sector], 1.0)
        whole = priced.fresh & ~np.isnan(flow.volume)
        unlisted = self._unlisted(state, interval)
        volume = known_volume(
            flow.volume, flows.usual, after.sector, weight, sectors, p.least_known
        )
        return StepValues(
            before=before,
            after=after,
            steady=priced.steady,
            conflict=priced.conflict | priced.guarded,
            counted_market=self._places.gather(priced.counted, len(self.layout.markets)),
            market_expected=self._places.gather(priced.expected, len(self.layout.markets)),
            token_return=tokens.step,
            token_own=tokens.own,
            token_pending=tokens.pending,
            token_volume=np.where(unlisted, 0.0, flow.volume),
            token_net=np.where(unlisted, 0.0, flow.net),
            token_seen=flow.seen,
            token_sampled=flow.sampled,
            token_scaled=flow.scaled,
            r=np.where(some, r, np.nan),
            e=np.where(some, e, np.nan),
            q=tokens.q,
            market=market.r,
            beta=market.beta,
            volume=volume,
            chain=chained_volume(
                state, priced, self._places, after.sector, weight, launched, volume, p
            ),
            net=sector_net(flows, after.sector, weight, sectors, p.least_known),
            seen=by_sector(flow.seen, after.sector, sectors),
            sampled=by_sector(flow.sampled, after.sector, sectors),
            scaled=by_sector(flow.scaled, after.sector, sectors),
            estimated=by_sector(flow.estimated, after.sector, sectors),
            coverage=by_sector(np.where(whole, weight, 0.0), after.sector, sectors),
            stale=by_sector(np.where(priced.lost, weight, 0.0), after.sector, sectors),
            caps=caps,
            share=shares(caps, self._watched),
            parts=share_changes(parts, caps_before, caps, self._watched),
            launched=launched,
            has_members=np.bincount(after.sector[member], minlength=sectors) > 0,
            marked=state.gap > 0,
            unseen=priced.unseen,
            benchmark_missing=market.missing,
        )

    def _book(self, state: EngineState, interval: IntervalInput) -> Book:
        """Members now: those of the timeline with a price not too old and a supply."""
        supply = np.where(np.isnan(interval.supply), state.line_supply, interval.supply)
        with np.errstate(invalid="ignore"):
            counts = (state.price > 0) & (supply > 0) & (self._hours(state.absent) <= self._drop_h)
        sector = np.where(counts, self._timeline.sectors(interval.open_time), -1)
        return Book(state.price, supply, sector)

    def _unlisted(self, state: EngineState, interval: IntervalInput) -> BoolArray:
        """Tokens that never had a price and whose every market is known not to trade yet: it is unlisted, or its venue
        answered for others and gave nothing for it."""
        begun = state.seen >= 0
        if begun.all():
            return ~begun
        answered = (interval.slot == Slot.TRADED) | (interval.slot == Slot.QUIET)
        venue_answered = np.bincount(self._venue, weights=answered) > 0
        absent = (interval.slot == Slot.UNLISTED) | venue_answered[self._venue]
        unknown = np.bincount(self.layout.market_token[~absent], minlength=len(self.layout.tokens))
        return np.asarray(~begun & (unknown == 0) & answered.any(), dtype=np.bool_)

    def _hours(self, steps: IntArray) -> FloatArray:
        return steps.astype(np.float64) * (self.width / timedelta(hours=1))


def _first_trade_h(token: Token) -> float:
    """Hours since the epoch; NaN where it is not told."""
    return (token.first_trade - EPOCH) / timedelta(hours=1) if token.first_trade else math.nan


def _ordered(universe: Universe) -> list[Token]:
    return sorted(universe.tokens, key=lambda token: token.id)
