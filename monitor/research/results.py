"""What `evaluate` found: for people as a table, for machines as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from monitor.model.grid import format_duration
from monitor.research.scoring import Score


@dataclass(frozen=True, slots=True)
class Row:
    """One detector: its false alarms on the null, and how it did on each scenario, by name."""

    detector: str
    null: Score
    scenarios: Mapping[str, Score]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `evaluate` found. ``reporting`` and ``tuning``: first and last seed of each range."""

    interval: timedelta
    series: int
    tuning: tuple[int, int]
    reporting: tuple[int, int]
    parameters: str
    rows: tuple[Row, ...]

    def to_json(self) -> dict[str, Any]:
        """Machine output: rates as numbers, unknown as null."""
        return {
            "interval": format_duration(self.interval),
            "series": self.series,
            "tuning_seeds": list(self.tuning),
            "reporting_seeds": list(self.reporting),
            "parameters": self.parameters,
            "detectors": [
                {
                    "detector": row.detector,
                    "null": asdict(row.null),
                    "scenarios": {name: asdict(score) for name, score in row.scenarios.items()},
                }
                for row in self.rows
            ],
        }

    def _scope(self) -> str:
        return (
            f"Synthetic market, bars of {format_duration(self.interval)}, n = {self.series} series a"
            f" scenario of 30 judged days, seeds {self.reporting[0]}-{self.reporting[1]};"
            f" matched rules tuned on seeds {self.tuning[0]}-{self.tuning[1]}."
        )

    def _legend(self) -> str:
        return (
            f"Detection parameters {self.parameters}. FAR: false alarms per pair and 30 days, with"
            " its 90 % interval. Cells: recall / median delay in hours."
        )

    def words(self) -> list[str]:
        """A table for people: false alarms per pair and 30 days, then recall / median delay in hours."""
        names = list(self.rows[0].scenarios)
        width = max(len(row.detector) for row in self.rows)
        lines = [
            self._scope(),
            self._legend(),
            "",
            f"{'':<{width}}  {'FAR':<18}" + "".join(f"  {name:>{_wide(name)}}" for name in names),
        ]
        for row in self.rows:
            cells = "".join(f"  {_cell(row.scenarios[name]):>{_wide(name)}}" for name in names)
            lines.append(f"{row.detector:<{width}}  {_far(row.null):<18}{cells}")
        return [*lines, "", *_caveats(self.series)]


def _wide(name: str) -> int:
    return max(len(name), 8)


def _cell(score: Score) -> str:
    if score.recall is None:
        return "-"
    delay = "-" if score.delay_median_h is None else f"{score.delay_median_h:.0f}"
    return f"{score.recall:.2f}/{delay}"


def _far(score: Score) -> str:
    if score.far is None or score.far_interval is None:
        return "-"
    return f"{score.far:.2f} [{score.far_interval[0]:.2f}, {score.far_interval[1]:.2f}]"


def _caveats(series: int) -> list[str]:
    error = 100.0 * (0.25 / series) ** 0.5
    noise = f"One standard error of a recall near one half at this n is about {error:.0f} points."
    basis = (
        "All of it rests on a synthetic market, whose response of volume and takers to a rotation is"
        " an assumption;"
    )
    return [noise, basis, "a false alarm here is one without a scripted event."]
