"""Where each sector stands against the others: relative rotation, and own move against volume share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bokeh.embed import json_item
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.models.annotations import Label, Span

from monitor.content.wording.figures import UNKNOWN, pp
from monitor.content.wording.safe_text import one_line
from monitor.model.state import SectorState
from monitor.web.page.plots import SCHEMES, Scheme, new_plot, span_of


@dataclass(frozen=True, slots=True)
class Trail:
    """A sector's (day, strength, momentum) of a dot a day, the newest last."""

    name: str
    color: str
    dots: Sequence[tuple[datetime, float, float]]


def relative_chart(trails: Sequence[Trail], scheme: str) -> dict[str, Any]:
    """Strength against momentum: a dot a day, fainter towards the past, its date under the cursor."""
    look = SCHEMES[scheme]
    plot = new_plot("Relative rotation, a dot a day", look, height=340)
    reach = 1.25 * max([0.5, *(abs(v - 100) for t in trails for _, *xy in t.dots for v in xy)])
    plot.x_range, plot.y_range = (
        span_of(100 - reach, 100 + reach),
        span_of(100 - reach, 100 + reach),
    )
    _quadrants(plot, look, 100, reach, ("leading", "improving", "lagging", "weakening"))
    for trail in trails:
        if not trail.dots:
            continue
        count = len(trail.dots)
        fade = [0.15 + 0.85 * (i + 1) / count for i in range(count)]
        source = ColumnDataSource(
            {
                "x": [x for _, x, _ in trail.dots],
                "y": [y for _, _, y in trail.dots],
                "fade": fade,
                "size": [5.0] * (count - 1) + [11.0],
                "said": [
                    f"{trail.name}, {day:%d %b}: {x:.1f}, {y:.1f}" for day, x, y in trail.dots
                ],
            }
        )
        plot.line("x", "y", source=source, color=trail.color, alpha=0.35)
        dots = plot.scatter("x", "y", source=source, color=trail.color, alpha="fade", size="size")
        plot.add_tools(HoverTool(tooltips=[("", "@said")], renderers=[dots]))
        _, x, y = trail.dots[-1]
        plot.add_layout(_name_at(trail.name, x, y, look, left=x - 100 > reach / 3))
        if count > 1:
            day, first_x, first_y = trail.dots[0]
            lift = _apart(first_x - x, first_y - y, reach)
            left = first_x - 100 > reach / 3
            plot.add_layout(
                _name_at(f"{day.day} {day:%b}", first_x, first_y, look, left=left, lift=lift)
            )
    plot.xaxis.axis_label, plot.yaxis.axis_label = "strength", "momentum"
    return dict(json_item(plot))


def pressure_chart(states: Sequence[tuple[str, str, SectorState]], scheme: str) -> dict[str, Any]:
    """Own move against the change of volume share, both of 24 h; ``states``: (name, color, state) of the last step."""
    look = SCHEMES[scheme]
    plot = new_plot("Own move and volume share in 24 h", look, height=340)
    known = [
        (name, color, 100 * s.own_return_24h, 100 * s.volume_share_change_24h, s)
        for name, color, s in states
        if s.own_return_24h is not None and s.volume_share_change_24h is not None
    ]
    wide = 1.4 * max([1.0, *(abs(x) for _, _, x, _, _ in known)])
    tall = 1.4 * max([1.0, *(abs(y) for _, _, _, y, _ in known)])
    plot.x_range, plot.y_range = span_of(-wide, wide), span_of(-tall, tall)
    _quadrants(plot, look, 0, wide, PRESSURE, tall=tall)
    for name, color, x, y, state in known:
        said = f"{name}: own {pp(state.own_return_24h)}, volume share {pp(state.volume_share_change_24h)}"
        source = ColumnDataSource({"x": [x], "y": [y], "said": [said]})
        dot = plot.scatter("x", "y", source=source, color=color, size=13)
        plot.add_tools(HoverTool(tooltips=[("", "@said")], renderers=[dot]))
        plot.add_layout(_name_at(name, x, y, look, left=x > wide / 3))
    plot.xaxis.axis_label = "own move in 24 h, pp"
    plot.yaxis.axis_label = "change of volume share, pp"
    return dict(json_item(plot))


PRESSURE = ("rotating in", "sold on volume", "rotating out", "quiet strength")
"""By quadrant, counter-clockwise from the upper right one: own move to the right, volume share upwards."""


def pressure_words(state: SectorState) -> str:
    """The quadrant in words."""
    own, volume = state.own_return_24h, state.volume_share_change_24h
    if own is None or volume is None:
        return UNKNOWN
    right, up = own >= 0, volume >= 0
    return PRESSURE[(0 if right else 1) if up else (3 if right else 2)]


def _quadrants(
    plot: Any, look: Scheme, middle: float, wide: float, words: Sequence[str], tall: float = 0.0
) -> None:
    """Two lines through the middle; the words stand in the corners, counter-clockwise from the upper right."""
    high = tall or wide
    for dimension in ("height", "width"):
        plot.add_layout(Span(location=middle, dimension=dimension, line_color=look.soft))
    corners = ((1, 1), (-1, 1), (-1, -1), (1, -1))
    for word, (right, up) in zip(words, corners, strict=True):
        plot.add_layout(
            Label(
                x=middle + right * 0.97 * wide, y=middle + up * 0.95 * high, text=word, text_color=look.soft,
                text_align="right" if right > 0 else "left", text_font_size="12px",
                text_baseline="top" if up > 0 else "bottom",
            )
        )  # fmt: skip


def _apart(right: float, up: float, reach: float) -> int:
    """Pixels by which the first dot's date stands above its dot, so that the last dot's name is not under it."""
    if abs(right) > 0.7 * reach or abs(up) > 0.2 * reach:
        return 4
    return 20 if up >= 0 else -20


def _name_at(name: str, x: float, y: float, look: Scheme, *, left: bool, lift: int = 4) -> Label:
    """``left``: of its dot, where the right edge is near; ``lift``: so many pixels above it."""
    return Label(
        x=x, y=y, x_offset=-9 if left else 9, y_offset=lift, text=one_line(name, 16), text_color=look.ink,
        text_align="right" if left else "left", text_font_size="12px", background_fill_color=look.ground,
        background_fill_alpha=0.7,
    )  # fmt: skip
