"""Which way takers pressed: net flow of each sector by the hour, signed bars."""

from collections.abc import Sequence
from datetime import timedelta

from monitor.content.charts.canvas import (
    INK,
    legend,
    new_figure,
    paint_marks,
    png,
    said_empty,
    shown,
    styled,
    subtitled,
)
from monitor.content.charts.levels import LONGEST
from monitor.content.charts.marks import Line, Marks, day_number, day_numbers
from monitor.content.wording.figures import money, rough_money
from monitor.content.wording.safe_text import one_line

TITLE = "Net flow by the hour"


def flow_chart(lines: Sequence[Line], marks: Marks) -> tuple[bytes, str]:
    """(PNG, alt text): USD of taker buying less taker selling in the hour that ends at each time; up is buying."""
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415  heavy: only where a chart is drawn

    figure = new_figure(TITLE)
    axes = styled(figure.add_subplot())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: money(value) if value else "0"))
    subtitled(axes, f"{marks.subtitle}; up bought, down sold", notes=bool(marks.notes))
    width = 0.8 / 24 / max(1, len(lines))
    told = []
    for i, line in enumerate(lines):
        known = [(at, v) for at, v in zip(line.at, line.values, strict=True) if v is not None]
        shift = timedelta(hours=1) * (0.1 + 0.8 * (i + 0.5) / len(lines) - 1.0)
        axes.bar(
            day_numbers([at + shift for at, _ in known]),
            [v for _, v in known],
            width=width,
            color=line.color,
            label=shown(line.name, LONGEST),
        )
        told.append(
            f"{one_line(line.name)} {rough_money(sum(v for _, v in known) if known else None)}"
        )
    if not any(v is not None for line in lines for v in line.values):
        said_empty(axes, "flow unknown: no venue told who bought")
        return png(figure), f"{TITLE}: unknown"
    axes.axhline(0.0, color=INK, linewidth=0.9)
    axes.set_xlim(day_number(lines[0].at[0] - timedelta(hours=1)), day_number(lines[0].at[-1]))
    paint_marks(axes, marks)
    legend(axes, marks)
    return png(figure), f"{TITLE}, sum of the hours shown, roughly: {', '.join(told)}"
