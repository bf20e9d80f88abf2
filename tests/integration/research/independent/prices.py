"""One price a token and step, and who is a member at it (chapters 2 and 3)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pandas as pd

from monitor.model.universe import DOLLARS
from tests.integration.research.independent.frames import HOUR, QUIET, TRADED, Tables

NAN = math.nan


@dataclass
class Venue:
    """A market's memory, of its price in its own quote a coin; ``hours``: USD of the last 24 clock hours, the present one
    last."""

    token: str
    quote: str
    close: float = NAN
    idle: int = 0
    outlying: bool = False
    hours: list[float] = field(default_factory=lambda: [0.0] * 24)


@dataclass
class Line:
    """A token's memory. ``age``: steps since a price was accepted; ``absent``: those of them in which anybody answered;
    ``seen``: steps since the first price was."""

    price: float = NAN
    age: float = math.inf
    absent: int = 0
    hold: int = 0
    hold_price: float = NAN
    guard: float = NAN
    seen: int = -1
    supply: float = NAN
    handed_on: float = NAN
    sector: str = ""


@dataclass(frozen=True, eq=False)
class Prices:
    """Per token and step; ``before_*``: the members as of the step before, restated for a redenomination.

    ``fresh``: a price was accepted, ``steady``: in the step before too. ``lost``: none for over an hour, ``was_lost``:
    the same a step before. ``age_h``: of the token's market. ``usd``, ``taker_usd``: per market. ``heirs``: (row, old,
    new) of redenominations.
    """

    price: pd.DataFrame
    supply: pd.DataFrame
    sector: pd.DataFrame
    before_price: pd.DataFrame
    before_supply: pd.DataFrame
    before_sector: pd.DataFrame
    fresh: pd.DataFrame
    steady: pd.DataFrame
    lost: pd.DataFrame
    was_lost: pd.DataFrame
    seen: pd.DataFrame
    age_h: pd.DataFrame
    conflict: pd.DataFrame
    usd: pd.DataFrame
    taker_usd: pd.DataFrame
    heirs: list[tuple[int, str, str]]


@dataclass
class Candidate:
    """What a token's venues say together."""

    price: float
    agreeing: int
    conflict: bool
    traded: bool


