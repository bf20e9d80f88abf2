"""What charts are drawn from: lines over time, and the marks that stand on all of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.content.wording.figures import stamp
from monitor.content.wording.safe_text import one_line
from monitor.model.grid import EPOCH

NOTE = 80


@dataclass(frozen=True, slots=True)
class Line:
    """One sector over time: ``values`` are None where unknown (drawn as a gap)."""

    name: str
    color: str
    at: Sequence[datetime]
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Marks:
    """``spans``: (from, to, color) of rotations, shaded; ``notes``: (time, text); ``launches``: (time, token), hatched;
    ``blind``: spells without data, hatched the other way."""

    spans: Sequence[tuple[datetime, datetime, str]] = ()
    notes: Sequence[tuple[datetime, str]] = ()
    launches: Sequence[tuple[datetime, str]] = ()
    blind: Sequence[tuple[datetime, datetime]] = ()
    subtitle: str = ""
    colors: Mapping[str, str] = field(default_factory=dict)


def note_key(marks: Marks) -> str:
    """The numbers on the chart in words."""
    return " · ".join(
        f"({i + 1}) {one_line(text, NOTE)}, {stamp(at)}" for i, (at, text) in enumerate(marks.notes)
    )


def day_number(moment: datetime) -> float:
    """Days since the epoch, as a time axis counts them."""
    return (moment - EPOCH) / timedelta(days=1)


def day_numbers(moments: Sequence[datetime]) -> list[float]:
    """The same of many."""
    return [day_number(moment) for moment in moments]


def rebased(values: Sequence[float | None]) -> list[float]:
    """The first known value is 100; NaN where unknown."""
    first = next((v for v in values if v), None)
    return [100.0 * v / first if v is not None and first else math.nan for v in values]


def last_known(values: Sequence[float | None]) -> float | None:
    """The newest value that is known."""
    return next((v for v in reversed(values) if v is not None), None)


def first_known(values: Sequence[float | None]) -> float | None:
    """The oldest value that is known."""
    return next((v for v in values if v is not None), None)
