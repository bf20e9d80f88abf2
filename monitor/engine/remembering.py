"""One step put into the state's averages and windows."""

from datetime import timedelta

import numpy as np

from monitor.analytics.index import by_sector
from monitor.engine.state import EngineState
from monitor.engine.values import StepValues
from monitor.model.interval import FloatArray


def remember(state: EngineState, v: StepValues, width: timedelta) -> None:
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
        "contribution": _contributions(v, len(v.r)),
    }
    for name, row in tokens.items():
        state.token_rings[name].push(row)
    _remember_sectors(state, v)
    _remember_hour(state, v, width)


def _remember_sectors(state: EngineState, v: StepValues) -> None:
    watched = len(v.share)
    wide = np.full(len(v.r), np.nan)
    share = wide.copy()
    share[:watched] = v.share
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
        column[:watched] = v.parts[:, part]
        sectors[f"p{part}"] = column
    for name, row in sectors.items():
        state.sector_rings[name].push(row)
    state.week.push(np.concatenate([state.level, share]))


def _remember_hour(state: EngineState, v: StepValues, width: timedelta) -> None:
    """One more overlapping hour for the betas, where it is whole."""
    watched, hour = len(v.share), max(1, round(timedelta(hours=1) / width))
    if state.clean >= hour and not v.benchmark_missing:
        hourly = state.sector_rings["r"].last(hour)
        if not np.isnan(hourly[:, watched]).any():
            state.betas.add(hourly.sum(axis=0), float(hourly[:, watched].sum()))


def _contributions(v: StepValues, sectors: int) -> FloatArray:
    """Per token its part of its sector's simple return: cap share among those kept, times its own; NaN else."""
    kept = (v.before.sector >= 0) & (v.before.sector == v.after.sector)
    cap = np.where(kept, v.before.cap, 0.0)
    base = by_sector(cap, v.before.sector, sectors)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(kept, cap / base[v.before.sector] * np.expm1(v.token_return), np.nan)