class Pricing:
    """Goes through the intervals in order."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables
        self._minutes = tables.width / timedelta(minutes=1)
        self._tokens = list(tables.supply.columns)
        self._lines = {token: Line() for token in self._tokens}
        self._venues = {
            name: Venue(tables.market_token[name], tables.market_quote[name])
            for name in tables.close.columns
        }
        self._markets = {
            token: [name for name, v in self._venues.items() if v.token == token]
            for token in self._tokens
        }
        self._unseen = tables.unseen.to_numpy()
        self._data = {
            n: getattr(tables, n).to_numpy() for n in ("close", "volume", "taker", "slot")
        }
        self._supply = tables.supply.to_numpy()
        self._belongs = tables.belongs.to_numpy()
        self._restated: dict[str, object] = {}
        self._first_answer: int | None = None
        self._rows: dict[str, list[dict[str, object]]] = {}
        self._heirs: list[tuple[int, str, str]] = []

    def run(self) -> Prices:
        """All of it."""
        for row in range(len(self._t.opens)):
            self._step(row)
        tables = {name: pd.DataFrame(rows) for name, rows in self._rows.items()}
        for row, old, new in self._heirs:  # the successor's past is that of the line it goes on
            tables["steady"].loc[: row - 1, new] = tables["steady"].loc[: row - 1, old]
        return Prices(**tables, heirs=self._heirs)

    def _step(self, row: int) -> None:
        t = self._t
        self._redenominate(row)
        self._keep("before_price", {k: v.price for k, v in self._lines.items()} | self._restated)
        self._keep("before_supply", {k: v.supply for k, v in self._lines.items()})
        self._keep("before_sector", {k: v.sector for k, v in self._lines.items()})
        unseen = bool(self._unseen[row])
        fresh_market = self._listen(row)
        rate, usd, taker = self._rates(row, fresh_market, unseen)
        lost_before = {k: v.age * self._minutes > 60 for k, v in self._lines.items()}
        was_fresh = {k: v.age == 0 for k, v in self._lines.items()}
        accepted, conflict = {}, {}
        for token in self._tokens:
            found = self._candidate(token, fresh_market, rate, usd, row, keep=True)
            young = self._market_age_h(token, row, before=True) <= 24
            accepted[token], guarded = self._accept(token, found, young, unseen)
            conflict[token] = found.conflict or guarded
        for name, venue in self._venues.items():
            if not math.isnan(usd[name]):
                venue.hours[-1] += usd[name]
        if self._first_answer is None and not unseen:
            self._first_answer = row
        for k, token in enumerate(self._tokens):
            line = self._lines[token]
            told = self._supply[row, k]
            line.supply = line.handed_on if math.isnan(told) else told
            here = line.price > 0 and line.supply > 0 and line.absent * t.step_h <= 24
            line.sector = self._belongs[row, k] if here else ""
        self._keep("price", {k: v.price for k, v in self._lines.items()})
        self._keep("supply", {k: v.supply for k, v in self._lines.items()})
        self._keep("sector", {k: v.sector for k, v in self._lines.items()})
        self._keep("fresh", accepted)
        self._keep("steady", {k: accepted[k] and was_fresh[k] for k in accepted})
        self._keep("lost", {k: v.age * self._minutes > 60 for k, v in self._lines.items()})
        self._keep("was_lost", lost_before)
        self._keep("seen", {k: v.seen for k, v in self._lines.items()})
        self._keep("age_h", {k: self._market_age_h(k, row, before=False) for k in self._tokens})
        self._keep("conflict", conflict)
        self._keep("usd", usd)
        self._keep("taker_usd", taker)

    def _keep(self, name: str, values: Mapping[str, object]) -> None:
        self._rows.setdefault(name, []).append(dict(values))

    def _redenominate(self, row: int) -> None:
        """One unit of old becomes ``ratio`` of new: price divided, supply multiplied, the same member."""
        self._restated = {}
        if row == 0:
            return
        for change in self._t.redenominations:
            old, new = self._lines[change.old], self._lines[change.new]
            if not self._t.opens[row - 1] < change.at <= self._t.opens[row] or not old.sector:
                continue
            line = old.price / change.ratio
            if not abs(new.price / line - 1.0) <= 0.10:
                new.price = new.guard = line
                new.age, new.absent = old.age, old.absent
            new.seen = max(new.seen, old.seen)
            new.supply = new.handed_on = old.supply * change.ratio
            new.sector, old.sector = old.sector, ""
            self._restated[change.new] = line
            self._heirs.append((row, change.old, change.new))

    def _listen(self, row: int) -> dict[str, bool]:
        """Which venues have a fresh price: answered, and moved or traded within 30 minutes."""
        fresh = {}
        if self._t.opens[row].minute == 0:
            for venue in self._venues.values():
                venue.hours = [*venue.hours[1:], 0.0]
        for k, (name, venue) in enumerate(self._venues.items()):
            close = self._data["close"][row, k] / self._t.multiplier[name]
            slot = self._data["slot"][row, k]
            answered = slot in (TRADED, QUIET)
            moved = answered and not math.isnan(close) and close != venue.close
            if answered and not math.isnan(close):
                venue.close = close
            venue.idle = 0 if slot == TRADED or moved else venue.idle + 1
            awake = venue.idle == 0 or venue.idle * self._minutes < 30
            fresh[name] = answered and awake and venue.close > 0
        return fresh

    def _rates(
        self, row: int, fresh: dict[str, bool], unseen: bool
    ) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """USD of each market's quote in this very step. A watched coin counts as its price in this step, else its last
        for a day; any other coin that is meant to be a dollar as one. A coin may be quoted in another: in turn."""
        names = {v.quote for v in self._venues.values()}
        worth = {q: 1.0 if q in DOLLARS else NAN for q in names}
        watched = sorted(q for q in names if q in self._lines)
        usd: dict[str, float] = {}
        for token in watched:
            line = self._lines[token]
            if line.price > 0 and (line.absent + (not unseen)) * self._t.step_h <= 24:
                worth[token] = line.price
        kept = dict(worth)
        for _ in watched:
            settled = dict(worth)
            rate, usd, _taker = self._valued(row, worth)
            for token in watched:
                found = self._candidate(token, fresh, rate, usd, row, keep=False)
                young = self._market_age_h(token, row, before=True) <= 24
                believed = self._believed(self._lines[token], found, young)[0]
                settled[token] = found.price if believed else kept[token]
            worth = settled
        return self._valued(row, worth)

    def _valued(
        self, row: int, worth: dict[str, float]
    ) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        rate = {name: worth[v.quote] for name, v in self._venues.items()}
        usd = {n: self._data["volume"][row, k] * rate[n] for k, n in enumerate(self._venues)}
        taker = {n: self._data["taker"][row, k] * rate[n] for k, n in enumerate(self._venues)}
        return rate, usd, taker

    def _candidate(
        self,
        token: str,
        fresh: dict[str, bool],
        rate: dict[str, float],
        usd: dict[str, float],
        row: int,
        *,
        keep: bool,
    ) -> Candidate:
        """Volume-weighted median of the venues that are neither stale nor outlying."""
        names = [n for n in self._markets[token] if fresh[n] and not math.isnan(rate[n])]
        price = {n: self._venues[n].close * rate[n] for n in names}
        traded = any(usd[n] > 0 for n in self._markets[token])
        if not names:
            return Candidate(NAN, 0, False, traded)
        weight = {
            n: sum(self._venues[n].hours) + (0.0 if math.isnan(usd[n]) else usd[n]) for n in names
        }
        used = list(names)
        if len(names) >= 3:
            middle = float(np.median([price[n] for n in names]))
            out = {}
            for n in names:
                bound = 0.05 if self._venues[n].outlying else 0.10
                out[n] = abs(price[n] / middle - 1.0) > bound
                if keep:
                    self._venues[n].outlying = out[n]
            used = [n for n in names if not out[n]]
            if not used:
                return Candidate(NAN, 0, True, traded)
        conflict = len(used) == 2 and len(names) == 2 and self._apart(used, price)
        if conflict:
            last = self._lines[token].price
            rank = {
                n: -weight[n] if math.isnan(last) else abs(math.log(price[n] / last)) for n in used
            }
            used = [min(used, key=lambda n: rank[n])]
        found = weighted_median(
            [price[n] for n in used], price_weights([weight[n] for n in used], 0.6)
        )
        agreeing = sum(abs(price[n] / found - 1.0) <= 0.03 for n in names)
        return Candidate(found, agreeing, conflict, traded)

    @staticmethod
    def _apart(used: list[str], price: dict[str, float]) -> bool:
        pair = sorted(price[n] for n in used)
        return pair[1] / pair[0] - 1.0 > 0.10

    def _believed(self, line: Line, found: Candidate, young: bool) -> tuple[bool, bool, int, bool]:
        """(accepted, held as a doubtful jump, tries so far, held by a migration's guard)."""
        known = not math.isnan(found.price)
        guard = line.guard if line.sector else NAN
        jump = known and _log_apart(found.price, line.price) > (0.5 if young else 0.25)
        same = known and _log_apart(found.price, line.hold_price) <= 0.25
        tries = line.hold + 1 if same else 1
        most = max(1, min(2, int(10 // self._minutes)))
        if found.traded and self._minutes > 10:
            most = 0
        doubtful = jump and found.agreeing < 2 and tries <= most
        guarded = known and abs(found.price / guard - 1.0) > 0.10
        return known and not doubtful and not guarded, doubtful, tries, guarded

    def _accept(self, token: str, found: Candidate, young: bool, unseen: bool) -> tuple[bool, bool]:
        line = self._lines[token]
        accepted, doubtful, tries, guarded = self._believed(line, found, young)
        if doubtful:
            line.hold, line.hold_price = tries, found.price
        elif not math.isnan(found.price):
            line.hold, line.hold_price = 0, NAN
        line.guard = NAN if accepted or not line.sector else line.guard
        if accepted:
            line.price, line.age, line.absent = found.price, 0, 0
        else:
            line.age, line.absent = line.age + 1, line.absent + (not unseen)
        if accepted or line.seen >= 0:
            line.seen += 1
        return accepted, guarded

    def _market_age_h(self, token: str, row: int, *, before: bool) -> float:
        """By the first trade where that is told; else since it was first seen, and old if seen ever since anybody
        answered."""
        first = self._t.first_trade.get(token)
        if first is not None:
            return max(0.0, (self._t.opens[row] + self._t.width - first) / HOUR)
        steps = self._lines[token].seen + before
        ever = row - (self._first_answer or 0)
        return math.inf if steps >= ever else steps * self._t.step_h


def _log_apart(a: float, b: float) -> float:
    return abs(math.log(a / b)) if b > 0 else NAN


def price_weights(weights: list[float], cap: float) -> list[float]:
    """No venue above the cap where three or more count; equal where nothing was traded."""
    if sum(weights) == 0:
        weights = [1.0] * len(weights)
    if len(weights) < 3:
        return weights
    total = sum(weights)
    return [min(w, (total - w) * cap / (1.0 - cap)) if total - w > 0 else w for w in weights]


def weighted_median(prices: list[float], weights: list[float]) -> float:
    """The lowest price whose cumulated weight reaches half of the total."""
    order = sorted(range(len(prices)), key=lambda k: prices[k])
    half, reached = 0.5 * sum(weights[k] for k in order), 0.0
    for k in order:
        reached += weights[k]
        if reached >= half:
            return prices[k]
    return prices[order[-1]]
