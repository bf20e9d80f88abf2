"""Plain rules with a threshold, and the threshold at which they raise no more false alarms than the detector may.

A comparison at unequal false alarms proves nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.model.interval import FloatArray
from monitor.research.baselines import Call, cusum, naive, naive_with_volume, rolling_z
from monitor.research.scoring import Alarm, Verdict, score_series
from monitor.research.script import SECTORS
from monitor.research.synthetic import STEP_H, SyntheticMarket

TARGET_FAR = 0.8
PAIRS = len(SECTORS) * (len(SECTORS) - 1) // 2
PER_HOUR = round(1 / STEP_H)

Rule = Callable[[FloatArray, FloatArray, int, float], list[Call]]
"""Log index, traded USD (steps, sectors), steps an hour, threshold."""


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


def rule_calls(
    base: Baseline, threshold: float, level: FloatArray, volume: FloatArray, width: timedelta
) -> list[Call]:
    """What the rule says of log index levels and volumes in steps of ``width``."""
    return base.rule(level, volume, round(timedelta(hours=1) / width), threshold)


def rule_alarms(base: Baseline, threshold: float, seen: Seen) -> list[Alarm]:
    """What the rule says of a series at a threshold."""
    return [
        Alarm(seen.market.close_of(call.step), SECTORS[call.source], SECTORS[call.target])
        for call in base.rule(seen.index, seen.volume, PER_HOUR, threshold)
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
