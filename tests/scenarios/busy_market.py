"""A small market in 5-minute bars in which one sector really loses to another, and many scripted rotations beside it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

from monitor.engine import Engine, EngineState, Moved
from monitor.episodes import Episode
from monitor.model.bars import Bar
from monitor.model.interval import IntervalInput
from monitor.model.rotation import RotationChange, StepOutput
from monitor.model.universe import Market, Membership, Sector, Supply, Token, Universe

WIDTH = timedelta(minutes=5)
LIVE_FROM = datetime(2025, 1, 19, 11, tzinfo=UTC)
SINCE = LIVE_FROM - timedelta(days=8)
UNTIL = LIVE_FROM + timedelta(hours=4)
SECTORS = {"ai-agents": "AI agents", "defi": "DeFi", "gaming": "Gaming", "memes": "Memes"}
BENCHMARK = "watched-market"
VENUE = "bybit"
_MEMBERS = 3
_UNITS = 1e8
_FALL_H = 2.5
"""So long before the live part AI agents begin to lose: the engine's own rotation opens while processes are killed."""


def busy_market(seed: int) -> Episode:
    """Bars of every token from three days before the live part to its end."""
    universe = Universe(_sectors(), tuple(_token(t) for t in sorted([*_tokens(), "BTC"])))
    return Episode(
        universe=universe,
        width=WIDTH,
        bars=_bars(seed),
        supplies=tuple(
            Supply(t.id, _UNITS, SINCE, SINCE, "script", dated_by_operator=True)
            for t in universe.tokens
        ),
        notes=((LIVE_FROM - timedelta(hours=2), "a note of <yesterday> & today"),),
        description="scripted",
        since=SINCE,
        history_from=LIVE_FROM,
        until=UNTIL,
    )


class BusyEngine(Engine):
    """The real engine; beside its own changes it says those of a script, which are a function of the interval alone."""

    def __init__(
        self,
        universe: Universe,
        script: Mapping[datetime, Sequence[RotationChange]],
        live_from: datetime | None,
    ) -> None:
        super().__init__(universe, WIDTH, live_from=live_from)
        self._script = script

    def moves(
        self,
        state: EngineState,
        intervals: Iterable[IntervalInput],
        *,
        stands: Callable[[datetime], bool] | None = None,
    ) -> Iterator[Moved]:
        """All intervals."""
        for moved in super().moves(state, intervals, stands=stands):
            changes = (*moved.changes, *self._script.get(moved.close_time, ()))
            yield replace(moved, changes=changes, output=partial(_with, moved, changes))


def _with(moved: Moved, changes: tuple[RotationChange, ...]) -> StepOutput:
    return replace(moved.output(), changes=changes)


def _sectors() -> tuple[Sector, ...]:
    found = [
        Sector(sector, name, tuple(Membership(t) for t in _tokens(sector)))
        for sector, name in SECTORS.items()
    ]
    return (*found, Sector(BENCHMARK, "Market", (Membership("BTC"),), benchmark=True))


def _tokens(sector: str | None = None) -> list[str]:
    chosen = SECTORS if sector is None else [sector]
    return [f"{s[:2].upper()}{i + 1}" for s in chosen for i in range(_MEMBERS)]


def _token(token: str) -> Token:
    return Token(
        token, f"Token {token}", (Market(VENUE, f"{token}/USDT", token),), first_trade=SINCE
    )


def _bars(seed: int) -> tuple[Bar, ...]:
    """A common walk, each token's own, and the turn: AI agents fall by 16 % in 12 h, memes trade four times as much."""
    rng = np.random.default_rng(seed)
    steps = round((UNTIL - SINCE) / WIDTH)
    hours = np.arange(steps) * (WIDTH / timedelta(hours=1))
    turn = np.clip((hours - (LIVE_FROM - SINCE) / timedelta(hours=1) + _FALL_H) / 12.0, 0.0, 1.0)
    market = np.cumsum(rng.normal(0.0, 4e-4, steps))
    columns: list[list[Bar]] = []
    for token in sorted([*_tokens(), "BTC"]):
        sector = next((s for s in SECTORS if token in _tokens(s)), BENCHMARK)
        drift = {"ai-agents": -0.16, "memes": 0.05}.get(sector, 0.0)
        price = 10.0 * np.exp(market + np.cumsum(rng.normal(0.0, 4e-4, steps)) + drift * turn)
        busier = 1.0 + (3.0 * (turn > 0.0) if sector == "memes" else 0.0)
        volume = rng.lognormal(11.0, 0.3, steps) * busier
        taker = volume * (0.5 + {"ai-agents": -0.06, "memes": 0.06}.get(sector, 0.0) * (turn > 0.0))
        columns.append(
            [
                _bar(token, SINCE + k * WIDTH, float(price[k]), float(volume[k]), float(taker[k]))
                for k in range(steps)
            ]
        )
    return tuple(bar for interval in zip(*columns, strict=True) for bar in interval)


def _bar(token: str, at: datetime, price: float, volume: float, taker: float) -> Bar:
    return Bar(
        f"{VENUE}:{token}/USDT", at, price, price, price, price, volume / price, volume, taker
    )
