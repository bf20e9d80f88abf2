"""How the sectors stand: indices from one level, and shares of the watched market cap."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.content.charts.canvas import (
    keep_range,
    legend,
    new_figure,
    paint_marks,
    png,
    said_empty,
    shown,
    styled,
    subtitled,
)
from monitor.content.charts.marks import Line, Marks, day_numbers, last_known, rebased
from monitor.content.wording.figures import percent, share
from monitor.content.wording.safe_text import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST = 16
WHOLE, CUT = 100, 40
"""Per cent: the axis of shares ends there, or at a lower round value of at most the second."""


def index_chart(lines: Sequence[Line], marks: Marks) -> tuple[bytes, str]:
    """(PNG, alt text): sector indices rebased to 100 at the left edge, rotations shaded, notes marked."""
    title = "Sector indices, rebased to 100"
    figure = new_figure(title)
    axes = styled(figure.add_subplot())
    told = []
    for line in lines:
        values = rebased(line.values)
        axes.plot(
            day_numbers(line.at),
            values,
            color=line.color,
            linewidth=1.8,
            label=shown(line.name, LONGEST),
        )
        known = [v for v in values if not math.isnan(v)]
        if known:
            told.append(
                f"{one_line(line.name)} {known[-1]:.0f} ({percent(known[-1] / known[0] - 1)})"
            )
    _finish(axes, lines, marks, told)
    return png(figure), f"{title}: {', '.join(told) or 'no data'}"


def share_chart(lines: Sequence[Line], marks: Marks) -> tuple[bytes, str]:
    """(PNG, alt text): shares of the watched market cap, stacked; a sector without members is no part.

    Launches are marked, notes are not: their key stands under the indices.
    """
    marks = replace(marks, notes=())
    title = "Share of the watched market cap"
    top = share_axis(lines)
    figure = new_figure(title if top == WHOLE else f"{title}, up to {top} %")
    axes = styled(figure.add_subplot())
    told = [f"{one_line(line.name)} {share(last_known(line.values))}" for line in lines]
    if lines and lines[0].at:
        axes.stackplot(
            day_numbers(lines[0].at),
            _stack(lines),
            labels=[
                f"{shown(line.name, LONGEST)} {share(last_known(line.values))}" for line in lines
            ],
            colors=[line.color for line in lines],
            linewidth=0,
        )
        axes.set_ylim(0, top)
        axes.set_yticks(range(0, top + 1, {WHOLE: 20, 10: 2, 20: 5}.get(top, 10)))
    axes.yaxis.set_major_formatter("{x:.0f} %")
    _finish(axes, lines, marks, told)
    return png(figure), f"{title}: {', '.join(told) or 'no data'}"


def _stack(lines: Sequence[Line]) -> list[list[float]]:
    """Per cent; where nobody's share is known there is a gap, else an unknown share is no part."""
    columns = list(zip(*(line.values for line in lines), strict=True))
    blank = [all(value is None for value in column) for column in columns]
    return [
        [math.nan if blank[t] else 100.0 * (value or 0.0) for t, value in enumerate(line.values)]
        for line in lines
    ]


def share_axis(lines: Sequence[Line]) -> int:
    """Where the axis ends: below 100 % where all but the uppermost sector fill so little that nobody could see them."""
    below = [math.fsum(column[:-1]) for column in zip(*_stack(lines), strict=True)]
    highest = max((value for value in below if not math.isnan(value)), default=WHOLE)
    top = 10 * math.ceil(1.5 * highest / 10)
    return top if 0 < top <= CUT else WHOLE


def _finish(axes: "Axes", lines: Sequence[Line], marks: Marks, told: Sequence[str]) -> None:
    if not told or not lines[0].at:
        said_empty(axes, "no data")
        return
    subtitled(axes, marks.subtitle, notes=bool(marks.notes))
    keep_range(axes, day_numbers(lines[0].at))
    paint_marks(axes, marks)
    legend(axes, len(lines))
