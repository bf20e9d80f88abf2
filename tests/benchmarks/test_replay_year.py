"""A year of 5-minute bars of 50 tokens: what the fold takes of it, beside a pandas script that sees the year at once.

The engine folds ``MONITOR_BENCH_DAYS`` of the year (all of it: 365) after its windows are full, and the rest is reckoned
from what a step costs. The script has the like figures of sectors and pairs without any care for venues, quality or
unknown values, and could not be cut, resumed or fed live.
"""

import gc
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, permutations

import numpy as np
import pandas as pd
import pytest

from monitor.engine import Engine, EngineState
from monitor.model.bars import Slot
from monitor.model.interval import FloatArray, IntervalInput
from monitor.model.universe import Market, Membership, Sector, Token, Universe

pytestmark = pytest.mark.benchmark

TOKENS, SECTORS = 50, 3
START = datetime(2024, 1, 1, tzinfo=UTC)
WIDTH = timedelta(minutes=5)
DAY = 288
DAYS = int(os.environ.get("MONITOR_BENCH_DAYS", "4"))
YEAR = 365
WARM = 2 * DAY
HORIZONS = (4, 8, 12, 24)
GOAL_S = 60.0


def universe() -> Universe:
    """50 tokens on one venue: three sectors and a benchmark of two."""
    names = [f"T{i:02}" for i in range(TOKENS)]
    sectors = [
        Sector(f"s{s}", f"Sector {s}", tuple(Membership(n) for n in names[2 + s :: SECTORS]))
        for s in range(SECTORS)
    ]
    sectors.append(Sector("z", "Market", tuple(Membership(n) for n in names[:2]), benchmark=True))
    return Universe(
        tuple(sectors), tuple(Token(n, n, (Market("v", f"{n}/USD", n),)) for n in names)
    )


def drawn(steps: int) -> dict[str, FloatArray]:
    """Close, volume and taker buying, (steps, tokens)."""
    rng = np.random.default_rng(7)
    volume = rng.uniform(1e4, 2e4, (steps, TOKENS))
    return {
        "close": np.exp(np.cumsum(rng.normal(0.0, 2e-3, (steps, TOKENS)), axis=0)),
        "volume": volume,
        "taker": volume * rng.uniform(0.4, 0.6, (steps, TOKENS)),
    }


def intervals(rows: dict[str, FloatArray], steps: int) -> Iterator[IntervalInput]:
    slot = np.full(TOKENS, Slot.TRADED, dtype=np.int8)
    supply, age = np.full(TOKENS, 1e6), np.zeros(TOKENS)
    for k in range(steps):
        close = rows["close"][k]
        yield IntervalInput(
            START + k * WIDTH, WIDTH, close, close, close, rows["volume"][k], rows["taker"][k],
            slot, supply, age,
        )  # fmt: skip


def vectorised(rows: dict[str, FloatArray], watched: Universe) -> int:
    """All figures of sectors and witnesses of pairs at every step; gives how many values there are."""
    tokens = [token.id for token in watched.tokens]
    sector_of = pd.Series({m.token: s.id for s in watched.sectors for m in s.members})
    close, volume, taker = (pd.DataFrame(rows[n], columns=tokens) for n in rows)
    caps = close * 1e6

    def summed(values: pd.DataFrame) -> pd.DataFrame:
        return values.T.groupby(sector_of).sum().T

    cap = summed(caps)
    r = pd.DataFrame(np.log(cap / cap.shift(1)))
    hourly = r.rolling(12).sum()
    alpha = 1 - 0.5 ** (1 / (7 * DAY))
    product = hourly.mul(hourly["z"], axis=0).ewm(alpha=alpha).mean()
    beta = product.div((hourly["z"] ** 2).ewm(alpha=alpha).mean(), axis=0).shift(1)
    own = r - beta.mul(r["z"], axis=0)
    token_own = pd.DataFrame(np.log(close / close.shift(1))).sub(r["z"], axis=0)
    q = token_own.T.groupby(sector_of).mean().T
    traded, net = summed(volume), summed(2 * taker - volume)
    share = cap.drop(columns="z").pipe(lambda w: w.div(w.sum(axis=1), axis=0))
    figures = [
        cap, own, share, share.diff(DAY), share.diff(7 * DAY), hourly, r.rolling(DAY).sum(),
        own.rolling(DAY).sum(), traded.rolling(DAY).sum(), net.rolling(DAY).sum(),
        (token_own.rolling(DAY).sum() < 0).T.groupby(sector_of).sum().T,
    ]  # fmt: skip
    day_volume = traded.rolling(DAY).sum()
    for a, b in permutations(sorted(set(sector_of) - {"z"}), 2):
        figures += [
            witnesses(own[b] - own[a], q[b] - q[a], traded, day_volume, net, hours, (a, b))
            for hours in HORIZONS
        ]
    return sum(figure.size for figure in figures)


