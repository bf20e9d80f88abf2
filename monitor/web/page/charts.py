"""Interactive charts as JSON for BokehJS: one time axis and one cursor for all that stand below each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bokeh.embed import json_item
from bokeh.layouts import column
from bokeh.models import (
    ColumnDataSource,
    CrosshairTool,
    DatetimeTickFormatter,
    HoverTool,
    Range1d,
)
from bokeh.models.annotations import BoxAnnotation, Label, Span
from bokeh.plotting import figure

from monitor.content.charts.marks import rebased
from monitor.content.wording.figures import UNKNOWN, net_flow, pp, share
from monitor.content.wording.safe_text import one_line
from monitor.model.grid import to_ms
from monitor.model.rotation import PairReading
from monitor.model.state import SectorState
from monitor.web.page.scene import Scene, name_of

HEIGHT = 190
LEVELS = 5
"""Heights at which the words of launches and notes stand, in turn."""


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


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart of the column: ``drawn`` is a line's value, ``told`` what the cursor says of a state."""

    title: str
    drawn: Callable[[Scene, str], list[float]]
    told: Callable[[SectorState], str]
    benchmark: bool = False


def _index(scene: Scene, sector: str) -> list[float]:
    return rebased(scene.values(sector, "index"))


def _figure(name: str, scale: float = 1.0) -> Callable[[Scene, str], list[float]]:
    def drawn(scene: Scene, sector: str) -> list[float]:
        return [float("nan") if v is None else scale * v for v in scene.values(sector, name)]

    return drawn


def _change(name: str) -> Callable[[Scene, str], list[float]]:
    """In percentage points since the left edge, so that a small sector is as well seen as a large one."""

    def drawn(scene: Scene, sector: str) -> list[float]:
        values = scene.values(sector, name)
        first = next((v for v in values if v is not None), None)
        return [float("nan") if v is None or first is None else 100 * (v - first) for v in values]

    return drawn


PANELS = (
    Panel("Index, 100 at the left edge", _index, lambda s: f"{s.index:.1f}", benchmark=True),
    Panel("Share of the watched cap, change in pp", _change("share"), lambda s: share(s.share)),
    Panel(
        "Share of traded volume, change in pp",
        _change("volume_share"),
        lambda s: share(s.volume_share),
    ),
    Panel(
        "Net flow of the 24 h before, $ M",
        _figure("net_flow_24h_usd", 1e-6),
        lambda s: net_flow(s.net_flow_24h_usd, s.flow_grade, short=True),
    ),
)


def level_charts(scene: Scene, scheme: str) -> dict[str, Any]:
    """Indices, shares and flow of the range, linked, with what happened marked on each."""
    look = SCHEMES[scheme]
    span = _range(to_ms(scene.at[0]), max(to_ms(scene.at[-1]), to_ms(scene.at[0]) + 1))
    cursor = CrosshairTool(
        overlay=Span(dimension="height", line_color=look.soft, line_dash="dotted")
    )
    drawn = [_panel(scene, panel, look, span, cursor, named=panel is PANELS[0]) for panel in PANELS]
    return dict(json_item(column(drawn, sizing_mode="stretch_width")))


def _panel(
    scene: Scene, panel: Panel, look: Scheme, span: Range1d, cursor: CrosshairTool, *, named: bool
) -> Any:
    plot = new_plot(panel.title, look, x_range=span, x_axis_type="datetime")
    _mark(plot, scene, look, named=named)
    shown = [s for s in scene.sectors if panel.benchmark or not s.benchmark]
    data: dict[str, Any] = {"at": [to_ms(moment) for moment in scene.at]}
    for i, sector in enumerate(shown):
        data[f"y{i}"] = panel.drawn(scene, sector.id)
        data[f"said{i}"] = [
            UNKNOWN if state is None else panel.told(state) for state in scene.states[sector.id]
        ]
    data["words"] = [moment.strftime("%d %b %H:%M UTC") for moment in scene.at]
    source = ColumnDataSource(data)
    lines = [
        plot.line(
            "at", f"y{i}", source=source, color=sector.color, line_width=2,
            line_dash="dashed" if sector.benchmark else "solid",
        )
        for i, sector in enumerate(shown)
    ]  # fmt: skip
    said = [("at", "@words"), *((name_of(s), f"@said{i}") for i, s in enumerate(shown))]
    plot.add_tools(cursor, HoverTool(tooltips=said, mode="vline", renderers=lines[:1]))
    return plot


def _range(start: float, end: float) -> Range1d:
    return Range1d(start=start, end=end)


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


