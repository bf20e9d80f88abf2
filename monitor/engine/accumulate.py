"""One step put into the state's averages and windows."""

from datetime import timedelta

import numpy as np

from monitor.analytics.index import by_sector
from monitor.analytics.window import known_or_zero
from monitor.engine.matched import join
from monitor.engine.state import EngineState
from monitor.engine.values import StepValues
from monitor.model.interval import FloatArray


def remember(state: EngineState, v: StepValues, width: timedelta, *, closes_hour: bool) -> None:
    """Move the averages and windows on; a return that spans a hole enters no average, nor does an hour that holds one."""
    state.book_price, state.book_supply = v.after.price.copy(), v.after.supply.copy()
    state.book_sector = v.after.sector
    state.level = state.level + known_or_zero(v.r)
    state.begun = np.where(v.has_members | (state.begun >= 0), state.begun + 1, -1)
    state.pending = v.token_pending
    state.clean = 0 if v.marked or v.unseen or v.benchmark_missing else state.clean + 1
    state.spread.add(np.where(v.steady, v.token_return * v.token_return, np.nan))
    state.own_spread.add(np.where(v.steady, v.token_own * v.token_own, np.nan))
    state.token_own.push(v.token_own)
    state.token_day.push(
        {
            "log_return": v.token_return,
            "volume": v.token_volume,
            "net": v.token_net,
            "seen": v.token_seen,
            "contribution": _contributions(v, len(v.r)),
        }
    )
    _remember_samples(state, v, closes_hour=closes_hour)
    _remember_sectors(state, v)
    _remember_hour(state, width)
    _remember_chain(state, v, closes_hour=closes_hour)


def _remember_samples(state: EngineState, v: StepValues, *, closes_hour: bool) -> None:
    state.hour_sampled = state.hour_sampled + v.token_sampled
    state.hour_scaled = state.hour_scaled + v.token_scaled
    if closes_hour:
        state.token_hours["sampled"].push(state.hour_sampled)
        state.token_hours["scaled"].push(state.hour_scaled)
        state.hour_sampled, state.hour_scaled = np.zeros((2, len(v.token_sampled)))


def _remember_sectors(state: EngineState, v: StepValues) -> None:
    """A sector without a member trades nothing, which is known; of an unseen interval nothing is."""
    known = np.nan if v.unseen else 1.0
    volume, matched = np.where(v.has_members, (v.volume, v.chain.volume), 0.0) * known
    price, supply, membership, launch = _wide(v.parts.T, len(v.r))
    state.sector_day.push(
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
    state.sector_longer["matched"].push(matched)
    state.sector_longer["p3"].push(launch)
    state.week.push(np.concatenate([state.level, _wide(v.share, len(v.r))]))


def _remember_chain(state: EngineState, v: StepValues, *, closes_hour: bool) -> None:
    state.market_sector, state.link = v.chain.sector, v.chain.link
    state.matched_usual.add(v.chain.volume)
    if closes_hour:
        join(state, np.where(v.market_expected, v.after.sector[state.layout.market_token], -1))


def _wide(watched: FloatArray, sectors: int) -> FloatArray:
    """Of the watched sectors along the last axis, with NaN for the benchmark behind them."""
    wide = np.full((*watched.shape[:-1], sectors), np.nan)
    wide[..., : watched.shape[-1]] = watched
    return wide


def _remember_hour(state: EngineState, width: timedelta) -> None:
    """One more overlapping hour for the betas, where it is whole."""
    hour = max(1, round(timedelta(hours=1) / width))
    if state.clean >= hour:
        hourly = state.sector_rings["r"].last(hour).sum(axis=0)
        market = state.sector_rings["market"].last(hour)[:, -1].sum()  # its own beta is 1
        state.betas.add(hourly, float(market))


def _contributions(v: StepValues, sectors: int) -> FloatArray:
    """Per token its part of its sector's simple return: cap share among those kept, times its own; NaN else."""
    kept = (v.before.sector >= 0) & (v.before.sector == v.after.sector)
    cap = np.where(kept, v.before.cap, 0.0)
    base = by_sector(cap, v.before.sector, sectors)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(kept, cap / base[v.before.sector] * np.expm1(v.token_return), np.nan)
