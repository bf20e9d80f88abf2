"""Figures over the last hours, read from the state's rings: what evidence and the picture are made of."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import numpy as np

from monitor.analytics.flow import worst_grade
from monitor.analytics.liquidity import abnormal_volume, illiquidity
from monitor.analytics.parameters import AnalyticsParameters
from monitor.analytics.ring import Part, Ring
from monitor.analytics.window import (
    drift,
    known_or_zero,
    none_or,
    sliding,
    sliding_sums,
    sums,
    total,
)
from monitor.engine.state import EngineState
from monitor.engine.values import StepValues
from monitor.model.interval import FloatArray, IntArray, IntervalInput
from monitor.model.rotation import Launch, SideEvidence
from monitor.model.state import FlowGrade, ShareSplit

GRADES: tuple[FlowGrade | None, ...] = (None, FlowGrade.A, FlowGrade.B, FlowGrade.C, FlowGrade.D)
TOLD_CONTRIBUTORS = 3
LEAST_USUAL = 0.25
"""Part of the samples of two weeks that say what is usual: the yardsticks' own least, 84 of 336 hours."""


class Windows:
    """The windows that end with the step just remembered; answers the detector's questions about a sector's past."""

    def __init__(
        self,
        state: EngineState,
        values: StepValues,
        width: timedelta,
        parameters: AnalyticsParameters,
        watched: int,
        interval: IntervalInput,
        market_age_h: FloatArray,
    ) -> None:
        self._state = state
        self._values = values
        self._hour = timedelta(hours=1) / width
        self._parameters = parameters
        self._watched = watched
        self._now = interval.close_time
        self._old = market_age_h > parameters.breadth_delay_h
        self._cache: dict[tuple[str | int, ...], FloatArray] = {}
        self._breadths: dict[int, tuple[IntArray, IntArray, IntArray]] = {}
        self._splits: dict[int, list[tuple[FloatArray, IntArray]]] = {}

    def steps(self, hours: float) -> int:
        """Steps in that many hours, at least one."""
        return max(1, round(hours * self._hour))

    def sector_drift(self, name: str, hours: int) -> FloatArray:
        """Sum of a log-return ring per sector; NaN where too little is known, or its index does not reach back so far."""

        def work() -> FloatArray:
            steps = self.steps(hours)
            found = drift(self._state.sector_rings[name].last(steps), self._parameters.least_known)
            return np.where(self._state.begun >= steps, found, np.nan)

        return self._cached(("drift", name, hours), work)

    def sector_total(self, name: str, hours: int, *, before: int = 0) -> FloatArray:
        """Sum of a USD ring per sector over ``hours`` that end ``before`` hours ago."""
        skip = self.steps(before) if before else 0

        def work() -> FloatArray:
            rows = self._state.sector_rings[name].last(self.steps(hours) + skip)
            return total(rows[: len(rows) - skip], self._parameters.least_known)

        return self._cached(("total", name, hours, before), work)

    def token_total(self, name: str, hours: int) -> FloatArray:
        """Sum of a USD ring per token."""
        rows = self._state.token_rings[name].last(self.steps(hours))
        return total(rows, self._parameters.least_known)

    def token_drift(self, name: str, hours: int) -> FloatArray:
        """Sum of a return ring per token; NaN where too little is known, or its prices do not reach back so far."""

        def work() -> FloatArray:
            steps = self.steps(hours)
            found = drift(self._state.token_rings[name].last(steps), self._parameters.least_known)
            return np.where(self._state.seen >= steps, found, np.nan)

        return self._cached(("token", name, hours), work)

    def _cached(self, key: tuple[str | int, ...], work: Callable[[], FloatArray]) -> FloatArray:
        if key not in self._cache:
            self._cache[key] = work()
        return self._cache[key]

    def volume_share(self, hours: int, *, before: int = 0) -> FloatArray:
        """Each watched sector's part of the volume of ``hours`` that end ``before`` hours ago, over matched markets: those
        that count now, and what they would have traded before they were known.

        Unknown for all as soon as it is for one: the parts of what is left would not be parts of the whole.
        """
        units = np.exp(-known_or_zero(self._state.link))
        return self._share_of(self.sector_total("matched", hours, before=before) * units)

    def traded_share(self, hours: int) -> FloatArray:
        """Each watched sector's part of all that was traded in the last ``hours``."""
        return self._share_of(self.sector_total("volume", hours))

    def abnormal_volume(self) -> FloatArray:
        """USD of the last 24 h that each watched sector traded beyond its usual part, which is that of the two weeks before
        them, over matched markets; unknown for all before a quarter of those weeks is known, or where it is of one."""
        units = np.exp(-np.nan_to_num(self._state.link))[: self._watched]
        day = self.steps(24) // max(1, self.steps(1))
        samples = self._state.matched_days.last(self._state.matched_days.length)[:-day]
        past = samples[:, : self._watched] * units
        whole = past.sum(axis=1, keepdims=True)
        known = whole[:, 0] > 0
        if np.count_nonzero(known) < LEAST_USUAL * len(past):
            return np.full(self._watched, np.nan)
        volumes = self.sector_total("volume", 24)[: self._watched]
        return abnormal_volume(past[known] / whole[known], self.volume_share(24), volumes)

    def illiquidity(self) -> FloatArray:
        """Per sector the mean over the last 24 hours of its return without sign per million USD traded."""
        steps, hour = self.steps(24), self.steps(1)
        rings, hours = self._state.sector_rings, (steps // hour, hour, -1)
        moved, traded = (
            rings[name].last(steps).reshape(hours).sum(axis=1) for name in ("r", "volume")
        )
        return illiquidity(moved, traded, self._parameters.least_known)

    def _share_of(self, amounts: FloatArray) -> FloatArray:
        volume = amounts[: self._watched]
        whole = volume.sum()
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(whole > 0, volume / whole, np.nan)

    def market_return(self, window_h: int) -> float | None:
        """Simple return of the watched market."""
        if self._values.benchmark_missing:
            return None
        return none_or(float(np.expm1(self.sector_drift("r", window_h)[self._watched])))

    def breadth(self, window_h: int) -> tuple[IntArray, IntArray, IntArray]:
        """Per sector, of members older than a day: how many have a negative own return over the window, how many are
        judged, and how many have a positive one."""
        if window_h not in self._breadths:
            own, sector = self.token_drift("own", window_h), self._values.after.sector
            judged = (sector >= 0) & self._old & ~np.isnan(own)
            sectors = len(self._state.layout.sectors)
            self._breadths[window_h] = (
                np.bincount(sector[judged & (own < 0)], minlength=sectors),
                np.bincount(sector[judged], minlength=sectors),
                np.bincount(sector[judged & (own > 0)], minlength=sectors),
            )
        return self._breadths[window_h]

    def breadth_from(self, sector_index: int, window_h: int) -> float | None:
        """Share of members with a negative own return; None without a member to judge."""
        behind, judged, _ = self.breadth(window_h)
        count = int(judged[sector_index])
        return int(behind[sector_index]) / count if count else None

    def breadth_to(self, sector_index: int, window_h: int) -> float | None:
        """Share of members with a positive own return; None without a member to judge."""
        _, judged, ahead = self.breadth(window_h)
        count = int(judged[sector_index])
        return int(ahead[sector_index]) / count if count else None

    def returns(self, window_h: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Per sector (simple return, own part, market part): the first is the sum of the other two."""
        whole = np.expm1(self.sector_drift("r", window_h))
        market = np.expm1(self.sector_drift("market", window_h))
        return whole, whole - market, market

    def share_change(self, hours: int) -> FloatArray:
        """Per sector the change of market-cap share over the window, a fraction."""
        week, sectors = self._state.week, len(self._state.level)
        return week.ago(0)[sectors:] - week.ago(self.steps(hours))[sectors:]

    def index_return(self, hours: int) -> FloatArray:
        """Per sector the simple return of the chained index since ``hours`` ago."""
        week, sectors, steps = self._state.week, len(self._state.level), self.steps(hours)
        moved = np.expm1(week.ago(0)[:sectors] - week.ago(steps)[:sectors])
        return np.where(self._state.begun >= steps, moved, np.nan)

    def share_split(self, sector: int, hours: int) -> ShareSplit | None:
        """The window's change of share by part, each a sum of its steps; None where no step is known."""
        if sector >= self._watched:
            return None
        if hours not in self._splits:
            self._splits[hours] = [
                sums(self._state.sector_rings[f"p{part}"].last(self.steps(hours)))
                for part in range(4)
            ]
        parts = self._splits[hours]
        if not any(known[sector] for _, known in parts):
            return None
        price, supply, membership, launch = (float(summed[sector]) for summed, _ in parts)
        return ShareSplit(price, supply, membership, launch)

    def grades(self, hours: int) -> IntArray:
        """Per sector the code of the worst grade that covers 40 % or more of the window's graded volume; 0: none."""
        return np.asarray(grades_over(self._state, self.steps(hours), 1)[0])

    def token_grades_of_day(self) -> IntArray:
        """The same per token over the last day, of which trades that were read are known by the clock hour; what is neither
        seen nor sampled counts with the estimates."""
        seen, volume = self._seen_and_all(self._state.token_rings, 24)
        hours = self._state.token_hours
        sampled = sums(hours["sampled"].last(24))[0] + self._state.hour_sampled
        scaled = sums(hours["scaled"].last(24))[0] + self._state.hour_scaled
        told = np.maximum(seen - (sampled - scaled), 0.0)
        return worst_grade(told, sampled, np.maximum(volume - (told + sampled), 0.0))

    def flow_seen(self, hours: int) -> FloatArray:
        """Per sector the part of the window's known volume whose taker side was seen; NaN without any."""
        return _part(*self._seen_and_all(self._state.sector_rings, hours))

    def token_flow_seen(self, hours: int) -> FloatArray:
        """The same per token."""
        return _part(*self._seen_and_all(self._state.token_rings, hours))

    def _seen_and_all(
        self, rings: Mapping[str, Ring | Part], hours: int
    ) -> tuple[FloatArray, FloatArray]:
        steps = self.steps(hours)
        return sums(rings["seen"].last(steps))[0], sums(rings["volume"].last(steps))[0]

    def contributors(self, sector: int, hours: int) -> tuple[tuple[str, float], ...]:
        """Up to three tokens with the largest part of the sector's return, those with its own sign first."""
        parts = self.token_drift("contribution", hours)
        members = np.flatnonzero((self._values.after.sector == sector) & ~np.isnan(parts)).tolist()
        whole = sum(parts[i] for i in members)
        ranked = sorted(members, key=lambda i: (parts[i] * whole <= 0, -abs(parts[i]), i))
        names = self._state.layout.tokens
        return tuple((names[i], float(parts[i])) for i in ranked[:TOLD_CONTRIBUTORS])

    def side(self, sector_index: int, window_h: int) -> SideEvidence:
        """All figures of one side over the window."""
        s, values = sector_index, self._values
        whole, own, market = (float(values[s]) for values in self.returns(window_h))
        now, then = self.volume_share(window_h)[s], self.volume_share(24, before=window_h)[s]
        split = self.share_split(s, window_h)
        change = none_or(float(self.share_change(window_h)[s])) if s < self._watched else None
        behind, judged, ahead = (int(counts[s]) for counts in self.breadth(window_h))
        return SideEvidence(
            sector=self._state.layout.sectors[s],
            total_return=none_or(whole),
            own_return=none_or(own),
            market_part=none_or(market),
            beta=float(values.beta[s]),
            market_cap_usd=float(values.caps[s]),
            share_pp=_pp(none_or(float(values.share[s]))),
            share_change_pp=_pp(change),
            share_split_pp=None
            if split is None
            else ShareSplit(
                100 * split.price, 100 * split.supply, 100 * split.membership, 100 * split.launch
            ),
            volume_usd=none_or(float(self.sector_total("volume", window_h)[s])),
            volume_share_pp=_pp(none_or(float(self.traded_share(window_h)[s]))),
            volume_share_change_pp=_pp(none_or(float(now - then))),
            net_flow_usd=none_or(float(self.sector_total("net", window_h)[s])),
            flow_grade=GRADES[int(self.grades(window_h)[s])],
            breadth_behind=behind,
            breadth_of=judged,
            breadth_ahead=ahead,
            contributors=self.contributors(s, window_h),
            flow_seen=none_or(float(self.flow_seen(window_h)[s])),
        )

    def launches(self, sector_index: int, window_h: int) -> tuple[Launch, ...]:
        """Launches in the sector within the window."""
        name = self._state.layout.sectors[sector_index]
        since = self._now - timedelta(hours=window_h)
        return tuple(x for x in self._state.launches if x.sector == name and x.at > since)

    def hours_since_launch(self, sector_index: int, within_h: int) -> int | None:
        """Whole hours, rounded up, since the first bar of the sector's first launch within so many; None: none."""
        closed = [launch.at for launch in self.launches(sector_index, within_h)]
        if not closed:
            return None
        hour = timedelta(hours=1)
        return -((min(closed) - hour / self._hour - self._now) // hour)

    def launch_share_loss(self, hours: int) -> FloatArray:
        """(*from*, *to*) of the watched sectors: pp of both together that launches in *to* brought within the hours.

        Measured against the two alone: a launch as large as a small sector takes nothing of a market of large ones.
        """
        brought, _ = sums(self._state.sector_rings["p3"].last(self.steps(hours)))
        share = self._values.share[: self._watched]
        with np.errstate(invalid="ignore", divide="ignore"):
            both = share[:, None] + share[None, :]
            taken = 100.0 * brought[None, : self._watched] / both
        return np.where(both > 0, taken, np.nan)


def grades_over(state: EngineState, window: int, steps: int) -> IntArray:
    """(steps, sectors): :meth:`Windows.grades` over so many steps that end with each of the last ones."""
    rings, names = state.sector_day, ("seen", "sampled", "scaled", "estimated")
    rows = rings.whole.over(window, steps)[:, rings.columns_of(names[0], names[-1])]
    if np.isnan(rows).any():
        found = [sliding_sums(rings[name].over(window, steps), window)[0] for name in names]
    else:
        found = np.split(sliding(rows, window), len(names), axis=1)
    seen, sampled, scaled, estimated = found
    return worst_grade(seen - (sampled - scaled), sampled, estimated)


def _part(some: FloatArray, whole: FloatArray) -> FloatArray:
    """As a fraction; NaN of nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, np.minimum(1.0, some / whole), np.nan)


def _pp(fraction: float | None) -> float | None:
    return None if fraction is None else 100.0 * fraction
