"""The score that confirms, chosen on nulls: the smallest whose false alarms are surely few enough."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from monitor.detection.parameters import DetectionParameters
from monitor.research.results import Rate

BOUND = 0.8
"""The upper 90 % bound of false alarms per pair and 30 days may be this much."""
CANDIDATES = (2.4, 2.7, 3.0, 3.3, 3.6)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One score that may confirm, and its false alarms on random splits and on the quiet synthetic market, if that ran."""

    on: float
    splits: Rate
    synthetic: Rate | None

    @property
    def holds(self) -> bool:
        """Whether every upper bound is small enough."""
        rates = (self.splits, self.synthetic) if self.synthetic else (self.splits,)
        return max(rate.high for rate in rates) <= BOUND


@dataclass(frozen=True, slots=True)
class Calibration:
    """Every candidate, by rising score."""

    candidates: tuple[Candidate, ...]

    @property
    def proposal(self) -> float | None:
        """The smallest score that holds; None where none does."""
        return next((c.on for c in self.candidates if c.holds), None)

    def to_json(self) -> dict[str, Any]:
        """Machine output."""
        return {
            "bound": BOUND,
            "proposed_on": self.proposal,
            "candidates": [asdict(c) | {"holds": c.holds} for c in self.candidates],
        }

    def words(self) -> list[str]:
        """A table for people, and the proposal."""
        lines = [
            f"Calibration on the tuning seeds: every upper 90 % bound at most {BOUND:g}.",
            f"{'on':>5}  {'random splits':<20}  {'synthetic':<20}",
        ]
        for c in self.candidates:
            mark = "holds" if c.holds else ""
            quiet = c.synthetic.words() if c.synthetic else "not run"
            line = f"{c.on:>5g}  {c.splits.words():<20}  {quiet:<20}  {mark}"
            lines.append(line.rstrip())
        return [*lines, self._proposed()]

    def _proposed(self) -> str:
        if self.proposal is not None:
            return f"Proposed: [detection] on = {self.proposal:g}"
        few = (
            "more splits (--nulls), more series (--series) or a longer history narrow the intervals"
        )
        return f"Proposed: none of these; {few}."


def candidates(parameters: DetectionParameters) -> tuple[DetectionParameters, ...]:
    """The configured parameters with every score that may be proposed, and with their own, by rising score."""
    return tuple(at(parameters, on) for on in sorted({*CANDIDATES, parameters.on}))


def at(parameters: DetectionParameters, on: float) -> DetectionParameters:
    """The same with another score that confirms; what opens is never above it, what is critical never below."""
    return replace(
        parameters,
        on=on,
        watch_on=min(parameters.watch_on, on),
        critical=max(parameters.critical, on),
    )


def calibration(
    ons: Sequence[float], splits: Sequence[Rate], synthetic: Sequence[Rate] | None
) -> Calibration:
    """From rates in the order of the scores; ``synthetic``: None where no synthetic market was run."""
    quiet: Sequence[Rate | None] = synthetic or [None] * len(ons)
    return Calibration(tuple(map(Candidate, ons, splits, quiet)))
