"""What all interactive charts share: their colours, an empty plot, words at a moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bokeh.models import CrosshairTool, DatetimeTickFormatter, NoOverlap, Range1d
from bokeh.models.annotations import Label, Span
from bokeh.plotting import figure

from monitor.model.grid import to_ms

HEIGHT = 190


@dataclass(frozen=True, slots=True)
class Scheme:
    """Colours of everything that is no sector."""

    ink: str
    soft: str
    line: str
    ground: str


SCHEMES = {
    "light": Scheme("#1a1d21", "#5c6670", "#d9dee3", "#ffffff"),
    "dark": Scheme("#e6e9ec", "#9aa5b0", "#333b43", "#15181b"),
}


def span_of(start: float, end: float) -> Range1d:
    return Range1d(start=start, end=end)


def cursor_of(look: Scheme) -> CrosshairTool:
    """One cursor for all charts that stand below each other."""
    return CrosshairTool(overlay=Span(dimension="height", line_color=look.soft, line_dash="dotted"))


def new_plot(title: str, look: Scheme, *, height: int = HEIGHT, **options: Any) -> Any:
    """An empty chart in the colours of the page; nothing of it takes a drag or a wheel away from the page."""
    plot: Any = figure(
        title=title, height=height, sizing_mode="stretch_width", tools="", toolbar_location=None,
        background_fill_color=look.ground, border_fill_color=look.ground, outline_line_color=None,
        **options,
    )  # fmt: skip
    plot.title.text_color, plot.title.text_font_size = look.ink, "12px"
    plot.grid.grid_line_color = look.line
    for axis in plot.axis:
        axis.major_label_text_color = axis.axis_label_text_color = look.soft
        axis.major_label_text_font_size = axis.axis_label_text_font_size = "12px"
        axis.axis_line_color = axis.major_tick_line_color = look.line
        axis.minor_tick_line_color = None
    plot.yaxis.ticker.desired_num_ticks = max(3, height // 35)
    plot.axis.major_label_policy = NoOverlap(min_distance=8)
    if options.get("x_axis_type") == "datetime":
        plot.xaxis.formatter = DatetimeTickFormatter(
            minutes="%H:%M",
            hourmin="%H:%M",
            hours="%H:%M",
            days="%d %b",
            months="%b %Y",
            years="%Y",
        )
        plot.xaxis.ticker.desired_num_ticks = 5
    return plot


def line_at(
    plot: Any, moment: datetime, words: str, dash: str, look: Scheme, *, level: int = 0
) -> None:
    """``level``: how high the words stand, so that those of moments close together do not overlap."""
    plot.add_layout(
        Span(location=to_ms(moment), dimension="height", line_color=look.soft, line_dash=dash)
    )
    if not words:
        return
    late = to_ms(moment) > 0.2 * plot.x_range.start + 0.8 * plot.x_range.end
    plot.add_layout(
        Label(
            x=to_ms(moment), y=2 + 14 * level, y_units="screen", text=words, text_font_size="11px",
            x_offset=-3 if late else 3, text_align="right" if late else "left",
            text_color=look.ink, background_fill_color=look.ground, background_fill_alpha=0.6,
        )
    )  # fmt: skip
