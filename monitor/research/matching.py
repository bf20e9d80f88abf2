"""Plain rules with a threshold, and the threshold at which they raise no more false alarms than the detector may.

A comparison at unequal false alarms proves nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from monitor.model.interval import FloatArray
from monitor.research.baselines import Call, cusum, naive, naive_with_volume, rolling_z
from monitor.research.scoring import Alarm, Verdict, score_series
from monitor.research.script import SECTORS
from monitor.research.synthetic import STEP_H, SyntheticMarket

TARGET_FAR = 0.8
PAIRS = len(SECTORS) * (len(SECTORS) - 1) // 2
PER_HOUR = round(1 / STEP_H)

Rule = Callable[[FloatArray, FloatArray, float], list[Call]]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A plain rule, its textbook threshold, and the thresholds that matching may choose from, loosest first."""

    name: str
    rule: Rule
    textbook: float
    choices: tuple[float, ...]


BASELINES = (
    Baseline(
        "naive -x in 24 h",
        lambda index, _, x: naive(index, PER_HOUR, threshold=-x),
        0.10,
        tuple(round(0.10 + 0.005 * i, 3) for i in range(41)),
    ),
    Baseline(
        "naive + volume",
        lambda index, volume, x: naive_with_volume(index, volume, PER_HOUR, threshold=-x),
        0.10,
        tuple(round(0.10 + 0.005 * i, 3) for i in range(41)),
    ),
    Baseline(
        "rolling z",
        lambda index, _, x: rolling_z(index, PER_HOUR, threshold=x),
        3.0,
        tuple(round(2.5 + 0.1 * i, 1) for i in range(36)),
    ),
    Baseline(
        "CUSUM",
        lambda index, _, x: cusum(index, PER_HOUR, bound=x),
        8.0,
        tuple(round(8.0 + 0.4 * i, 1) for i in range(61)),
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A series as a plain rule gets it."""

    market: SyntheticMarket
    index: FloatArray
    volume: FloatArray

    @classmethod
    def of(cls, market: SyntheticMarket) -> "Seen":
        """The market's own clean numbers."""
        return cls(market, *market.sector_series())


def rule_alarms(base: Baseline, threshold: float, seen: Seen) -> list[Alarm]:
    """What the rule says of a series at a threshold."""
    return [
        Alarm(seen.market.close_of(call.step), SECTORS[call.source], SECTORS[call.target])
        for call in base.rule(seen.index, seen.volume, threshold)
    ]


def match_threshold(base: Baseline, quiet: Sequence[Seen]) -> float:
    """The loosest choice whose false alarms on the quiet series are at most the target; the strictest if none is."""
    for choice in base.choices:
        scores = [
            score_series(
                rule_alarms(base, choice, seen),
                seen.market.labels,
                since=seen.market.judged_from,
                until=seen.market.until,
                pairs=PAIRS,
            )
            for seen in quiet
        ]
        false = sum(score.count(Verdict.FALSE) for score in scores)
        if false <= TARGET_FAR * sum(score.pair_months for score in scores):
            return choice
    return base.choices[-1]
