"""Each condition of a rotation over time against its bound."""

from collections.abc import Sequence
from datetime import datetime
from textwrap import wrap
from typing import Any

from bokeh.embed import json_item
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, HoverTool

from monitor.content.wording.figures import UNKNOWN
from monitor.content.wording.phrases import kept_together
from monitor.model.grid import to_ms
from monitor.model.rotation import PairReading
from monitor.web.page.plots import SCHEMES, cursor_of, line_at, new_plot, span_of

HEIGHT, LINE = 130, 16
"""Pixels of a chart whose title has one line, and of each further line."""
WIDEST = 42
"""Letters of a title's line: so many fit on a phone of 360 px, and a chart breaks no line by itself."""


def condition_charts(
    found: Sequence[PairReading],
    titles: dict[str, str],
    marks: Sequence[tuple[datetime, str]],
    scheme: str,
) -> dict[str, Any]:
    """Each condition of a pair over time against its bound (dashed); ``titles``: condition -> words with unit."""
    look = SCHEMES[scheme]
    at = [to_ms(reading.at) for reading in found]
    span = span_of(at[0], max(at[-1], at[0] + 1))
    cursor = cursor_of(look)
    plots: list[Any] = []
    for name, title in titles.items():
        series = [next((c for c in r.conditions if c.name == name), None) for r in found]
        scale = (
            100.0 if any(c is not None and c.unit in ("return", "share") for c in series) else 1.0
        )
        source = ColumnDataSource(
            {
                "at": at,
                "y": [
                    float("nan") if c is None or c.value is None else scale * c.value
                    for c in series
                ],
                "bound": [float("nan") if c is None else scale * c.bound for c in series],
                "words": [f"{r.at:%d %b %H:%M} UTC, window {r.window_h} h" for r in found],
                "met": [UNKNOWN if c is None else "met" if c.met else "not met" for c in series],
            }
        )
        lines = [line.replace("\u00a0", " ") for line in wrap(kept_together(title), WIDEST)]
        height = HEIGHT + LINE * (len(lines) - 1)
        plot = new_plot("\n".join(lines), look, height=height, x_range=span, x_axis_type="datetime")
        for level, (moment, words) in enumerate(marks):
            line_at(plot, moment, words if not plots else "", "solid", look, level=level)
        line = plot.line("at", "y", source=source, color=look.ink, line_width=2)
        plot.line("at", "bound", source=source, color="#d55e00", line_dash="dashed")
        said = [("at", "@words"), ("value", "@y{0.00}"), ("bound", "@bound{0.00}"), ("", "@met")]
        plot.add_tools(cursor, HoverTool(tooltips=said, mode="vline", renderers=[line]))
        plots.append(plot)
    return dict(json_item(column(plots, sizing_mode="stretch_width")))