def _mark(plot: Any, scene: Scene, look: Scheme, *, named: bool) -> None:
    """Rotations shaded in the gainer's colour, blind spells hatched, launches dashed, notes dotted by number.

    ``named``: whether this chart of the column is the one that says what launches and notes are.
    """
    colors = {s.id: s.color for s in scene.sectors}
    for r in scene.rotations:
        plot.add_layout(
            BoxAnnotation(
                left=to_ms(max(r.detected_at, scene.range.since)),
                right=to_ms(r.closed_at or scene.range.until),
                fill_color=colors.get(r.to_sector, look.soft), fill_alpha=0.14, line_color=None,
            )
        )  # fmt: skip
    for begin, end in scene.blind:
        plot.add_layout(
            BoxAnnotation(
                left=to_ms(begin), right=to_ms(end), fill_color=None, line_color=None,
                hatch_pattern="right_diagonal_line", hatch_color=look.soft, hatch_alpha=0.5,
            )
        )  # fmt: skip
    happened = [(event.at, one_line(event.token, 12), "dashed") for event in scene.launches]
    happened += [(at, f"({i})", "dotted") for i, (at, _) in enumerate(scene.notes, 1)]
    for i, (moment, words, dash) in enumerate(sorted(happened)):
        _line_at(plot, moment, words if named else "", dash, look, level=i % LEVELS)


def _line_at(
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


@dataclass(frozen=True, slots=True)
class Trail:
    """A sector's (day, strength, momentum) of a dot a day, the newest last."""

    name: str
    color: str
    dots: Sequence[tuple[datetime, float, float]]


def relative_chart(trails: Sequence[Trail], scheme: str) -> dict[str, Any]:
    """Strength against momentum: a dot a day, fainter towards the past, its date under the cursor."""
    look = SCHEMES[scheme]
    plot = new_plot("Relative rotation: strength and momentum, a dot a day", look, height=340)
    reach = 1.25 * max([0.5, *(abs(v - 100) for t in trails for _, *xy in t.dots for v in xy)])
    plot.x_range, plot.y_range = (
        _range(100 - reach, 100 + reach),
        _range(100 - reach, 100 + reach),
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
        plot.add_layout(_name_at(trail.name, x, y, look))
        if count > 1:
            day, x, y = trail.dots[0]
            plot.add_layout(_name_at(f"{day.day} {day:%b}", x, y, look))
    plot.xaxis.axis_label, plot.yaxis.axis_label = "strength", "momentum"
    return dict(json_item(plot))


def pressure_chart(states: Sequence[tuple[str, str, SectorState]], scheme: str) -> dict[str, Any]:
    """Own move against the change of volume share, both of 24 h; ``states``: (name, color, state) of the last step."""
    look = SCHEMES[scheme]
    plot = new_plot("Own move and change of volume share, 24 h, pp", look, height=340)
    known = [
        (name, color, 100 * s.own_return_24h, 100 * s.volume_share_change_24h, s)
        for name, color, s in states
        if s.own_return_24h is not None and s.volume_share_change_24h is not None
    ]
    wide = 1.4 * max([1.0, *(abs(x) for _, _, x, _, _ in known)])
    tall = 1.4 * max([1.0, *(abs(y) for _, _, _, y, _ in known)])
    plot.x_range, plot.y_range = _range(-wide, wide), _range(-tall, tall)
    _quadrants(plot, look, 0, wide, PRESSURE, tall=tall)
    for name, color, x, y, state in known:
        said = f"{name}: own {pp(state.own_return_24h)}, volume share {pp(state.volume_share_change_24h)}"
        source = ColumnDataSource({"x": [x], "y": [y], "said": [said]})
        dot = plot.scatter("x", "y", source=source, color=color, size=13)
        plot.add_tools(HoverTool(tooltips=[("", "@said")], renderers=[dot]))
        plot.add_layout(_name_at(name, x, y, look))
    plot.xaxis.axis_label, plot.yaxis.axis_label = "own move", "volume share"
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


def _name_at(name: str, x: float, y: float, look: Scheme) -> Label:
    return Label(
        x=x, y=y, x_offset=9, y_offset=4, text=one_line(name, 16), text_color=look.ink, text_font_size="12px",
        background_fill_color=look.ground, background_fill_alpha=0.7,
    )  # fmt: skip


def condition_charts(
    found: Sequence[PairReading],
    titles: dict[str, str],
    marks: Sequence[tuple[datetime, str]],
    scheme: str,
) -> dict[str, Any]:
    """Each condition of a pair over time against its bound (dashed); ``titles``: condition -> words with unit."""
    look = SCHEMES[scheme]
    at = [to_ms(reading.at) for reading in found]
    span = _range(at[0], max(at[-1], at[0] + 1))
    cursor = CrosshairTool(
        overlay=Span(dimension="height", line_color=look.soft, line_dash="dotted")
    )
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
                "words": [r.at.strftime("%d %b %H:%M UTC") for r in found],
                "met": [UNKNOWN if c is None else "met" if c.met else "not met" for c in series],
            }
        )
        plot = new_plot(title, look, height=130, x_range=span, x_axis_type="datetime")
        for moment, words in marks:
            _line_at(plot, moment, words if not plots else "", "solid", look)
        line = plot.line("at", "y", source=source, color=look.ink, line_width=2)
        plot.line("at", "bound", source=source, color="#d55e00", line_dash="dashed")
        said = [("at", "@words"), ("value", "@y{0.00}"), ("bound", "@bound{0.00}"), ("", "@met")]
        plot.add_tools(cursor, HoverTool(tooltips=said, mode="vline", renderers=[line]))
        plots.append(plot)
    return dict(json_item(column(plots, sizing_mode="stretch_width")))
