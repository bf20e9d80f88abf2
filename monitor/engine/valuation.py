"""What steps work out of accepted prices: members, indices, shares, the market taken out, flows."""

from datetime import timedelta

import numpy as np

from monitor.analytics.bulk_volume import shrinkage
from monitor.analytics.index import (
    Book,
    by_sector,
    cap_changes,
    chain_return,
    of_sector,
    share_changes,
    shares,
)
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import BoolArray, Places
from monitor.analytics.window import sliding
from monitor.engine.flows import known_volume, sector_net, token_flows
from monitor.engine.matched import Chain, chained_volume, same_markets
from monitor.engine.returns import (
    MarketReturn,
    TokenReturns,
    equal_weight,
    market_return,
    token_returns,
    watched_market,
)
from monitor.engine.state import EngineState
from monitor.engine.taken import Intake
from monitor.engine.timeline import Timeline
from monitor.engine.values import ManyValues, Values
from monitor.model.bars import Slot
from monitor.model.interval import FloatArray, IntArray, Layout
from monitor.model.universe import Universe

HOUR = timedelta(hours=1)


class Valuation:
    """Many steps at a time, each of them as if it were alone. What depends on the universe alone is worked out once.

    Of the state only the averages move that a step is held against: betas, and spreads of tokens.
    """

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

    def book(self, state: EngineState, taken: Intake) -> Book:
        """Members after each step: those of the timeline with a price not too old and a supply."""
        supply = np.where(np.isnan(taken.supply), state.line_supply, taken.supply)
        absent_h = taken.absent.astype(np.float64) * (self.width / HOUR)
        with np.errstate(invalid="ignore"):
            counts = (taken.price > 0) & (supply > 0) & (absent_h <= self._drop_h)
        listed = np.array([self._timeline.sectors(i.open_time) for i in taken.intervals])
        return Book(taken.price, supply, np.where(counts, listed, -1))

    def home(self, taken: Intake, sector: IntArray) -> IntArray:
        """Per market the ``sector`` of its token where it can be expected to trade, else -1."""
        expected = self._places.gather(taken.priced.expected, len(self.layout.markets))
        return np.where(expected, np.take(sector, self.layout.market_token, axis=-1), -1)

    def values(self, state: EngineState, taken: Intake, after: Book) -> ManyValues:
        """Everything of these steps. ``after`` as :meth:`book` gives it; where the markets that count in the chain of volume
        change, it is one step."""
        sectors, p, priced, age_h = (
            len(self.layout.sectors),
            self.parameters,
            taken.priced,
            taken.market_age_h,
        )
        before = _before(state, after)
        r, some = chain_return(before, after, sectors)
        r_known = np.where(some, r, np.nan)
        caps_before, caps = (by_sector(book.cap, book.sector, sectors) for book in (before, after))
        launched = age_h <= p.launch_days * 24.0
        parts = cap_changes(before, after, launched, age_h <= p.launch_hours, sectors)
        carried = (priced.unseen | (taken.after_gap > 0))[:, None]
        found = market_return(
            before,
            after,
            ~(priced.lost | priced.was_lost) | carried,
            self._watched,
            sectors,
        )
        market = watched_market(found, self._betas(state, taken, r_known, found), self._watched)
        e = r - market.beta * market.r
        e[:, self._watched :] = 0.0
        tokens = token_returns(state.pending, before, after, market, priced)
        spread, own_spread = _spreads(state, tokens, priced.steady)
        flows = token_flows(priced, self._places, tokens.step, spread, self._shrink, p)
        flow, member = flows.token, after.sector >= 0
        with np.errstate(invalid="ignore", divide="ignore"):
            weight = after.cap / np.where(member, of_sector(caps, after.sector), 1.0)
        whole = priced.fresh & ~np.isnan(flow.volume)
        unlisted = self._unlisted(taken)
        volume = known_volume(
            flow.volume, flows.usual, after.sector, weight, sectors, p.least_known
        )

        def summed(per_token: FloatArray) -> FloatArray:
            return by_sector(per_token, after.sector, sectors)

        return Values(
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
            r=r_known,
            e=np.where(some, e, np.nan),
            q=equal_weight(
                tokens.own, own_spread, after.sector, age_h > p.breadth_delay_h, sectors
            ),
            market=market.r,
            beta=market.beta,
            volume=volume,
            chain=self._chain(state, taken, after, weight, launched, volume),
            net=sector_net(flows, after.sector, weight, sectors, p.least_known),
            seen=summed(flow.seen),
            sampled=summed(flow.sampled),
            scaled=summed(flow.scaled),
            estimated=summed(flow.estimated),
            coverage=summed(np.where(whole, weight, 0.0)),
            stale=summed(np.where(priced.lost, weight, 0.0)),
            caps=caps,
            share=shares(caps, self._watched),
            parts=share_changes(parts, caps_before, caps, self._watched),
            launched=launched,
            has_members=summed(member.astype(np.float64)) > 0,
            marked=taken.after_gap > 0,
            unseen=priced.unseen,
            benchmark_missing=found.missing,
        )

    def _betas(
        self, state: EngineState, taken: Intake, r: FloatArray, market: MarketReturn
    ) -> FloatArray:
        """As they stood before each step: then an overlapping hour enters them, where it is whole.

        A return that spans a hole enters no average, nor does an hour that holds one.
        """
        hour = max(1, round(HOUR / self.width))
        unseen = taken.priced.unseen
        whole = []
        for spoilt in (unseen | (taken.after_gap > 0) | market.missing).tolist():
            state.clean = 0 if spoilt else state.clean + 1
            whole.append(state.clean >= hour)
        known = np.where(unseen, np.nan, 1.0)
        past = state.sector_rings["r"].last(hour - 1)
        hourly = sliding(np.concatenate([past, r * known[:, None]]), hour)
        past = state.sector_rings["market"].last(hour - 1)[:, -1]  # its own beta is 1
        line = np.concatenate([past, market.benchmark * known])
        of_market = np.lib.stride_tricks.sliding_window_view(line, hour).copy().sum(axis=1)
        counted = np.array(whole)
        return state.betas.run(
            np.where(counted[:, None], hourly, np.nan), np.where(counted, of_market, np.nan)
        )

    def _chain(
        self,
        state: EngineState,
        taken: Intake,
        after: Book,
        weight: FloatArray,
        launched: BoolArray,
        volume: FloatArray,
    ) -> Chain:
        home = self.home(taken, after.sector)
        if (home == state.market_sector).all():
            return same_markets(state, volume)
        return chained_volume(
            state, taken.priced, self._places, home, after.sector, weight, launched, volume,
            self.parameters,
        )  # fmt: skip

    def _unlisted(self, taken: Intake) -> BoolArray:
        """Tokens that never had a price and whose every market is known not to trade yet: it is unlisted, or its venue
        answered for others and gave nothing for it."""
        begun = taken.seen >= 0
        if begun.all():
            return ~begun
        answered = (taken.slot == Slot.TRADED) | (taken.slot == Slot.QUIET)
        venues = np.broadcast_to(self._venue, answered.shape)
        count = int(self._venue.max(initial=-1)) + 1
        venue_answered = by_sector(answered.astype(np.float64), venues, count) > 0
        absent = (taken.slot == Slot.UNLISTED) | np.take(venue_answered, self._venue, axis=-1)
        tokens = np.broadcast_to(self.layout.market_token, answered.shape)
        unknown = by_sector((~absent).astype(np.float64), tokens, len(self.layout.tokens))
        return np.asarray(~begun & (unknown == 0) & answered.any(axis=1, keepdims=True))


def _before(state: EngineState, after: Book) -> Book:
    """The books as they stood before each step."""
    return Book(
        np.concatenate([state.book_price[None], after.price[:-1]]),
        np.concatenate([state.book_supply[None], after.supply[:-1]]),
        np.concatenate([state.book_sector[None], after.sector[:-1]]),
    )


def _spreads(
    state: EngineState, tokens: TokenReturns, steady: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Mean squares of returns and own returns of tokens as they stood before each step; a return that spans a hole enters
    neither."""
    return (
        state.spread.run(np.where(steady, tokens.step * tokens.step, np.nan)),
        state.own_spread.run(np.where(steady, tokens.own * tokens.own, np.nan)),
    )
