"""What happens in a synthetic series, and when: scripted rotations and the mishaps that are none.

Times are hours since the start of the series; sizes are log returns of a whole sector unless said otherwise.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

WARM_UP_H = 14 * 24
LENGTH_H = 44 * 24
SECTORS = ("ai-agents", "defi", "memes")
AI, DEFI, MEMES = range(3)
LAUNCHES = len(SECTORS)
"""The sector of a launch that stands alone: no older member, so no yardstick."""
NAMES = (*SECTORS, "launches")


class Kind(StrEnum):
    """What a scenario scripts."""

    NULL = "null"
    ROTATION = "rotation"
    ENTRY = "entry"
    LAUNCH = "launch"
    JANUARY = "january"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One column of a table of results.

    ``size``: fraction by which *to* outruns *from* (rotation) or that *from* loses (entry, launch); ``volume``: factor on *to*'s
    trading at the height of it, of a launch that stands alone on *from*'s. ``calm``: factor on the spread of sectors and tokens.
    """

    name: str
    kind: Kind
    size: float = 0.10
    hours: float = 24.0
    volume: float = 2.0
    source: int = AI
    target: int = MEMES
    calm: float = 1.0


SCENARIOS = (
    Scenario("null", Kind.NULL),
    Scenario("10 % in 24 h", Kind.ROTATION),
    Scenario("10 % in 6 h", Kind.ROTATION, hours=6.0),
    Scenario("20 % in 24 h", Kind.ROTATION, size=0.20),
    Scenario("10 %, volume x4", Kind.ROTATION, volume=4.0),
    Scenario("entry 10 %", Kind.ENTRY),
    Scenario("launch alone, 20 %", Kind.LAUNCH, size=0.20, volume=0.6, target=LAUNCHES),
    Scenario("january", Kind.JANUARY),
)

QUICK = tuple(s for s in SCENARIOS if s.kind is not Kind.ENTRY and s.volume <= 2.0)
"""Enough to judge by, in about two minutes."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A sector (None: the whole market) moves by ``size`` over the hours, in a random profile."""

    sector: int | None
    start_h: float
    hours: float
    size: float


@dataclass(frozen=True, slots=True)
class Surge:
    """A sector's trading is multiplied by ``factor``: up within 3 h, and back with a half-life of 24 h afterwards."""

    sector: int
    start_h: float
    hours: float
    factor: float


@dataclass(frozen=True, slots=True)
class Push:
    """Takers lean on a sector: its imbalance shifts by ``pressure`` (a fraction of volume)."""

    sector: int
    start_h: float
    hours: float
    pressure: float


@dataclass(frozen=True, slots=True)
class Launch:
    """A new token that moves as a sector does: its cap as a part of the sector's, its turnover as a multiple of the usual.

    ``alone``: it is watched in a sector of its own.
    """

    sector: int
    start_h: float
    cap_part: float
    turnover: float
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """A token of a sector is exchanged for ``ratio`` units of its successor."""

    sector: int
    member: int
    start_h: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Unlock:
    """A token's circulating supply grows by ``part``."""

    sector: int
    member: int
    start_h: float
    part: float


@dataclass(frozen=True, slots=True)
class Episode:
    """A scripted rotation: what a detector ought to find."""

    source: int
    target: int
    start_h: float
    end_h: float
    size: float
    returning: bool = False


@dataclass(slots=True)
class Script:
    """Everything scripted in one series."""

    drifts: list[Drift] = field(default_factory=list)
    surges: list[Surge] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    launches: list[Launch] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    unlocks: list[Unlock] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)


PRESSURE = 0.04
RETURN_AFTER_H = 72.0


