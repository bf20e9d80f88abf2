"""Plain rules with a threshold, and the threshold at which they raise no more false alarms than the detector may.

A comparison at unequal false alarms proves nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.model.interval import FloatArray
from monitor.research.baselines import Call, cusum, naive, naive_with_volume, rolling_z
from monitor.research.drift_detectors import EXTRA, adwin, has_river, page_hinkley
from monitor.research.scoring import Alarm, SeriesScore, Verdict, score_series
from monitor.research.script import SECTORS
from monitor.research.synthetic import SyntheticMarket

TARGET_FAR = 0.8
PAIRS = len(SECTORS) * (len(SECTORS) - 1) // 2

Rule = Callable[[FloatArray, FloatArray, int, float], list[Call]]
"""Log index, traded USD (steps, sectors), steps an hour, threshold."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A plain rule, its textbook threshold, and the thresholds that matching may choose from, loosest first.

    ``installed``: whether what it is made of is there.
    """

    name: str
    rule: Rule
    textbook: float
    choices: tuple[float, ...]
    installed: Callable[[], bool] = lambda: True


KNOWN = (
    Baseline(
        "naive -x in 24 h",
        lambda index, _, hour, x: naive(index, hour, threshold=-x),
        0.10,
        tuple(round(0.10 + 0.005 * i, 3) for i in range(41)),
    ),
    Baseline(
        "naive + volume",
        lambda index, volume, hour, x: naive_with_volume(index, volume, hour, threshold=-x),
        0.10,
        tuple(round(0.10 + 0.005 * i, 3) for i in range(41)),
    ),
    Baseline(
        "rolling z",
        lambda index, _, hour, x: rolling_z(index, hour, threshold=x),
        3.0,
        tuple(round(2.5 + 0.1 * i, 1) for i in range(36)),
    ),
    Baseline(
        "CUSUM",
        lambda index, _, hour, x: cusum(index, hour, bound=x),
        8.0,
        tuple(round(8.0 + 0.4 * i, 1) for i in range(61)),
    ),
    Baseline(
        "Page-Hinkley",
        lambda index, _, hour, x: page_hinkley(index, hour, threshold=x),
        50.0,
        tuple(float(x) for x in range(10, 101, 2)),
        has_river,
    ),
    Baseline(
        "ADWIN",
        lambda index, _, hour, x: adwin(index, hour, delta=x),
        0.002,
        (0.99, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002),
        has_river,
    ),
)
"""Every plain rule, those of the extra among them."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A series as a plain rule gets it."""

    market: SyntheticMarket
    index: FloatArray
    volume: FloatArray

    @property
    def width(self) -> timedelta:
        """Length of a step."""
        return timedelta(hours=self.market.grid.step_h)

    @classmethod
    def of(cls, market: SyntheticMarket) -> "Seen":
        """The market's own clean numbers."""
        return cls(market, *market.sector_series())

    @property
    def pair_months(self) -> float:
        """Quiet months of 30 days times pairs."""
        return self.score([]).pair_months

    def score(self, alarms: Sequence[Alarm]) -> SeriesScore:
        """The alarms against the script."""
        m = self.market
        return score_series(alarms, m.labels, since=m.judged_from, until=m.until, pairs=PAIRS)


def rule_calls(
    base: Baseline, threshold: float, level: FloatArray, volume: FloatArray, width: timedelta
) -> list[Call]:
    """What the rule says of log index levels and volumes in steps of ``width``."""
    return base.rule(level, volume, round(timedelta(hours=1) / width), threshold)


def rule_alarms(base: Baseline, threshold: float, seen: Seen) -> list[Alarm]:
    """What the rule says of a series at a threshold."""
    return [
        Alarm(seen.market.close_of(call.step), SECTORS[call.source], SECTORS[call.target])
        for call in rule_calls(base, threshold, seen.index, seen.volume, seen.width)
    ]


def baselines() -> tuple[Baseline, ...]:
    """The plain rules that can be run here."""
    return tuple(base for base in KNOWN if base.installed())


def left_out() -> str | None:
    """What is not compared with, and how it would be; None where everything is."""
    missing = [base.name for base in KNOWN if not base.installed()]
    if not missing:
        return None
    return (
        f"Not compared with: {', '.join(missing)}; they need the extra:"
        f" pip install 'sector-rotation-monitor[{EXTRA}]'."
    )


def rule_named(name: str) -> Baseline:
    """The plain rule of that name; raises KeyError."""
    return {base.name: base for base in KNOWN}[name]


def false_alarms(base: Baseline, seen: Seen) -> list[int]:
    """False alarms on a series at every threshold, in the rule's order."""
    return [
        seen.score(rule_alarms(base, choice, seen)).count(Verdict.FALSE) for choice in base.choices
    ]


def loosest(
    base: Baseline, false: Sequence[float], pair_months: float, target: float = TARGET_FAR
) -> float:
    """The loosest choice whose false alarms per pair-month are at most the target; the strictest if none is.

    ``false``: alarms at every threshold in the rule's order.
    """
    for choice, count in zip(base.choices, false, strict=True):
        if count <= target * pair_months:
            return choice
    return base.choices[-1]
