"""The fold: one interval in, the state moved on, the picture and the rotations out."""

import hashlib
import math
from datetime import datetime, timedelta

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
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.price import BoolArray, Places
from monitor.detection.detector import Detector
from monitor.detection.inputs import SectorStep
from monitor.detection.parameters import DetectionParameters
from monitor.engine import state as stored
from monitor.engine.events import member_events, remember_launches
from monitor.engine.migration import restate
from monitor.engine.picture import Painter
from monitor.engine.prices import Priced, accept_prices
from monitor.engine.state import EngineState
from monitor.engine.timeline import Timeline
from monitor.engine.values import StepValues
from monitor.engine.windows import Windows
from monitor.model.grid import EPOCH
from monitor.model.interval import FloatArray, IntArray, IntervalInput, Layout
from monitor.model.rotation import StepOutput
from monitor.model.state import MemberEvent
from monitor.model.universe import Token, Universe

FLOW_WEIGHT = np.array([0.0, 1.0, 1.0, 0.5, 0.0])
"""Weight of net flow in detection by grade code: none, A, B, C, D."""


class Engine:
    """`(state, interval) -> (state, output)`: the same for live, replay and demo.

    ``analytics`` and ``detection`` are the method's parameters. ``live_from``: when a daemon first looked; rotations
    detected before are marked as on at the start.
    """

    def __init__(
        self,
        universe: Universe,
        width: timedelta,
        *,
        analytics: AnalyticsParameters | None = None,
        detection: DetectionParameters | None = None,
        live_from: datetime | None = None,
    ) -> None:
        self.universe = universe
        self.width = width
        self.layout = Layout.of(universe)
        self.parameters = analytics or AnalyticsParameters()
        detection = detection or DetectionParameters()
        self._watched = sum(not s.benchmark for s in universe.sectors)
        self._timeline = Timeline(universe, self.layout)
        self._places = Places.of(self.layout.market_token, len(self.layout.tokens))
        self._drop_h = self.parameters.drop_after_h
        self._quotes = _quote_tokens(universe, self.layout)
        self._first_trade_h = np.array([_first_trade_h(t) for t in _ordered(universe)])
        self._painter = Painter(self.layout, self._watched)
        self._detector = Detector(
            self.layout, detection, width, live_from=live_from, watched=self._watched
        )
        text = (
            f"{self.parameters.fingerprint()}|{detection.fingerprint()}|{width.total_seconds():.0f}"
        )
        self.fingerprint = hashlib.sha256(text.encode()).hexdigest()[:12]

    def new_state(self) -> EngineState:
        """The state before the first interval."""
        return EngineState(self.layout, self.width, self.parameters, self._detector.new_state())

    def dump(self, state: EngineState) -> bytes:
        """The state as bytes; :meth:`load` gives it back bit for bit."""
        return stored.save(state, self.width)

    def load(self, blob: bytes) -> EngineState:
        """The inverse of :meth:`dump`, realigned by name when the universe has changed since."""
        return stored.load(blob, self.layout, self.width, self.parameters, self._detector)

    def step(self, state: EngineState, interval: IntervalInput) -> StepOutput:
        """Move ``state`` on by one interval, in place. Raises ValueError unless it follows the last one directly."""
        if interval.width != self.width:
            raise ValueError(f"found an interval of {interval.width}, expected {self.width}")
        if state.last_open is not None and interval.open_time != state.last_open + self.width:
            raise ValueError(
                f"found the interval {interval.open_time}, expected {state.last_open + self.width}"
            )
        redenominated = restate(
            state, self._timeline, interval.open_time, self.parameters.migration_guard
        )
        priced = accept_prices(state, interval, self._rates(state), self._places, self.parameters)
        if state.first_seen is None and not priced.unseen:
            state.first_seen = state.steps
        age_h = self._age_h(state, interval)
        values = self._values(state, interval, priced, age_h)
        self._remember(state, values)
        windows = Windows(
            state,
            values,
            self.width,
            self.parameters,
            self._watched,
            interval,
            age_h,
        )
        events: tuple[MemberEvent, ...] = ()
        if state.steps:
            events = member_events(values, self.layout, interval, redenominated)
        remember_launches(state, events, interval.close_time)
        picture = self._painter.draw(state, values, windows, interval, events)
        readings, changes = self._detector.step(
            state.detector, interval.close_time, self._sector_step(values), windows
        )
        state.last_open = interval.open_time
        state.steps += 1
        state.gap = state.gap + 1 if values.unseen else 0
        return StepOutput(picture, readings, changes)

    def _rates(self, state: EngineState) -> FloatArray:
        """USD of one unit of each market's quote: 1, or the price of a watched stablecoin as of the step before.

        One step old, so that a stablecoin may itself be quoted in another; 1 where it has none or one too old to carry.
        """
        if (self._quotes < 0).all():
            return np.ones(len(self._quotes))
        price = state.price[self._quotes]
        with np.errstate(invalid="ignore"):
            usable = (price > 0) & (self._hours(state.age)[self._quotes] <= self._drop_h)
        return np.where((self._quotes >= 0) & usable, price, 1.0)

    def _hours(self, steps: IntArray) -> FloatArray:
        return steps.astype(np.float64) * (self.width / timedelta(hours=1))

    def _values(
        self, state: EngineState, interval: IntervalInput, priced: Priced, age_h: FloatArray
    ) -> StepValues:
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

    def _age_h(self, state: EngineState, interval: IntervalInput) -> FloatArray:
        """Hours since each token's market began: by its first trade, else by when it was first seen.

        A token seen ever since anybody first answered is taken for old: its market may have begun long before.
        """
        ever = state.steps - (state.first_seen or 0)
        seen_h = np.where(state.seen >= ever, np.inf, self._hours(state.seen))
        now_h = (interval.close_time - EPOCH) / timedelta(hours=1)
        return np.where(
            np.isnan(self._first_trade_h), seen_h, np.maximum(0.0, now_h - self._first_trade_h)
        )

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
        held = np.where(np.isnan(sd), own, np.clip(own, -4.0 * sd, 4.0 * sd))
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

    def _remember(self, state: EngineState, v: StepValues) -> None:
        """Move the averages and windows on; a return that spans a hole enters no average, nor does an hour that holds one."""
        state.book_price, state.book_supply = v.after.price.copy(), v.after.supply.copy()
        state.book_sector = v.after.sector
        state.level = state.level + np.nan_to_num(v.r)
        state.clean = 0 if v.marked or v.unseen else state.clean + 1
        state.spread.add(np.where(v.steady, v.token_return * v.token_return, np.nan))
        state.own_spread.add(np.where(v.steady, v.token_own * v.token_own, np.nan))
        tokens = {
            "own": v.token_own,
            "log_return": v.token_return,
            "volume": v.token_volume,
            "net": v.token_net,
            "contribution": _contributions(v, len(self.layout.sectors)),
        }
        for name, row in tokens.items():
            state.token_rings[name].push(row)
        self._remember_sectors(state, v)

    def _remember_sectors(self, state: EngineState, v: StepValues) -> None:
        wide = np.full(len(v.r), np.nan)
        share = wide.copy()
        share[: self._watched] = v.share
        unseen = v.unseen
        sectors = {
            "r": np.where(unseen, np.nan, v.r),
            "e": np.where(unseen, np.nan, v.e),
            "market": np.where(unseen, np.nan, v.beta * v.market),
            "volume": v.volume,
            "net": v.net,
            "share": share,
            "level": state.level,
            "grade": v.grade.astype(np.float64),
        }
        for part in range(4):
            column = wide.copy()
            column[: self._watched] = v.parts[:, part]
            sectors[f"p{part}"] = column
        for name, row in sectors.items():
            state.sector_rings[name].push(row)
        state.week.push(np.concatenate([state.level, share]))
        hour = max(1, round(timedelta(hours=1) / self.width))
        if state.clean >= hour and not v.benchmark_missing:
            hourly = state.sector_rings["r"].last(hour)
            if not np.isnan(hourly[:, self._watched]).any():
                state.betas.add(hourly.sum(axis=0), float(hourly[:, self._watched].sum()))

    def _sector_step(self, v: StepValues) -> SectorStep:
        return SectorStep(
            r=v.r,
            e=v.e,
            q=v.q,
            volume=v.volume,
            net_flow=v.net,
            flow_weight=np.where(np.isnan(v.net), 0.0, FLOW_WEIGHT[v.grade]),
            coverage=v.coverage,
            stale_weight=v.stale,
            has_members=v.has_members,
            known=not v.unseen,
            market_return=float(v.market[-1]),
            benchmark_missing=v.benchmark_missing,
        )


def _contributions(v: StepValues, sectors: int) -> FloatArray:
    """Per token its part of its sector's simple return: cap share among those kept, times its own; NaN else."""
    kept = (v.before.sector >= 0) & (v.before.sector == v.after.sector)
    cap = np.where(kept, v.before.cap, 0.0)
    base = by_sector(cap, v.before.sector, sectors)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(kept, cap / base[v.before.sector] * np.expm1(v.token_return), np.nan)


def _first_trade_h(token: Token) -> float:
    """Hours since the epoch; NaN where it is not told."""
    return (token.first_trade - EPOCH) / timedelta(hours=1) if token.first_trade else math.nan


def _ordered(universe: Universe) -> list[Token]:
    return sorted(universe.tokens, key=lambda token: token.id)


def _quote_tokens(universe: Universe, layout: Layout) -> IntArray:
    """Per market: position of the token that is its quote currency, where that is watched; -1 else."""
    position = {token: i for i, token in enumerate(layout.tokens)}
    return np.array([position.get(market.quote, -1) for market in universe.markets], dtype=np.int64)