def write_script(scenario: Scenario, rng: np.random.Generator) -> Script:
    """What happens in one series of a scenario; equal generators write equal scripts."""
    script = Script()
    start = float(rng.uniform(WARM_UP_H + 48.0, LENGTH_H - 168.0))
    if scenario.kind is Kind.NULL:
        _mishaps(script, rng)
    elif scenario.kind is Kind.ROTATION:
        _rotation(script, scenario, start)
    elif scenario.kind is Kind.ENTRY:
        _entry(script, scenario, start, turnover=5.0)
    elif scenario.kind is Kind.LAUNCH:
        _launch(script, scenario, start)
    else:
        _january(script, scenario, start)
    return script


def _rotation(script: Script, s: Scenario, start: float, *, returning: bool = False) -> None:
    """The source gives up 70 % of the size and the destination gains 30 %; trading and takers go with it."""
    script.drifts += [
        Drift(s.source, start, s.hours, -0.7 * s.size),
        Drift(s.target, start, s.hours, 0.3 * s.size),
    ]
    script.surges.append(Surge(s.target, start, s.hours, s.volume))
    _lean(script, s, start)
    script.episodes.append(Episode(s.source, s.target, start, start + s.hours, s.size, returning))


def _entry(script: Script, s: Scenario, start: float, *, turnover: float) -> None:
    """A launch draws trading; the destination's old tokens do not rise, the source falls."""
    script.drifts.append(Drift(s.source, start, s.hours, -s.size))
    script.launches.append(Launch(s.target, start, 0.5, turnover))
    _lean(script, s, start)
    script.episodes.append(Episode(s.source, s.target, start, start + s.hours, s.size))


def _launch(script: Script, s: Scenario, start: float) -> None:
    """A launch in a sector of its own, as large as the source, takes trading and capital out of the source alone."""
    script.drifts.append(Drift(s.source, start, s.hours, -s.size))
    script.surges.append(Surge(s.source, start, s.hours, s.volume))
    script.launches.append(Launch(MEMES, start, 0.2, 12.0, alone=True))
    script.pushes.append(Push(s.source, start, s.hours, -PRESSURE))
    script.episodes.append(Episode(s.source, s.target, start, start + s.hours, s.size))


def _january(script: Script, s: Scenario, start: float) -> None:
    """A launch drains the source for two days; three days after its onset the capital returns."""
    _entry(script, Scenario(s.name, s.kind, size=0.12, hours=48.0), start, turnover=12.0)
    back = start + RETURN_AFTER_H
    script.drifts += [Drift(s.source, back, 24.0, 0.10), Drift(s.target, back, 24.0, -0.08)]
    script.surges.append(Surge(s.source, back, 24.0, 2.0))
    _lean(script, Scenario(s.name, s.kind, source=s.target, target=s.source), back)
    script.episodes.append(Episode(s.target, s.source, back, back + 24.0, 0.18, returning=True))


def _lean(script: Script, s: Scenario, start: float) -> None:
    script.pushes += [
        Push(s.source, start, s.hours, -PRESSURE),
        Push(s.target, start, s.hours, PRESSURE),
    ]


def _mishaps(script: Script, rng: np.random.Generator) -> None:
    """What looks like a rotation and is none: each befalls a part of the series."""

    def moment() -> float:
        return float(rng.uniform(WARM_UP_H + 24.0, LENGTH_H - 48.0))

    def sector() -> int:
        return int(rng.integers(len(SECTORS)))

    if rng.random() < 1 / 2:
        size = float(rng.choice([-0.12, -0.10, 0.08]))
        script.drifts.append(Drift(None, moment(), float(rng.uniform(3.0, 12.0)), size))
    if rng.random() < 1 / 3:
        part = float(rng.uniform(0.1, 0.5))
        script.launches.append(Launch(MEMES, moment(), part, 3.0))
    if rng.random() < 1 / 3:
        script.splits.append(Split(sector(), int(rng.integers(6)), moment(), 6.0))
    if rng.random() < 1 / 2:
        script.unlocks.append(Unlock(sector(), int(rng.integers(6)), moment(), 0.08))
