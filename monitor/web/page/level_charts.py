"""Indices, shares, flow and depth of a range below each other: one time axis, one cursor, marks on each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bokeh.embed import json_item
from bokeh.layouts import column
from bokeh.models import (
    ColumnDataSource,
    CrosshairTool,
    HoverTool,
    LogTicker,
    NumeralTickFormatter,
    Range1d,
)
from bokeh.models.annotations import BoxAnnotation

from monitor.content.charts.marks import rebased
from monitor.content.wording.depth import sides_words
from monitor.content.wording.figures import UNKNOWN, net_flow, share
from monitor.content.wording.safe_text import one_line
from monitor.model.grid import to_ms
from monitor.model.state import SectorState
from monitor.web.page.plots import SCHEMES, Scheme, cursor_of, line_at, new_plot, span_of
from monitor.web.page.scene import DEPTH, Scene, name_of

LEVELS = 5
"""Heights at which the words of launches and notes stand, in turn."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart of the column: ``drawn`` is a line's value, ``told`` what the cursor says of a state.

    ``needs``: the figure without which there is nothing to draw. ``log``: equal factors are equally high.
    """

    title: str
    drawn: Callable[[Scene, str], list[float]]
    told: Callable[[SectorState], str]
    benchmark: bool = False
    needs: str = "index"
    log: bool = False


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


def _depth(part: str) -> Callable[[Scene, str], list[float]]:
    """Bids and asks together in $ M; a logarithmic axis has no place for none at all."""
    sides = [_figure(f"depth_{side}_{part}_usd", 1e-6) for side in ("bid", "ask")]

    def drawn(scene: Scene, sector: str) -> list[float]:
        both = zip(*(side(scene, sector) for side in sides), strict=True)
        return [bid + ask if bid + ask > 0 else float("nan") for bid, ask in both]

    return drawn


_PANELS = (
    Panel("Index, 100 at the left edge", _index, lambda s: f"{s.index:.1f}", benchmark=True),
    Panel(
        "Share of cap, pp since the left edge",
        _change("share"),
        lambda s: share(s.share),
    ),
    Panel(
        "Share of volume, pp since the left edge",
        _change("volume_share"),
        lambda s: share(s.volume_share),
    ),
    Panel(
        "Net flow of the 24 h before, $ M",
        _figure("net_flow_24h_usd", 1e-6),
        lambda s: net_flow(s.net_flow_24h_usd, s.flow_grade, short=True),
    ),
    Panel(
        "Order books within 1 % of the price, $ M",
        _depth("1pct"),
        lambda s: sides_words(s.depth_bid_1pct_usd, s.depth_ask_1pct_usd),
        needs=DEPTH,
        log=True,
    ),
    Panel(
        "Order books within 2 % of the price, $ M",
        _depth("2pct"),
        lambda s: sides_words(
            s.depth_bid_2pct_usd, s.depth_ask_2pct_usd, at_least=bool(s.depth_truncated)
        ),
        needs=DEPTH,
        log=True,
    ),
)


def panels_of(scene: Scene) -> list[Panel]:
    """Those that have something to draw in the range."""
    return [panel for panel in _PANELS if scene.knows(panel.needs)]


def level_charts(scene: Scene, scheme: str) -> dict[str, Any]:
    """Indices, shares, flow and depth of the range, linked, with what happened marked on each."""
    look = SCHEMES[scheme]
    span = span_of(to_ms(scene.at[0]), max(to_ms(scene.at[-1]), to_ms(scene.at[0]) + 1))
    cursor = cursor_of(look)
    drawn = [
        _panel(scene, panel, look, span, cursor, named=i == 0)
        for i, panel in enumerate(panels_of(scene))
    ]
    return dict(json_item(column(drawn, sizing_mode="stretch_width")))


def _panel(
    scene: Scene, panel: Panel, look: Scheme, span: Range1d, cursor: CrosshairTool, *, named: bool
) -> Any:
    plot = new_plot(
        panel.title, look, x_range=span, x_axis_type="datetime",
        y_axis_type="log" if panel.log else "linear",
    )  # fmt: skip
    if panel.log:
        plot.yaxis.ticker = plot.ygrid.ticker = LogTicker(mantissas=[1, 2, 5])
        plot.yaxis.formatter = NumeralTickFormatter(format="0.[00]")
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
        line_at(plot, moment, words if named else "", dash, look, level=i % LEVELS)
