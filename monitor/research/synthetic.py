"""The synthetic market: prices, traded volume and taker pressure of tokens, with scripted rotations (METHOD, ch. 10).

Three sectors of six tokens and a benchmark, in steps of 15 minutes (or finer) over 44 days, of which 14 are warm-up.
All randomness comes from one seed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from monitor.model.interval import FloatArray, IntArray
from monitor.research.labels import Label, LabelKind
from monitor.research.script import (
    LAUNCHES,
    LENGTH_H,
    MEMES,
    NAMES,
    SECTORS,
    WARM_UP_H,
    Drift,
    Episode,
    Scenario,
    Script,
    write_script,
)

STEP = timedelta(minutes=15)
START = datetime(2024, 1, 1, tzinfo=UTC)
MEMBERS = 6
OLD = MEMBERS * len(SECTORS)
NEW, BENCHMARK = OLD, OLD + 1
COLUMNS = OLD + 2

# per day; sectors in the order of SECTORS: AI agents, DeFi, memes
MARKET_SD = 0.028
FACTOR_SD = np.array([0.045, 0.022, 0.038])
TOKEN_SD = np.array([0.065, 0.04, 0.05])
BETA = np.array([1.7, 1.2, 1.5])
CAPS = np.array([12e9, 30e9, 60e9])
TURNOVER_A_DAY = 0.15


@dataclass(frozen=True, slots=True)
class Grid:
    """The steps of a series, by their length in hours."""

    step_h: float

    @property
    def steps(self) -> int:
        """Steps in a series."""
        return round(LENGTH_H / self.step_h)

    @property
    def a_day(self) -> float:
        """Steps in a day."""
        return 24 / self.step_h

    @property
    def noise(self) -> float:
        """Factor on noise that is new in every step, so that 15 minutes of it scatter alike on every grid."""
        return float(np.sqrt(STEP / timedelta(hours=self.step_h)))

    def at(self, hour: float) -> int:
        """The step that begins at the hour."""
        return round(hour / self.step_h)


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticMarket:
    """One series. Arrays (steps, columns) in USD: old tokens by sector, then the new token, then the benchmark.

    ``price`` is per unit of the first denomination; NaN before the new token's launch. ``pressure``: taker imbalance
    in [-1, 1]. ``supply``: circulating units. ``sector``: of each column, as in NAMES; -1 for the benchmark.
    """

    seed: int
    scenario: Scenario
    script: Script
    price: FloatArray
    volume: FloatArray
    pressure: FloatArray
    supply: FloatArray
    sector: IntArray
    grid: Grid

    def close_of(self, step: int) -> datetime:
        """When a step's values were known."""
        return START + timedelta(hours=self.grid.step_h * (step + 1))

    @property
    def judged_from(self) -> datetime:
        """The end of the warm-up."""
        return START + timedelta(hours=WARM_UP_H)

    @property
    def until(self) -> datetime:
        """The end of the series."""
        return START + timedelta(hours=LENGTH_H)

    @property
    def pairs(self) -> int:
        """Unordered pairs of its sectors."""
        count = len(set(self.sector.tolist()) - {-1})
        return count * (count - 1) // 2

    @property
    def labels(self) -> tuple[Label, ...]:
        """The scripted rotations, as a labeller who knows the script would write them."""
        return tuple(
            Label(
                id=f"{self.scenario.name}-{self.seed}-{i}",
                from_sector=NAMES[episode.source],
                to_sector=NAMES[episode.target],
                start=START + timedelta(hours=episode.start_h),
                end=START + timedelta(hours=episode.end_h),
                kind=_label_kind(episode),
                size=episode.size,
                source="script",
            )
            for i, episode in enumerate(self.script.episodes)
        )

    def sector_series(self) -> tuple[FloatArray, FloatArray]:
        """(log index, traded USD) per step and sector from the market's own numbers, without any fault of a venue.

        The index is chained with the caps of the step before, so that a launch moves no level.
        """
        caps = self.price * self.supply
        shape = (self.grid.steps, len(SECTORS))
        levels, volumes = np.zeros(shape), np.zeros(shape)
        for s in range(len(SECTORS)):
            columns = np.flatnonzero(self.sector == s)
            growth = np.ones(self.grid.steps)
            with np.errstate(invalid="ignore"):
                weight = np.nan_to_num(caps[:-1, columns])
                simple = np.nan_to_num(self.price[1:, columns] / self.price[:-1, columns] - 1.0)
            growth[1:] += (weight * simple).sum(axis=1) / weight.sum(axis=1)
            levels[:, s] = np.cumsum(np.log(growth))
            volumes[:, s] = np.nansum(self.volume[:, columns], axis=1)
        return levels, volumes


