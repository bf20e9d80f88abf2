"""What `evaluate` found: for people as tables, for machines as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from monitor.model.grid import format_duration
from monitor.research.scoring import Score


@dataclass(frozen=True, slots=True)
class Rate:
    """False alarms per unordered pair and 30 days, with a central 90 % interval."""

    false_alarms: int
    pair_months: float
    far: float
    low: float
    high: float

    def words(self) -> str:
        """As it stands in a table."""
        return f"{self.far:.2f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True, slots=True)
class Row:
    """One detector: its false alarms on the null, and how it did on each scenario, by name."""

    detector: str
    null: Score
    scenarios: Mapping[str, Score]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The synthetic part. ``reporting`` and ``tuning``: first and last seed of each range."""

    interval: timedelta
    series: int
    tuning: tuple[int, int]
    reporting: tuple[int, int]
    taker_venues: int
    rows: tuple[Row, ...]

    def to_json(self) -> dict[str, Any]:
        """Machine output: rates as numbers, unknown as null."""
        return {
            "interval": format_duration(self.interval),
            "series": self.series,
            "tuning_seeds": list(self.tuning),
            "reporting_seeds": list(self.reporting),
            "taker_venues": self.taker_venues,
            "detectors": [
                {
                    "detector": row.detector,
                    "null": asdict(row.null),
                    "scenarios": {name: asdict(score) for name, score in row.scenarios.items()},
                }
                for row in self.rows
            ],
        }

    def words(self) -> list[str]:
        """A table for people: false alarms per pair and 30 days, then recall with its interval / median delay in hours."""
        names = list(self.rows[0].scenarios)
        width = max(len(row.detector) for row in self.rows)
        lines = [
            (
                f"Synthetic market, bars of {format_duration(self.interval)}, n = {self.series} series a"
                f" scenario of 30 judged days, seeds {self.reporting[0]}-{self.reporting[1]}; matched rules"
                f" tuned on seeds {self.tuning[0]}-{self.tuning[1]}; {self.taker_venues} of 3 venues give"
                " taker volume, as configured."
            ),
            (
                "FAR: false alarms per pair and 30 days, further legs not counted. Cells: recall / median"
                " delay in hours. In brackets 90 % intervals."
            ),
            "",
            f"{'':<{width}}  {'FAR':<18}" + "".join(f"  {name:>{_wide(name)}}" for name in names),
        ]
        for row in self.rows:
            cells = "".join(f"  {_cell(row.scenarios[name]):>{_wide(name)}}" for name in names)
            lines.append(f"{row.detector:<{width}}  {_far(row.null):<18}{cells}")
        return [
            *lines,
            "",
            (
                "All of it rests on a synthetic market, whose response of volume and takers to a rotation is"
                " an assumption;"
            ),
            "a false alarm here is one without a scripted event.",
        ]


def _wide(name: str) -> int:
    return max(len(name), 18)


def _cell(score: Score) -> str:
    if score.recall is None or score.recall_interval is None:
        return "-"
    delay = "-" if score.delay_median_h is None else f"{score.delay_median_h:.0f}"
    low, high = score.recall_interval
    return f"{score.recall:.2f} [{low:.2f}, {high:.2f}]/{delay}"


def _far(score: Score) -> str:
    if score.far is None or score.far_interval is None:
        return "-"
    return f"{score.far:.2f} [{score.far_interval[0]:.2f}, {score.far_interval[1]:.2f}]"
