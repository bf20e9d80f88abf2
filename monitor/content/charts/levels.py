"""How the sectors stand: indices from one level, and shares of the watched market cap."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.content.charts.canvas import (
    BODY,
    GROUND,
    HEIGHT_IN,
    INK,
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
from monitor.content.charts.marks import Line, Marks, day_numbers, first_known, last_known, rebased
from monitor.content.wording.figures import percent, pp, share
from monitor.content.wording.safe_text import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHARES = "Share of the watched market cap"
LONGEST = 16
PANEL_IN = 1.1
NAMED = 0.3
"""Part of a panel that is kept free above its line for its name."""


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
    """(PNG, alt text): shares of the watched market cap, each sector on a scale of its own below the others.

    Launches are marked, notes are not: their key stands under the indices.
    """
    told = [f"{one_line(line.name)} {share(last_known(line.values))}" for line in lines]
    return png(share_figure(lines, marks)), f"{SHARES}: {', '.join(told) or 'no data'}"


def share_figure(lines: Sequence[Line], marks: Marks) -> "Figure":
    """The picture of :func:`share_chart`; a sector whose share was never known has no panel."""
    drawn = [line for line in lines if first_known(line.values) is not None]
    figure = new_figure(SHARES, height=max(HEIGHT_IN, 1.2 + PANEL_IN * len(drawn)))
    if not drawn:
        said_empty(styled(figure.add_subplot()), "no data")
        return figure
    marks = replace(marks, notes=())
    panels = figure.subplots(len(drawn), 1, sharex=True, squeeze=False)[:, 0]
    for i, (axes, line) in enumerate(zip(panels, drawn, strict=True)):
        styled(axes)
        values = [math.nan if v is None else 100.0 * v for v in line.values]
        axes.plot(day_numbers(line.at), values, color=line.color, linewidth=1.8)
        axes.yaxis.set_major_formatter("{x:g} %")
        axes.locator_params(axis="y", nbins=4)
        subtitled(axes, marks.subtitle if i == 0 else "")
        keep_range(axes, day_numbers(line.at))
        paint_marks(axes, marks if i == 0 else replace(marks, launches=()))
        axes.annotate(
            _level_words(line), (0.01, 0.96), xycoords="axes fraction", va="top", fontsize=BODY,
            fontweight="bold", color=INK, bbox={"facecolor": GROUND, "alpha": 0.8, "linewidth": 0, "pad": 1.5},
        )  # fmt: skip
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + NAMED * (high - low))
    legend(panels[0], marks, lines=False)
    return figure


def _level_words(line: Line) -> str:
    """``AI agents 5.7 % (-0.3 pp)``: where it stands, and by how much it moved over the picture."""
    first, last = first_known(line.values), last_known(line.values)
    moved = pp(None if first is None or last is None else last - first)
    return f"{shown(line.name, LONGEST)} {share(last)} ({moved})"


def _finish(axes: "Axes", lines: Sequence[Line], marks: Marks, told: Sequence[str]) -> None:
    if not told or not lines[0].at:
        said_empty(axes, "no data")
        return
    subtitled(axes, marks.subtitle, notes=bool(marks.notes))
    keep_range(axes, day_numbers(lines[0].at))
    paint_marks(axes, marks)
    legend(axes, marks)