def witnesses(
    x: pd.Series,
    y: pd.Series,
    traded: pd.DataFrame,
    day_volume: pd.DataFrame,
    net: pd.DataFrame,
    hours: int,
    pair: tuple[str, str],
) -> pd.DataFrame:
    steps, (a, b) = 12 * hours, pair
    volume = traded.rolling(steps).sum()
    level = pd.Series(np.log(volume[b] / volume[a]))
    before = day_volume.shift(steps)
    change = level - pd.Series(np.log(before[b] / before[a]))
    pressure = net.rolling(steps).sum() / volume
    found = {}
    for name, series in (("x", x), ("y", y)):
        spread = series.rolling(12).sum().pow(2).ewm(halflife=96 * 12).mean().pow(0.5)
        found[name] = series.rolling(steps).sum() / (spread.shift(steps) * hours**0.5)
    for name, series in (
        ("level", level),
        ("change", change),
        ("flow", pressure[b] - pressure[a]),
    ):
        hourly = series.iloc[::12]
        middle = hourly.rolling(336, min_periods=84).median().shift(hours)
        spread = (hourly - middle).abs().rolling(336, min_periods=84).median().shift(hours)
        usual = pd.DataFrame({"m": middle, "s": spread}).reindex(series.index).ffill()
        found[name] = (series - usual["m"]) / usual["s"]
    return pd.DataFrame(found)


def fold(engine: Engine, state: EngineState, feed: Iterator[IntervalInput]) -> None:
    """As a replay does: of a step in which nothing changed nothing is told."""
    for _ in engine.moves(state, feed):
        pass


def seconds(action: Callable[[], object]) -> float:
    """Of the processor: what else the machine does is not counted."""
    begin = time.process_time()
    action()
    return time.process_time() - begin


def test_a_year_of_bars_beside_a_vectorised_script(capsys: pytest.CaptureFixture[str]) -> None:
    watched = universe()
    engine = Engine(watched, WIDTH)
    state = engine.new_state()
    steps = min(DAYS, YEAR) * DAY
    rows = drawn(WARM + steps)
    feed = intervals(rows, WARM + steps)
    fold(engine, state, islice(feed, WARM))
    gc.collect()
    taken = seconds(lambda: fold(engine, state, feed))
    assert state.steps == WARM + steps
    whole = drawn(YEAR * DAY)
    script = seconds(lambda: vectorised(whole, watched))
    year = taken / steps * YEAR * DAY
    with capsys.disabled():
        print(
            f"\n{TOKENS} tokens, 5-minute bars: the fold {steps * TOKENS / taken:,.0f} bars/s"
            f" ({taken / steps * 1e3:.2f} ms a step, {year:.0f} s a year on one core; goal"
            f" {GOAL_S:.0f} s), a vectorised script {YEAR * DAY * TOKENS / script:,.0f} bars/s"
            f" ({script:.1f} s a year): {year / script:.1f} times its time"
        )