def make_market(scenario: Scenario, seed: int, *, step: timedelta = STEP) -> SyntheticMarket:
    """The series of a scenario and a seed; the same two and the same ``step`` give the same series."""
    g = Grid(step / timedelta(hours=1))
    rng = np.random.default_rng([seed, *scenario.name.encode()])
    script = write_script(scenario, rng)
    sector = np.concatenate([np.repeat(np.arange(len(SECTORS)), MEMBERS), [0, -1]])
    if script.launches:
        launch = script.launches[0]
        sector[NEW] = LAUNCHES if launch.alone else launch.sector
    else:
        sector[NEW] = MEMES
    returns, surprise = _returns(g, scenario, script, sector, rng)
    price = np.exp(np.cumsum(returns, axis=0)) * rng.uniform(0.1, 10.0, COLUMNS)
    supply = _supply(g, script, price, sector, rng)
    volume = _volume(g, script, price * supply, sector, surprise, rng)
    pressure = _pressure(g, script, sector, surprise, rng)
    _hide_before_launch(g, script, price, volume)
    return SyntheticMarket(seed, scenario, script, price, volume, pressure, supply, sector, g)


def _label_kind(episode: Episode) -> LabelKind:
    if episode.target == LAUNCHES:
        return LabelKind.LAUNCH_DRAIN
    return LabelKind.RETURN if episode.returning else LabelKind.ROTATION


def _moves_as(sector: IntArray) -> IntArray:
    """The sector whose factor, mood and swings each column follows; any for the benchmark, which overwrites it."""
    return np.where(sector == LAUNCHES, MEMES, np.where(sector >= 0, sector, 0))


