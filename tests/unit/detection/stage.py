"""A stage for detection: scores, sectors and answers set by hand, one step at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from monitor.detection.conditions import Judged, Shown, hold
from monitor.detection.decisions import decide
from monitor.detection.inputs import Sectors, SectorStep
from monitor.detection.lifecycle import Ledger
from monitor.detection.parameters import DetectionParameters
from monitor.detection.rules import PAIR_RULES
from monitor.detection.seen import Features, Pairs, Seen
from monitor.detection.step_view import StepView
from monitor.detection.tallies import Tallies
from monitor.detection.windows import DetectionWindows
from monitor.model.interval import FloatArray
from monitor.model.rotation import Launch, RotationChange, SideEvidence
from monitor.model.state import FlowGrade

SECTORS = ("ai", "defi", "memes", "market")
WATCHED = 3
AI, DEFI, MEMES = range(3)
NAMES = (
    ("ai", "defi"),
    ("ai", "memes"),
    ("defi", "ai"),
    ("defi", "memes"),
    ("memes", "ai"),
    ("memes", "defi"),
)
PAIRS = Pairs(
    source=np.array([0, 0, 1, 1, 2, 2]),
    target=np.array([1, 2, 0, 2, 0, 1]),
    opposite=np.array([2, 4, 0, 5, 1, 3]),
    names=NAMES,
)
START = datetime(2024, 3, 1, tzinfo=UTC)
NONE = -np.inf


def side(sector: str, *, own: float | None = -0.07, share: float | None = 10.0) -> SideEvidence:
    """One side's evidence with little in it."""
    return SideEvidence(
        sector=sector,
        total_return=own,
        own_return=own,
        market_part=0.0,
        beta=1.0,
        market_cap_usd=1e9,
        share_pp=share,
        share_change_pp=None,
        share_split_pp=None,
        volume_usd=None,
        volume_share_pp=None,
        volume_share_change_pp=None,
        net_flow_usd=None,
        flow_grade=FlowGrade.A,
        breadth_behind=0,
        breadth_of=0,
        contributors=(),
    )


@dataclass
class Answers:
    """What the past says when asked; every answer can be changed between steps."""

    breadth: float | None = 0.9
    breadth_ahead: float | None = 0.9
    breadth_by_window: dict[int, float] = field(default_factory=dict)
    own: dict[int, float | None] = field(default_factory=dict)
    share: dict[int, float | None] = field(default_factory=dict)
    launched: dict[int, tuple[Launch, ...]] = field(default_factory=dict)
    share_loss: float = 0.0
    launch_age: int = 30
    volume_shares: FloatArray = field(default_factory=lambda: np.full(4, 0.25))
    volume_shares_before: FloatArray = field(default_factory=lambda: np.full(4, 0.25))

    def side(self, sector_index: int, window_h: int) -> SideEvidence:
        own = self.own.get(sector_index, -0.07)
        return side(SECTORS[sector_index], own=own, share=self.share.get(sector_index, 10.0))

    def breadth_from(self, sector_index: int, window_h: int) -> float | None:
        return self.breadth_by_window.get(window_h, self.breadth)

    def breadth_to(self, sector_index: int, window_h: int) -> float | None:
        return self.breadth_ahead

    def market_return(self, window_h: int) -> float | None:
        return -0.01

    def launches(self, sector_index: int, window_h: int) -> tuple[Launch, ...]:
        return self.launched.get(sector_index, ())

    def launch_share_loss(self, hours: int) -> FloatArray:
        return np.full((len(SECTORS), len(SECTORS)), self.share_loss)

    def hours_since_launch(self, sector_index: int, within_h: int) -> int | None:
        return self.launch_age if self.launched.get(sector_index) else None

    def volume_share(self, hours: int, *, before: int = 0) -> FloatArray:
        return self.volume_shares_before if before else self.volume_shares


def sector_step(*, known: bool = True, coverage: float = 1.0, r: float = 0.0) -> SectorStep:
    """A step in which nothing moves; ``r`` is the last watched sector's (memes) return."""
    n = len(SECTORS)
    returns = np.zeros(n)
    returns[MEMES] = r
    return Sectors(
        r=returns,
        e=returns.copy(),
        q=returns.copy(),
        volume=np.full(n, 100.0),
        net_flow=np.zeros(n),
        flow_weight=np.ones(n),
        coverage=np.full(n, coverage),
        stale_weight=np.zeros(n),
        known=known,
        benchmark_missing=False,
    )


