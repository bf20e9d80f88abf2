"""What a step of the engine costs: the same after any history, and far less than working the window out anew.

The fold between the two measurements is real and takes minutes at its full length: ``MONITOR_BENCH_STEPS`` sets it.
"""

import gc
import itertools
import os
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from monitor.engine import Engine, EngineState
from monitor.model.bars import Slot
from monitor.model.interval import FloatArray, IntervalInput
from monitor.model.universe import Market, Membership, Sector, Token, Universe

pytestmark = pytest.mark.benchmark

TOKENS = 500
SECTORS = 4  # and the benchmark
START = datetime(2025, 1, 1, tzinfo=UTC)
EARLY = 1_000
LATE = int(os.environ.get("MONITOR_BENCH_STEPS", "20000"))
TIMED = 300
WINDOW = timedelta(days=30)
PATTERN = 2_048  # intervals drawn once and gone through in turn: making them must cost nothing


def universe(venues: int) -> Universe:
    """500 tokens on that many venues each, in four sectors and a benchmark of two."""
    names = [f"T{i:03}" for i in range(TOKENS)]
    sectors = [
        Sector(f"s{s}", f"Sector {s}", tuple(Membership(n) for n in names[2 + s :: SECTORS]))
        for s in range(SECTORS)
    ]
    sectors.append(Sector("z", "Market", tuple(Membership(n) for n in names[:2]), benchmark=True))
    tokens = tuple(
        Token(n, n, tuple(Market(f"v{v}", f"{n}/USD", n) for v in range(venues))) for n in names
    )
    return Universe(tuple(sectors), tokens)


def intervals(engine: Engine) -> Iterator[IntervalInput]:
    """Endless: prices that wander about 1, volumes, taker volumes; every market trades."""
    rng = np.random.default_rng(7)
    owner = engine.layout.market_token
    swing = 0.02 * np.sin(rng.uniform(0.0, 2 * np.pi, (PATTERN, TOKENS)))
    price = np.exp(swing)[:, owner]
    volume = rng.uniform(1e4, 2e4, (PATTERN, len(owner)))
    taker = volume * rng.uniform(0.4, 0.6, (PATTERN, len(owner)))
    slot = np.full(len(owner), Slot.TRADED, dtype=np.int8)
    supply = np.full(TOKENS, 1e6)
    k = 0
    while True:
        i = k % PATTERN
        close = price[i]
        yield IntervalInput(
            START + k * engine.width, engine.width, close, close, close, volume[i], taker[i], slot,
            supply, np.zeros(TOKENS),
        )  # fmt: skip
        k += 1


def fold(engine: Engine, state: EngineState, source: Iterator[IntervalInput], steps: int) -> None:
    for _ in range(steps):
        engine.step(state, next(source))


def seconds(action: Callable[[], object]) -> float:
    """Of the processor: what else the machine does is not counted."""
    begin = time.process_time()
    action()
    return time.process_time() - begin


def seconds_a_step(engine: Engine, state: EngineState, interval: IntervalInput) -> float:
    return seconds(lambda: engine.step(state, interval))


def test_a_step_costs_the_same_after_any_history(capsys: pytest.CaptureFixture[str]) -> None:
    engine = Engine(universe(venues=1), timedelta(hours=1))
    source, state = intervals(engine), engine.new_state()
    fold(engine, state, source, EARLY)
    early = engine.load(engine.dump(state))
    early_source = intervals(engine)
    for _ in range(EARLY):
        next(early_source)
    fold(engine, state, source, LATE - EARLY)
    assert state.steps == LATE

    times: dict[str, list[float]] = {"early": [], "late": []}
    gc.collect()
    for _ in range(TIMED):  # in turn, so that whatever else the machine does falls on both
        for name, its_state, its_source in (
            ("early", early, early_source),
            ("late", state, source),
        ):
            interval = next(its_source)
            times[name].append(seconds_a_step(engine, its_state, interval))
    first, last = (statistics.median(times[name]) for name in ("early", "late"))
    with capsys.disabled():
        print(
            f"\nengine step, {TOKENS} tokens: {first * 1e3:.2f} ms after {EARLY} steps, "
            f"{last * 1e3:.2f} ms after {LATE}: ratio {last / first:.3f} (at most 1.1)"
        )
    assert len(engine.dump(state)) == pytest.approx(len(engine.dump(early)), rel=0.02)
    assert last / first <= 1.1


