"""Traded volume, net flow, and volume over matched markets (chapter 5)."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.integration.research.independent.frames import (
    UNLISTED,
    Tables,
    amount,
    by_sector,
    ewma,
    records,
    root,
    window,
)
from tests.integration.research.independent.prices import Prices
from tests.integration.research.independent.sectors import Sectors, inherit

WEEK_MIN = 7 * 24 * 60
MEAN_LIFE_H = 84.0
"""Half-life of what is usual: the trailing week, exponentially weighted."""
SHRINK = {5: 0.36, 15: 0.26, 30: 0.20, 60: 0.12}
"""Of an estimated imbalance, by minutes of a bar: true over estimated, as measured on real days."""


@dataclass(frozen=True, eq=False)
class Volumes:
    """USD of each step. Per sector: ``volume``, ``net``, ``seen`` and ``estimated`` (by the takers' side), ``matched``
    and ``link`` (log of chain units a USD), ``coverage``. Per token: ``token_volume``, ``token_net``."""

    volume: pd.DataFrame
    net: pd.DataFrame
    seen: pd.DataFrame
    estimated: pd.DataFrame
    matched: pd.DataFrame
    link: pd.DataFrame
    coverage: pd.DataFrame
    token_volume: pd.DataFrame
    token_net: pd.DataFrame
    token_seen: pd.DataFrame


def volumes_of(t: Tables, p: Prices, s: Sectors) -> Volumes:
    """All of it."""
    tokens = list(p.price.columns)
    markets = {k: [m for m in p.usd.columns if t.market_token[m] == k] for k in tokens}
    dark = p.usd.isna()
    dark_steps = dark.apply(lambda column: column.groupby((~column).cumsum()).cumsum())
    expected = (t.slot != UNLISTED) & (dark_steps * t.step_h * 60 <= WEEK_MIN)
    usual = ewma(p.usd, MEAN_LIFE_H, t.step_h).shift(1).fillna(0.0)
    spread = root(ewma((s.step * s.step).where(p.steady), 96.0, t.step_h).shift(1))
    shrink = SHRINK[min(m for m in SHRINK if m >= t.step_h * 60)]
    z = s.step / spread / math.sqrt(2.0)
    guess = shrink * z.map(math.erf)
    volume, net, seen, estimated, normal = {}, {}, {}, {}, {}
    for k in tokens:
        here = markets[k]
        there = expected[here]
        told = there & p.usd[here].notna()
        factor = made_up_for(usual[here], there, told)
        volume[k] = p.usd[here].where(told).sum(axis=1) * factor
        given = told & p.taker_usd[here].notna()
        signed = (2.0 * p.taker_usd[here] - p.usd[here]).where(given).sum(axis=1)
        graded = p.usd[here].where(given).sum(axis=1)
        rest = p.usd[here].where(told & ~given).sum(axis=1)
        net[k] = (signed + (rest * guess[k]).where(rest > 0, 0.0)) * factor
        seen[k] = graded.where(net[k].notna(), 0.0)
        estimated[k] = rest.where(net[k].notna(), 0.0)
        normal[k] = usual[here].where(there, 0.0).sum(axis=1)
    v, n = pd.DataFrame(volume), pd.DataFrame(net)
    u = pd.DataFrame(normal)
    sector_volume = known_volume(v, u, p.sector, s.weight, t.every_sector)
    matched, link = Chain(t, p, s, expected, usual, sector_volume).run()
    absent = unlisted(t, p, markets)
    token_seen = pd.DataFrame(seen)
    token_volume, token_net = v.where(~absent, 0.0), n.where(~absent, 0.0)
    sector_seen = by_sector(token_seen, p.sector, t.every_sector)
    sector_estimated = by_sector(pd.DataFrame(estimated), p.sector, t.every_sector)
    for values in (token_volume, token_net, token_seen):
        inherit(values, p)
    return Volumes(
        volume=sector_volume,
        net=known_sum(n, p.sector, s.weight, t.every_sector),
        seen=sector_seen,
        estimated=sector_estimated,
        matched=matched,
        link=link,
        coverage=by_sector(s.weight.where(p.fresh & v.notna(), 0.0), p.sector, t.every_sector),
        token_volume=token_volume,
        token_net=token_net,
        token_seen=token_seen,
    )


def made_up_for(usual: pd.DataFrame, there: pd.DataFrame, told: pd.DataFrame) -> pd.Series:
    """One over the usual part of the venues that told, where that is at least 30 %; else unknown."""
    whole = usual.where(there, 0.0).sum(axis=1)
    part = usual.where(told, 0.0).sum(axis=1)
    some = told.any(axis=1)
    share = (part / whole).where(whole > 0, some * 1.0)
    return (1.0 / share).where(some & (share >= 0.3))


def known_sum(
    values: pd.DataFrame, sector: pd.DataFrame, weight: pd.DataFrame, names: list[str]
) -> pd.DataFrame:
    """Of the members that are known, lent to no other; unknown where under 70 % of the cap is."""
    part = by_sector(weight.where(values.notna(), 0.0), sector, names)
    return by_sector(values, sector, names).where(part >= 0.7)


def known_volume(
    values: pd.DataFrame,
    usual: pd.DataFrame,
    sector: pd.DataFrame,
    weight: pd.DataFrame,
    names: list[str],
) -> pd.DataFrame:
    """The same of volume, where members that are unknown are made up for by what they usually trade."""
    told = by_sector(usual.where(values.notna(), 0.0), sector, names)
    whole = by_sector(usual, sector, names)
    more = (whole / told).where((told > 0) & (told < whole), 1.0)
    return known_sum(values, sector, weight, names) * more


def unlisted(t: Tables, p: Prices, markets: dict[str, list[str]]) -> pd.DataFrame:
    """Before a token's first price its volume is 0 where its venues answered for others."""
    answered = t.answered
    venue = {m: m.partition(":")[0] for m in answered.columns}
    spoke = {
        v: answered[[m for m in answered.columns if venue[m] == v]].any(axis=1)
        for v in set(venue.values())
    }
    out = {}
    for token, here in markets.items():
        gone = pd.DataFrame({m: (t.slot[m] == UNLISTED) | spoke[venue[m]] for m in here})
        silent = gone.all(axis=1) if here else pd.Series(True, index=t.index)
        out[token] = (p.seen[token] < 0) & silent & ~t.unseen
    return pd.DataFrame(out)


Row = dict[str, float]


def _token_usd(usd: Row, usual: Row, markets: list[str]) -> float:
    """Of the markets that told, made up for those that did not."""
    told = [m for m in markets if not math.isnan(usd[m])]
    whole, part = sum(usual[m] for m in markets), sum(usual[m] for m in told)
    share = part / whole if whole > 0 else float(bool(told))
    return sum(usd[m] for m in told) / share if told and share >= 0.3 else math.nan


class Chain:
    """Volume over matched markets, as the index over members.

    The method says: over the markets known in both windows, chained where their set changes. Chosen: a market joins at
    the end of a clock hour once its volume was known for a day of steps, and is linked by that day's volumes; one that
    leaves takes its usual volume with it; the markets of a launch, and the first of a sector, count from their first bar.
    """

    def __init__(
        self,
        t: Tables,
        p: Prices,
        s: Sectors,
        expected: pd.DataFrame,
        usual: pd.DataFrame,
        volume: pd.DataFrame,
    ) -> None:
        self.t, self.p, self.names = t, p, t.every_sector
        self.members = s.members
        self._volume: list[Row] = records(volume)
        self._expected: list[dict[str, bool]] = records(expected)
        self._usual: list[Row] = records(usual)
        self._usd: list[Row] = records(p.usd)
        self._sector: list[dict[str, str]] = records(p.sector)
        self._age_h: list[Row] = records(p.age_h)
        self._weight: list[Row] = records(s.weight)
        self.day = 24 * t.per_hour
        self.home: dict[str, str] = dict.fromkeys(expected.columns, "")  # in whose chain it counts
        self.known = dict.fromkeys(expected.columns, 0)
        self.link = dict.fromkeys(self.names, math.nan)
        alpha = 1.0 - 0.5 ** (t.step_h / MEAN_LIFE_H)
        self.keep = 1.0 - alpha
        self.total, self.norm = (dict.fromkeys(self.names, 0.0) for _ in range(2))
        self.past: list[dict[str, float]] = []
        self.clock = [f"{at:%Y-%m-%d %H}" for at in t.opens]
        clock = pd.Series(self.clock)
        hours = p.usd.fillna(0.0).groupby(clock).sum().rolling(24, min_periods=1).sum()
        self._clock_usd = dict(zip(hours.index, records(hours), strict=True))

    def run(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """(chain units traded, log link) per sector and step."""
        rows, links = [], []
        closes = self.t.closes_hour.to_numpy()
        unseen = self.t.unseen.to_numpy()
        for row in range(len(self.t.opens)):
            amounts = self._step(row)
            rows.append(amounts)
            links.append(dict(self.link))
            here = self.members.iloc[row]
            self.past.append(
                {s: math.nan if unseen[row] else amounts[s] if here[s] else 0.0 for s in self.names}
            )
            for s in self.names:
                if not math.isnan(amounts[s]):
                    self.total[s] = self.keep * self.total[s] + (1 - self.keep) * amounts[s]
                    self.norm[s] = self.keep * self.norm[s] + (1 - self.keep)
            if closes[row]:
                self._join(row)
                links[-1] = dict(self.link)
        return pd.DataFrame(rows), pd.DataFrame(links)

    def _step(self, row: int) -> dict[str, float]:
        expected, usd, usual = self._expected[row], self._usd[row], self._usual[row]
        sector, age_h = self._sector[row], self._age_h[row]
        belongs = {m: sector[self.t.market_token[m]] if expected[m] else "" for m in expected}
        for m in expected:
            traded = self.known[m] > 0 or usd[m] > 0
            self.known[m] = (
                self.known[m] + (traded and not math.isnan(usd[m])) if expected[m] else 0
            )
        stays = {m: bool(self.home[m]) and self.home[m] == belongs[m] for m in expected}
        for s in self.names:
            counted = [m for m in expected if self.home[m] == s]
            whole = sum(usual[m] for m in counted)
            rest = sum(usual[m] for m in counted if stays[m])
            if rest > 0 and whole > 0:
                self.link[s] -= math.log(rest / whole)
        going_on = {self.t.market_token[m] for m in expected if stays[m]}
        begun = {s for s in self.names if not math.isnan(self.link[s])}
        for m in expected:
            token = self.t.market_token[m]
            starts = belongs[m] and not stays[m] and not math.isnan(usd[m])
            first = belongs[m] not in begun
            launch = age_h[token] <= 168 and token not in going_on
            self.home[m] = belongs[m] if stays[m] or (starts and (first or launch)) else ""
        for s in self.names:
            if math.isnan(self.link[s]) and s in self.home.values():
                self.link[s] = 0.0
        if self.home == belongs:
            usd_of = self._volume[row]
        else:
            usd_of = self._counted(usd, usual, sector, self._weight[row])
        return {s: usd_of[s] * math.exp(self.link[s]) for s in self.names}

    def _counted(
        self, usd: Row, usual: Row, sector: dict[str, str], weight: Row
    ) -> dict[str, float]:
        """USD of the markets that count, made up for what is missing among them."""
        held: dict[str, list[str]] = {}
        for m, home in self.home.items():
            if home:
                held.setdefault(self.t.market_token[m], []).append(m)
        out = dict.fromkeys(self.names, math.nan)
        for s in self.names:
            tokens = [k for k in held if sector[k] == s]
            amounts = {k: _token_usd(usd, usual, held[k]) for k in tokens}
            normal = {k: sum(usual[m] for m in held[k]) for k in tokens}
            told = [k for k in tokens if not math.isnan(amounts[k])]
            cap = sum(weight[k] for k in tokens)
            if not cap > 0 or sum(weight[k] for k in told) / cap < 0.7:
                continue
            seen, whole = sum(normal[k] for k in told), sum(normal.values())
            more = whole / seen if 0 < seen < whole else 1.0
            out[s] = sum(amounts[k] for k in told) * more
        return out

    def _join(self, row: int) -> None:
        expected, sector = self._expected[row], self._sector[row]
        usd = self._clock_usd[self.clock[row]]
        ready: dict[str, list[str]] = {}
        for m in expected:
            home = sector[self.t.market_token[m]] if expected[m] else ""
            if home and not self.home[m] and self.known[m] >= self.day:
                ready.setdefault(home, []).append(m)
        last = pd.DataFrame(self.past[-self.day :], index=None)
        for s, markets in ready.items():
            came = float(sum(usd[m] for m in markets))
            counts = s in self.home.values()
            if counts:
                told = last[s].notna().sum()
                there = last[s].sum() / (told / self.day) if told >= 0.7 * self.day else math.nan
                now = there * math.exp(-self.link[s]) + came
            else:
                there = self.day * self.total[s] / self.norm[s] if self.norm[s] else math.nan
                now = came
            if came > 0 and there > 0 and now > 0:
                self.link[s] = math.log(there / now)
                for m in markets:
                    self.home[m] = s


def volume_figures(t: Tables, s: Sectors, v: Volumes) -> dict[str, pd.DataFrame]:
    """The figures of the sector state that need volume."""
    day = 24 * t.per_hour
    known = pd.DataFrame(dict.fromkeys(t.every_sector, ~t.unseen))
    traded = v.volume.where(s.members > 0, 0.0).where(known)
    matched = v.matched.where(s.members > 0, 0.0).where(known)
    traded_day = amount(traded, day)
    per_unit = pd.DataFrame(np.exp(-v.link.fillna(0.0)))
    now = part_of_all(amount(matched, day) * per_unit, t.sectors)
    earlier = amount(matched, day).shift(day) * per_unit
    seen, estimated = window(v.seen, day)[0], window(v.estimated, day)[0]
    told = window(traded, day)[0]
    weak = (estimated > 0) & (estimated >= 0.4 * (seen + estimated))
    grade = pd.DataFrame(None, index=t.index, columns=t.every_sector, dtype=object)
    grade = grade.where(~(seen + estimated > 0), "A").where(~weak, "C")
    return {
        "volume_24h_usd": traded_day.where(s.members > 0),
        "volume_share": part_of_all(traded_day, t.sectors),
        "volume_share_change_24h": now - part_of_all(earlier, t.sectors),
        "net_flow_24h_usd": amount(v.net, day),
        "flow_grade": grade,
        "flow_seen": (seen / told).clip(upper=1.0).where(told > 0),
        "abnormal_volume_24h_usd": _abnormal(t, amount(matched, day), v.link, now, traded_day),
        "illiquidity_24h": _illiquidity(t, s, traded),
        "volume_step_usd": v.volume,
        "net_flow_step_usd": v.net,
        "coverage": v.coverage,
    }


def part_of_all(amounts: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Unknown for all as soon as it is for one."""
    whole = amounts[names].sum(axis=1, skipna=False)
    return amounts[names].div(whole.where(whole > 0), axis=0)


def _abnormal(
    t: Tables, matched: pd.DataFrame, link: pd.DataFrame, now: pd.DataFrame, traded: pd.DataFrame
) -> pd.DataFrame:
    """Beyond the medians of the fortnight before the day, taken from hourly samples of a day's matched volume."""
    out = pd.DataFrame(np.nan, index=t.index, columns=t.sectors)
    hours = np.flatnonzero(t.closes_hour.to_numpy())
    for row in range(len(out)):
        asked = hours[hours <= row][-15 * 24 : -24]
        units = np.exp(-link[t.sectors].iloc[row].fillna(0.0))
        samples = part_of_all(matched[t.sectors].iloc[asked] * units, t.sectors).dropna()
        if len(samples) < 84:
            continue
        usual = samples.median()
        whole = traded[t.sectors].iloc[row].sum(skipna=False)
        out.iloc[row] = (now[t.sectors].iloc[row] - usual / usual.sum()) * whole
    return out


def _illiquidity(t: Tables, s: Sectors, traded: pd.DataFrame) -> pd.DataFrame:
    """Mean over the last 24 hours of |r| over millions traded, over the hours that have both."""
    moved = s.r.where(~t.unseen).rolling(t.per_hour, min_periods=t.per_hour).sum()
    usd = traded.rolling(t.per_hour, min_periods=t.per_hour).sum()
    hourly = pd.DataFrame(np.exp(moved) - 1.0).abs() / usd.where(usd > 0) * 1e6
    summed, known = hourly * 0.0, hourly * 0.0
    for k in range(24):
        one = hourly.shift(k * t.per_hour)
        summed, known = summed.fillna(0.0) + one.fillna(0.0), known.fillna(0.0) + one.notna()
    return (summed / known).where(known >= 0.7 * 24)