class Stage:
    """The life of rotations under scores set by hand: ``step`` gives what changed."""

    def __init__(
        self,
        *,
        width: timedelta = timedelta(minutes=15),
        p: DetectionParameters | None = None,
        live_from: datetime | None = None,
    ) -> None:
        self.width = width
        self.p = p or DetectionParameters(confirmed_fade_h=6.0)  # quick to see the end of
        self.live_from = live_from
        self.memory = DetectionWindows(
            len(SECTORS), len(NAMES), len(self.p.horizons_h), width, self.p
        )
        covered = self.memory.rows["coverage"]
        covered.fill(np.ones((covered.length, len(SECTORS))))
        self.tallies = Tallies(len(SECTORS), len(NAMES))
        self.ledger = Ledger()
        self.answers = Answers()
        self.at = START

    def step(
        self,
        scores: Mapping[tuple[str, str], float] | None = None,
        *,
        known: bool = True,
        covered: bool = True,
        young: bool = False,
        own: Mapping[int, tuple[float, float]] | None = None,
        returns: Mapping[int, float] | None = None,
        shift: float = 0.0,
        seen_part: float = 1.0,
        shown: Mapping[tuple[str, str], float] | None = None,
    ) -> list[RotationChange]:
        """One step. ``scores``: qualifying scores by pair, all others none. ``own``: (own return, own z) by sector.
        ``shift``: the volume witness of every pair. ``seen_part``: coverage of every sector.
        ``shown``: scores of pairs that do not qualify.
        """
        self.at += self.width
        for sector, r in (returns or {}).items():
            self.memory.levels[sector] += r
        h, n = len(self.p.horizons_h), len(NAMES)
        score = np.array([(scores or {}).get(name, NONE) for name in NAMES])
        own_return, own_z = np.zeros((h, len(SECTORS))), np.zeros((h, len(SECTORS)))
        for sector, (value, z) in (own or {}).items():
            own_return[:, sector], own_z[:, sector] = value, z
        self.memory.rows.extend(
            {
                name: np.full((1, len(SECTORS)), 1.0 if name == "coverage" else 0.0)
                for name in self.memory.rows
            }
        )
        blank = np.full((h, n), np.nan)
        full = np.ones((h, n))
        drift = own_return[:, PAIRS.target] - own_return[:, PAIRS.source]
        volume = np.full((h, n), shift)
        below = np.array([(shown or {}).get(name, 0.0) for name in NAMES])
        seen_score = np.tile(np.where(np.isfinite(score), score, below), (h, 1))
        features = Features(
            drift,
            blank,
            volume,
            blank,
            np.zeros((h, n)),
            seen_score,
            own_return,
            own_z,
            full,
            np.full((h, len(SECTORS)), seen_part),
        )
        reversing = self.ledger.reversing(NAMES, self.at, self.p)
        seen = Seen(features, PAIRS, self.answers, self.p.horizons_h, WATCHED, reversing)
        judged = Judged(
            score=score,
            known=np.full(n, known),
            covered=np.full(n, covered),
            on=np.full(n, self.p.on),
            young=np.full(n, young),
            show=lambda: Shown(np.zeros(n, dtype=np.int64), hold(PAIR_RULES, seen, self.p)),
        )
        moment = StepView(
            self.memory,
            self.tallies,
            PAIRS,
            judged,
            seen,
            sector_step(known=known),
            self.at,
            self.width,
            self.p,
            self.live_from,
            SECTORS,
            WATCHED,
        )
        return list(decide(moment, self.ledger))

    def steps(
        self,
        count: int,
        scores: Mapping[tuple[str, str], float] | None = None,
        *,
        known: bool = True,
        covered: bool = True,
    ) -> list[RotationChange]:
        """The same step so many times; all changes."""
        return [
            change
            for _ in range(count)
            for change in self.step(scores, known=known, covered=covered)
        ]

    def hours(
        self,
        hours: float,
        scores: Mapping[tuple[str, str], float] | None = None,
        *,
        covered: bool = True,
    ) -> list[RotationChange]:
        """The same for so many hours."""
        return self.steps(round(timedelta(hours=hours) / self.width), scores, covered=covered)


def told(changes: list[RotationChange]) -> list[tuple[str, str, str]]:
    """(reason, from, to) of each change."""
    return [(c.reason.value, *c.rotation.pair) for c in changes]
