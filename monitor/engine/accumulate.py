"""Steps put into the state's windows, many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.analytics.index import by_sector, of_sector
from monitor.analytics.window import known_or_zero, total
from monitor.engine.matched import join
from monitor.engine.state import EngineState
from monitor.engine.values import ManyValues
from monitor.model.interval import FloatArray, IntArray

DAY_H = 24


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """What the state held after each step: ``level`` and ``begun`` per sector, USD of the present clock hour per token."""

    level: FloatArray
    begun: IntArray
    hour_sampled: FloatArray
    hour_scaled: FloatArray


def remember(
    state: EngineState, v: ManyValues, closes_hour: Sequence[bool], least_known: float
) -> Trail:
    """Move the windows on. ``closes_hour``: of each step whether a clock hour closes with it; ``least_known``: part of a day
    of volume that makes a sample of it."""
    for ring in state.hour_rings():
        ring.reserve(sum(closes_hour))
    level = np.add.accumulate(np.concatenate([state.level[None], known_or_zero(v.r)]))[1:]
    state.level = level[-1]
    begun = _begun(state.begun, v)
    state.begun = begun[-1]
    state.book_price, state.book_supply = v.after.price[-1].copy(), v.after.supply[-1].copy()
    state.book_sector = v.after.sector[-1].copy()
    state.pending = v.token_pending[-1].copy()
    state.token_own.extend(v.token_own)
    state.token_day.extend(
        {
            "log_return": v.token_return,
            "volume": v.token_volume,
            "net": v.token_net,
            "seen": v.token_seen,
            "contribution": _contributions(v),
        }
    )
    sampled, scaled = _remember_samples(state, v, closes_hour)
    _remember_sectors(state, v, level)
    state.market_sector, state.link = v.chain.sector, v.chain.link
    state.matched_usual.run(v.chain.volume)
    _close_hours(state, v, closes_hour, least_known)
    return Trail(level, begun, sampled, scaled)


def _begun(begun: IntArray, v: ManyValues) -> IntArray:
    """Steps since each sector had its first member, -1 before it."""
    there = np.logical_or.accumulate(v.has_members | (begun >= 0))
    counted: IntArray = np.where(there, begun + np.cumsum(there, axis=0), -1)
    return counted


def _remember_samples(
    state: EngineState, v: ManyValues, closes_hour: Sequence[bool]
) -> tuple[FloatArray, FloatArray]:
    sampled, scaled = np.empty(v.token_sampled.shape), np.empty(v.token_scaled.shape)
    begin = 0
    for end in [t + 1 for t, closes in enumerate(closes_hour) if closes] + [len(sampled)]:
        if begin == end:
            continue
        for out, now, rows in (
            (sampled, state.hour_sampled, v.token_sampled),
            (scaled, state.hour_scaled, v.token_scaled),
        ):
            out[begin:end] = np.add.accumulate(np.concatenate([now[None], rows[begin:end]]))[1:]
        state.hour_sampled, state.hour_scaled = sampled[end - 1].copy(), scaled[end - 1].copy()
        if closes_hour[end - 1]:
            state.token_hours["sampled"].push(state.hour_sampled)
            state.token_hours["scaled"].push(state.hour_scaled)
            state.hour_sampled, state.hour_scaled = (np.zeros_like(sampled[0]) for _ in range(2))
            sampled[end - 1] = scaled[end - 1] = 0.0
        begin = end
    return sampled, scaled


def _remember_sectors(state: EngineState, v: ManyValues, level: FloatArray) -> None:
    """A sector without a member trades nothing, which is known; of an unseen interval nothing is."""
    known = np.where(v.unseen, np.nan, 1.0)[:, None]
    volume, matched = np.where(v.has_members, (v.volume, v.chain.volume), 0.0) * known
    sectors = v.r.shape[1]
    price, supply, membership, launch = _wide(np.moveaxis(v.parts, 2, 0), sectors)
    state.sector_day.extend(
        {
            "r": v.r * known,
            "e": v.e * known,
            "market": v.beta * v.market * known,
            "volume": volume,
            "net": v.net,
            "seen": v.seen,
            "sampled": v.sampled,
            "scaled": v.scaled,
            "estimated": v.estimated,
            "p0": price,
            "p1": supply,
            "p2": membership,
        }
    )
    state.sector_longer["matched"].extend(matched)
    state.sector_longer["p3"].extend(launch)
    state.week.extend(np.concatenate([level, _wide(v.share, sectors)], axis=1))


def _close_hours(
    state: EngineState, v: ManyValues, closes_hour: Sequence[bool], least_known: float
) -> None:
    """At the end of a clock hour the markets that have been known for a day are linked in, and a day's volume is a sample of
    what is usual. Where markets are waiting to be linked in, it is one step."""
    ring, steps = state.sector_longer["matched"], len(closes_hour)
    day = state.sector_rings["volume"].length
    for t in [t for t, closes in enumerate(closes_hour) if closes]:
        if steps == 1:
            sector = v.after.sector[0][state.layout.market_token]
            join(state, np.where(v.market_expected[0], sector, -1))
        ring.back = steps - 1 - t
        state.matched_days.push(total(ring.last(day), least_known))
    ring.back = 0


def _wide(watched: FloatArray, sectors: int) -> FloatArray:
    """Of the watched sectors along the last axis, with NaN for the benchmark behind them."""
    wide = np.full((*watched.shape[:-1], sectors), np.nan)
    wide[..., : watched.shape[-1]] = watched
    return wide


def _contributions(v: ManyValues) -> FloatArray:
    """Per token its part of its sector's simple return: cap share among those kept, times its own; NaN else."""
    kept = (v.before.sector >= 0) & (v.before.sector == v.after.sector)
    cap = np.where(kept, v.before.cap, 0.0)
    base = of_sector(by_sector(cap, v.before.sector, v.r.shape[1]), v.before.sector)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(kept, cap / base * np.expm1(v.token_return), np.nan)