def profile(g: Grid, hours: float, rng: np.random.Generator) -> FloatArray:
    """Parts of a move per step, random, summing to 1: some hours carry much of it, others little."""
    steps = max(1, round(hours / g.step_h))
    hourly = rng.gamma(1.0, size=max(1, round(hours)))
    parts = np.repeat(hourly, -(-steps // len(hourly)))[:steps] * rng.uniform(0.5, 1.5, steps)
    whole: FloatArray = parts / parts.sum()
    return whole


def _returns(
    g: Grid, scenario: Scenario, script: Script, sector: IntArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """(log returns, the same over their usual size) per step and column."""
    common, own_vol = _volatility(g, rng)
    root = 1.0 / np.sqrt(g.a_day)
    market = MARKET_SD * root * common * _student(rng, (g.steps,))
    beta = BETA + _ou(g, rng, 240.0, np.full(len(SECTORS), 0.15))
    factor = FACTOR_SD * scenario.calm * root * (common[:, None] * own_vol)
    factor = factor * _student(rng, factor.shape)
    member = _moves_as(sector)
    token_sd = TOKEN_SD[member] * scenario.calm * root
    usual = token_sd * common[:, None]
    token = usual * _student(rng, (g.steps, COLUMNS))
    jumps = (rng.random(token.shape) < 0.05 / g.a_day) * rng.normal(0.0, 0.08, token.shape)
    for drift in script.drifts:
        if drift.sector is None:
            _add(g, market, drift, rng)
        else:
            _add(g, factor[:, drift.sector], drift, rng)
    returns = (beta[:, member] * market[:, None]) + factor[:, member] + token + jumps
    returns[:, BENCHMARK] = market
    size = np.sqrt(
        usual**2 + (FACTOR_SD[member] * root) ** 2 + (BETA[member] * MARKET_SD * root) ** 2
    )
    size[:, BENCHMARK] = MARKET_SD * root * common
    return returns, returns / size


def _volatility(g: Grid, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """(common, per sector) factors on the spread of returns, of median about 1: busier by day, calmer on weekends."""
    hour = (np.arange(g.steps) + 1) * g.step_h
    clock = 1.0 + 0.25 * np.sin(2.0 * np.pi * (hour - 9.0) / 24.0)
    weekday = (START.weekday() + hour // 24.0) % 7
    clock *= np.where(weekday >= 5, 0.85, 1.0)
    common = np.exp(_ou(g, rng, 48.0, np.array([0.30]))[:, 0]) * clock
    own = np.exp(_ou(g, rng, 36.0, np.full(len(SECTORS), 0.22)))
    return common, own


def _supply(
    g: Grid, script: Script, price: FloatArray, sector: IntArray, rng: np.random.Generator
) -> FloatArray:
    """Units that give each sector its cap at the start, spread over its members from large to small."""
    units = np.ones(COLUMNS)
    for s, cap in enumerate(CAPS):
        columns = np.arange(s * MEMBERS, (s + 1) * MEMBERS)
        parts = 1.0 / np.arange(1, MEMBERS + 1) ** rng.uniform(0.5, 1.0)
        units[columns] = cap * parts / parts.sum() / price[0, columns]
    units[BENCHMARK] = 2e12 / price[0, BENCHMARK]
    supply = np.tile(units, (g.steps, 1))
    for unlock in script.unlocks:
        supply[g.at(unlock.start_h) :, unlock.sector * MEMBERS + unlock.member] *= 1.0 + unlock.part
    for launch in script.launches:
        at = g.at(launch.start_h)
        old = sector == launch.sector
        old[NEW] = False
        cap = (price[at, old] * supply[at, old]).sum()
        supply[:, NEW] = launch.cap_part * cap / price[at, NEW]
    return supply


def _volume(
    g: Grid,
    script: Script,
    caps: FloatArray,
    sector: IntArray,
    surprise: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """Traded USD per step: usual turnover, slow swings of market, sector and token, more when prices move."""
    member = _moves_as(sector)
    swing = (
        _ou(g, rng, 48.0, np.array([0.30]))
        + _ou(g, rng, 30.0, np.full(len(SECTORS), 0.30))[:, member]
    )
    swing = swing + _ou(g, rng, 12.0, np.full(COLUMNS, 0.30))
    noise = rng.normal(0.0, 0.25 * g.noise, swing.shape)
    usual = TURNOVER_A_DAY / g.a_day * caps[:1]
    usual = np.where(np.arange(COLUMNS) == NEW, TURNOVER_A_DAY / g.a_day * caps, usual)
    volume = usual * np.exp(swing + noise + 0.22 * np.minimum(np.abs(surprise), 8.0))
    hours: FloatArray = (np.arange(g.steps, dtype=np.float64) + 0.5) * g.step_h
    for surge in script.surges:
        volume[:, sector == surge.sector] *= _wave(hours, surge.start_h, surge.hours, surge.factor)[
            :, None
        ]
    for launch in script.launches:
        volume[:, NEW] *= _wave(hours, launch.start_h, 24.0, launch.turnover, ramp_h=0.5)
    found: FloatArray = volume
    return found


def _pressure(
    g: Grid, script: Script, sector: IntArray, surprise: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Taker imbalance: with the return, with a slow mood of the sector, and noise."""
    member = _moves_as(sector)
    mood = _ou(g, rng, 12.0, np.full(len(SECTORS), 0.025))
    for push in script.pushes:
        begin, end = g.at(push.start_h), g.at(push.start_h + push.hours)
        mood[begin:end, push.sector] += push.pressure
    noise = rng.normal(0.0, 0.18 * g.noise, surprise.shape)
    return np.clip(0.10 * np.clip(surprise, -6.0, 6.0) + mood[:, member] + noise, -0.95, 0.95)


def _wave(
    hours: FloatArray, start_h: float, length_h: float, factor: float, *, ramp_h: float = 3.0
) -> FloatArray:
    """1 before, up to ``factor`` within the ramp, held to the end, then back with a half-life of 24 h."""
    since, after = hours - start_h, hours - start_h - length_h
    ramp = np.clip(since / ramp_h, 0.0, 1.0)
    fade = np.where(after > 0, 0.5 ** (np.maximum(after, 0.0) / 24.0), 1.0)
    return 1.0 + (factor - 1.0) * ramp * fade


def _hide_before_launch(g: Grid, script: Script, price: FloatArray, volume: FloatArray) -> None:
    until = g.at(script.launches[0].start_h) if script.launches else g.steps
    price[:until, NEW] = np.nan
    volume[:until, NEW] = np.nan


def _add(g: Grid, line: FloatArray, drift: Drift, rng: np.random.Generator) -> None:
    parts = profile(g, drift.hours, rng) * drift.size
    begin = g.at(drift.start_h)
    line[begin : begin + len(parts)] += parts[: len(line) - begin]


def _student(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """Student t with four degrees of freedom, scaled to variance 1."""
    found: FloatArray = rng.standard_t(4, size=shape) / np.sqrt(2.0)
    return found


def _ou(g: Grid, rng: np.random.Generator, half_life_h: float, sd: FloatArray) -> FloatArray:
    """Stationary first-order autoregressions of that spread and half-life, one a column."""
    keep = 0.5 ** (g.step_h / half_life_h)
    shocks = rng.normal(0.0, sd * np.sqrt(1.0 - keep * keep), size=(g.steps, len(sd)))
    state = rng.normal(0.0, sd)
    out = np.empty_like(shocks)
    for step, shock in enumerate(shocks):
        state = keep * state + shock
        out[step] = state
    return out
