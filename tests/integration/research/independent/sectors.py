"""Index, cap, share and its parts, the market taken out, breadth (chapters 3, 4 and 6)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.integration.research.independent.frames import (
    Tables,
    by_sector,
    clipped,
    drift,
    ewma,
    log,
    root,
    simple,
    window,
)
from tests.integration.research.independent.prices import Prices

PARTS = ("price", "supply", "membership", "launch")


@dataclass(frozen=True, eq=False)
class Sectors:
    """Per sector and step. ``r``: log return, unknown without a kept member; ``market``: of the market it is held
    against; ``q``: equal-weight own return; ``parts``: of the change of share. Per token: ``step`` and ``own`` log
    returns, ``weight`` (of its sector's cap), ``contribution``, ``past``: rows that a redenomination handed on.
    ``begun``: steps since the first member."""

    members: pd.DataFrame
    caps: pd.DataFrame
    share: pd.DataFrame
    parts: dict[str, pd.DataFrame]
    r: pd.DataFrame
    level: pd.DataFrame
    market: pd.DataFrame
    missing: pd.Series
    beta: pd.DataFrame
    e: pd.DataFrame
    q: pd.DataFrame
    step: pd.DataFrame
    own: pd.DataFrame
    weight: pd.DataFrame
    contribution: pd.DataFrame
    begun: pd.DataFrame


def sectors_of(t: Tables, p: Prices) -> Sectors:
    """All of it from accepted prices."""
    names = t.every_sector
    unseen = t.unseen
    gap = unseen.shift(1, fill_value=False)
    kept = (p.before_sector != "") & (p.before_sector == p.sector)
    cap = (p.price * p.supply).where(p.sector != "", 0.0)
    cap_before = (p.before_price * p.before_supply).where(p.before_sector != "", 0.0)
    now = p.price * p.before_supply
    caps, caps_before = (
        by_sector(cap, p.sector, names),
        by_sector(cap_before, p.before_sector, names),
    )
    members = pd.DataFrame({s: (p.sector == s).sum(axis=1) for s in names})
    base = by_sector(cap_before.where(kept, 0.0), p.sector, names)
    moved = by_sector(now.where(kept, 0.0), p.sector, names)
    r = log((moved / base).where(base > 0))
    level = r.fillna(0.0).cumsum()
    share = caps[t.sectors].div(caps[t.sectors].sum(axis=1).replace(0.0, np.nan), axis=0)
    parts = share_parts(t, p, kept, caps, caps_before)
    market, missing = watched_market(t, p, kept, cap_before, now, gap)
    beta = betas(t, r, market, missing, gap)
    e = r - beta * market
    e[t.benchmark] = e[t.benchmark].where(r[t.benchmark].isna(), 0.0)
    step, own, q = token_returns(t, p, kept, beta * market)
    contribution = (cap_before / _of_token(base, p.sector) * simple(step)).where(kept)
    begun = pd.DataFrame({s: _counted(members[s] > 0) for s in names})
    weight = (cap / _of_token(caps, p.sector)).where(p.sector != "", 0.0)
    return Sectors(
        members, caps, share, parts, r, level, market, missing, beta, e, q, step, own, weight,
        contribution, begun,
    )  # fmt: skip


def _of_token(per_sector: pd.DataFrame, sector: pd.DataFrame) -> pd.DataFrame:
    """Each token's sector's figure."""
    out = pd.DataFrame(np.nan, index=sector.index, columns=sector.columns)
    for s in per_sector.columns:
        held = sector == s
        spread = pd.concat([per_sector[s]] * len(sector.columns), axis=1, keys=sector.columns)
        out = out.where(~held, spread)
    return out


def _counted(there: pd.Series) -> pd.Series:
    """-1 before the first, then 0, 1, 2 ..."""
    return there.cummax().cumsum() - 1


def share_parts(
    t: Tables, p: Prices, kept: pd.DataFrame, caps: pd.DataFrame, caps_before: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """dw_s^x of chapter 4; in a launch's first 24 h the whole change of its cap is the launch's."""
    young, launching = p.age_h <= 7 * 24, p.age_h <= 24
    entered, left = (p.sector != "") & ~kept, (p.before_sector != "") & ~kept
    cap, before = p.price * p.supply, p.before_price * p.before_supply
    settled = kept & ~launching
    changes = {
        "price": (0.5 * (p.before_supply + p.supply) * (p.price - p.before_price)).where(settled),
        "supply": (0.5 * (p.before_price + p.price) * (p.supply - p.before_supply)).where(settled),
        "membership": cap.where(entered & ~young),
        "launch": cap.where(entered & young, (cap - before).where(kept & launching)),
    }
    by = {x: by_sector(c.fillna(0.0), p.sector, t.every_sector) for x, c in changes.items()}
    gone = by_sector(before.where(left, 0.0), p.before_sector, t.every_sector)
    by["membership"] = by["membership"] - gone
    w, w_before = caps[t.sectors], caps_before[t.sectors]
    whole, whole_before = w.sum(axis=1), w_before.sum(axis=1)
    told = (whole > 0) & (whole_before > 0)
    mean = 0.5 * (w.div(whole, axis=0) + w_before.div(whole_before, axis=0))
    out = {}
    for x, change in by.items():
        dc = change[t.sectors]
        dw = (dc - mean.mul(dc.sum(axis=1), axis=0)).div(0.5 * (whole + whole_before), axis=0)
        out[x] = dw.where(told)
    return out


def watched_market(
    t: Tables,
    p: Prices,
    kept: pd.DataFrame,
    cap_before: pd.DataFrame,
    now: pd.DataFrame,
    gap: pd.Series,
) -> tuple[pd.DataFrame, pd.Series]:
    """The benchmark's chained return; without a priced benchmark the other sectors' together, leave-one-out.

    A token carried for longer than an hour is not priced, nor in the step in which it comes back; over a hole of the
    whole market the line is carried."""
    priced = (~(p.lost | p.was_lost)).T | t.unseen | gap
    there = kept & priced.T & (p.sector == t.benchmark)
    base, moved = cap_before.where(there, 0.0).sum(axis=1), now.where(there, 0.0).sum(axis=1)
    missing = ~(base > 0)
    r = pd.Series(np.log((moved / base).where(~missing)))
    inside = kept & p.sector.isin(t.sectors)
    base_s = by_sector(cap_before.where(inside, 0.0), p.sector, t.sectors)
    moved_s = by_sector(now.where(inside, 0.0), p.sector, t.sectors)
    out = {}
    for s in t.every_sector:
        rest = [u for u in t.sectors if u != s]
        b, m = base_s[rest].sum(axis=1), moved_s[rest].sum(axis=1)
        others = pd.Series(np.log((m / b).where(b > 0))).fillna(0.0)
        out[s] = r.where(~missing, others)
    return pd.DataFrame(out), missing


def betas(
    t: Tables, r: pd.DataFrame, market: pd.DataFrame, missing: pd.Series, gap: pd.Series
) -> pd.DataFrame:
    """Chapter 6, one step old; an hour that holds a hole, or a step without a benchmark, is not counted."""
    clean = ~(t.unseen | gap | missing)
    whole = clean.rolling(t.per_hour).sum() == t.per_hour
    hour = r.rolling(t.per_hour).sum() if t.per_hour > 1 else r
    hour_market = market[[t.benchmark]].rolling(t.per_hour).sum()[t.benchmark]
    h_s = hour.where(whole)
    h_m = pd.DataFrame({s: hour_market.where(whole) for s in r.columns})
    usual_s, usual_m = (root(ewma(h * h, 168.0, t.step_h).shift(1)) for h in (h_s, h_m))
    held_s, held_m = clipped(h_s, usual_s), clipped(h_m, usual_m)
    product = ewma(held_s * held_m, 168.0, t.step_h)
    square = ewma((held_m * held_m).where(held_s.notna()), 168.0, t.step_h)
    raw = (product / square).shift(1)
    counted = held_s.notna().cumsum().shift(1, fill_value=0)
    beta = (0.8 * raw + 0.2 * 1.3).clip(0.0, 3.0)
    beta = beta.where(np.isfinite(raw) & (counted * t.step_h >= 24.0), 1.3)
    beta[t.benchmark] = 1.0
    return beta.where(~missing, 1.0)


def token_returns(
    t: Tables, p: Prices, kept: pd.DataFrame, part: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """A token's log return, its own, and the sectors' equal-weight own return. The return that ends a token's silence has
    the market's part of all of it taken off."""
    known = (~p.lost).where(~t.unseen, False)
    step = log(p.price / p.before_price).where(known)
    own = _own(step, kept, known, _of_token(part, p.sector), p.heirs)
    inherit(step, p)
    inherit(own, p)
    size = root(ewma((own * own).where(p.steady), 96.0, t.step_h).shift(1))
    held = clipped(own, size)
    counted = held.where(p.age_h > 24)
    q = {s: counted.where(p.sector == s).mean(axis=1) for s in t.every_sector}
    return step, own, pd.DataFrame(q)


def _own(
    step: pd.DataFrame,
    kept: pd.DataFrame,
    known: pd.DataFrame,
    of_market: pd.DataFrame,
    heirs: list[tuple[int, str, str]],
) -> pd.DataFrame:
    rows, pending = [], pd.Series(0.0, index=step.columns)
    handed_on = {row: (old, new) for row, old, new in heirs}
    for row in range(len(step)):
        if row in handed_on:
            old, new = handed_on[row]
            pending[new] = pending[old]
        pending = (pending + of_market.iloc[row]).where(kept.iloc[row], 0.0)
        rows.append((step.iloc[row] - pending).where(kept.iloc[row]))
        pending = pending.where(~known.iloc[row], 0.0)
    return pd.DataFrame(rows, index=step.index)


def inherit(values: pd.DataFrame, p: Prices) -> None:
    """The successor's past is that of the token whose line it goes on."""
    for row, old, new in p.heirs:
        values.loc[: row - 1, new] = values.loc[: row - 1, old]


def sector_figures(t: Tables, p: Prices, s: Sectors) -> dict[str, pd.DataFrame]:
    """The figures of the sector state that need no volume, by the names the state has for them."""
    day, week = 24 * t.per_hour, 168 * t.per_hour
    seen = pd.DataFrame(dict.fromkeys(s.r.columns, ~t.unseen))

    def over(values: pd.DataFrame, steps: int) -> pd.DataFrame:
        return drift(values.where(seen), steps).where(s.begun >= steps)

    whole, market = simple(over(s.r, day)), simple(over(s.beta * s.market, day))
    watched = t.sectors
    own_day = drift(s.own, day).where(p.seen >= day).where(p.age_h > 24)
    figures: dict[str, pd.DataFrame] = {
        "index": pd.DataFrame(1000.0 * np.exp(s.level)),
        "market_cap_usd": s.caps.where(s.members > 0),
        "share": s.share,
        "return_step": simple(s.r),
        "return_1h": simple(over(s.r, t.per_hour)),
        "return_24h": whole,
        "return_7d": simple(s.level - s.level.shift(week)).where(s.begun >= week),
        "own_return_24h": (whole - market)[watched],
        "market_part_24h": market[watched],
        "beta": s.beta[watched],
        "share_change_24h": s.share - s.share.shift(day),
        "share_change_7d": s.share - s.share.shift(week),
        "breadth_behind": by_sector((own_day < 0) * 1.0, p.sector, t.every_sector),
        "breadth_of": by_sector(own_day.notna() * 1.0, p.sector, t.every_sector),
        "members": s.members,
        "stale_weight": by_sector(s.weight.where(p.lost, 0.0), p.sector, t.every_sector),
        "supply_age_h": pd.DataFrame(
            {c: t.supply_age_h.where(p.sector == c).max(axis=1) for c in t.every_sector}
        ),
        "venue_conflict": pd.DataFrame(by_sector(p.conflict * 1.0, p.sector, t.every_sector) > 0),
    }
    for part in PARTS:
        summed, known = window(s.parts[part], day)
        figures[f"split_{part}"] = summed.where(known > 0)
    return figures