def recomputed(bars: pd.DataFrame, sector_of: dict[str, str], supply: float) -> pd.DataFrame:
    """The figures of a step the way a script has them: all of the 30 days, each time anew, without any care for
    venues, quality or unknown values."""
    wide = bars.pivot_table(index="time", columns="token", values=["close", "volume", "taker"])
    close, traded, taker = (pd.DataFrame(wide[name]) for name in ("close", "volume", "taker"))
    caps = close * supply
    before = caps.shift(1)
    both = caps.notna() & before.notna()
    now, base = by_sector(caps.where(both), sector_of), by_sector(before.where(both), sector_of)
    r = (now / base).apply(np.log)
    volume = by_sector(traded, sector_of).rolling(288).sum()
    net = by_sector(2 * taker - traded, sector_of).rolling(288).sum()
    share = by_sector(caps, sector_of).drop(columns="z")
    share = share.div(share.sum(axis=1), axis=0)
    hourly = r.rolling(12).sum()
    found = {"return": hourly.iloc[-1], "net": net.iloc[-1], "change": share.diff(288).iloc[-1]}
    own = r - slow_beta(hourly).shift(1).mul(r["z"], axis=0)
    for a, b in itertools.permutations(sorted(set(sector_of.values()) - {"z"}), 2):
        found[f"{a}>{b}"] = witnesses(own[b] - own[a], volume[b] / volume[a], net / volume, (a, b))
    return pd.DataFrame(found)


def by_sector(frame: pd.DataFrame, sector_of: dict[str, str]) -> pd.DataFrame:
    return frame.T.groupby(pd.Series(sector_of)).sum().T


def slow_beta(hourly: pd.DataFrame) -> pd.DataFrame:
    market, alpha = hourly["z"], 1 - 0.5 ** (1 / (7 * 288))
    product = hourly.mul(market, axis=0).ewm(alpha=alpha).mean()
    return product.div((market * market).ewm(alpha=alpha).mean(), axis=0)


def witnesses(
    x: pd.Series, ratio: pd.Series, pressure: pd.DataFrame, pair: tuple[str, str]
) -> pd.Series:
    level = ratio.iloc[::12].apply(np.log)
    median = level.rolling(336).median()
    spread = (level - median).abs().rolling(336).median()
    tilt = pressure[pair[1]] - pressure[pair[0]]
    return pd.Series(
        {
            "price": x.rolling(288).sum().iloc[-1] / x.ewm(halflife=1152).std().iloc[-1],
            "volume": ((level - median) / spread).iloc[-1],
            "flow": tilt.iloc[-1],
        }
    )


def test_a_step_is_far_cheaper_than_recomputing_thirty_days(
    capsys: pytest.CaptureFixture[str],
) -> None:
    width = timedelta(minutes=5)
    watched = universe(venues=1)
    engine = Engine(watched, width)
    source, state = intervals(engine), engine.new_state()
    count = WINDOW // width
    drawn = [next(source) for _ in range(count)]
    rows: dict[str, FloatArray] = {
        name: np.stack([getattr(interval, field) for interval in drawn])
        for name, field in (
            ("close", "close"),
            ("volume", "quote_volume"),
            ("taker", "taker_buy_quote"),
        )
    }
    bars = pd.DataFrame(
        {
            "time": np.repeat(pd.date_range(START, periods=count, freq=width), TOKENS),
            "token": np.tile(np.array(engine.layout.tokens), count),
            **{name: values.ravel() for name, values in rows.items()},
        }
    )
    sector_of = {m.token: s.id for s in watched.sectors for m in s.members}
    script = seconds(lambda: recomputed(bars, sector_of, 1e6))

    for interval in drawn[:EARLY]:
        engine.step(state, interval)
    step = statistics.median(
        seconds_a_step(engine, state, interval) for interval in drawn[EARLY : EARLY + TIMED]
    )
    with capsys.disabled():
        print(
            f"\n30 days of {TOKENS} tokens: {script:.2f} s in pandas, a step {step * 1e3:.2f} ms: "
            f"{script / step:.0f} times cheaper (at least 100)"
        )
    assert script / step >= 100
