"""The ground every chart is drawn on: size, type, colours, time axis, marks, and the picture's bytes.

1500 pixels wide. At 5 inches a point of type is 4.2 pixels, so that 10 points are still 10 pixels high on a phone that
shows the picture 360 wide.
"""

import io
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from monitor.content.charts.marks import Marks, day_number
from monitor.content.wording.safe_text import LONGEST_NAME, one_line
from monitor.model.grid import EPOCH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUND, INK, SOFT, LINE = "#FFFFFF", "#1A1D21", "#5C6670", "#D9DEE3"
WIDTH_IN, HEIGHT_IN, EMPTY_IN, DPI = 5.0, 3.9, 1.3, 300
TITLE, BODY, SMALL = 12.0, 10.0, 9.0
Span = tuple[datetime, datetime, str]
SHADE, WINDOW_SHADE = 0.18, 0.12
"""How strong the shade of a rotation is, and that of the window that a message is about."""
HATCH = {"blind": "////", "launch": "\\\\\\\\"}


def new_figure(title: str, *, height: float = HEIGHT_IN) -> "Figure":
    """An empty picture with its title; axes are added by the caller."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  heavy: only where a chart is drawn
    from matplotlib.figure import Figure as NewFigure  # noqa: PLC0415

    figure = NewFigure(figsize=(WIDTH_IN, height), dpi=DPI, facecolor=GROUND, layout="constrained")
    FigureCanvasAgg(figure)
    name = shown(title, 44)
    figure.suptitle(name, x=0.01, ha="left", fontsize=TITLE, fontweight="bold", color=INK)
    return figure


def subtitled(axes: "Axes", words: str, *, notes: bool = False) -> None:
    """What and when, in small type above the axes; ``notes``: their numbers need room below it."""
    axes.set_title(shown(words, 64), loc="left", fontsize=SMALL, color=SOFT, pad=24 if notes else 5)


def styled(axes: "Axes", *, time: bool = True) -> "Axes":
    """Quiet axes: a light grid, no box, type that a phone can show."""
    axes.set_facecolor(GROUND)
    axes.tick_params(labelsize=BODY, colors=SOFT, length=0)
    axes.tick_params(
        axis="x", pad=7
    )  # else the lowest word of one axis meets the first of the other
    axes.grid(color=LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LINE)
    if time:
        _time_axis(axes)
    return axes


def _time_axis(axes: "Axes") -> None:
    from matplotlib.dates import AutoDateLocator  # noqa: PLC0415
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    axes.xaxis_date(UTC)
    locator = AutoDateLocator(tz=UTC, minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def tick(days: float) -> str:
    """``20 Jan`` at midnight, ``06:00`` within a day; ``days`` since the epoch."""
    moment = EPOCH + timedelta(minutes=round(days * 24 * 60))
    return f"{moment:%H:%M}" if moment.hour or moment.minute else f"{moment.day} {moment:%b}"


def paint_marks(axes: "Axes", marks: Marks) -> None:
    """Rotations shaded, blind spells hatched, launches as hatched bars, notes as numbered lines."""
    for begin, end, color in united(marks.spans):
        axes.axvspan(day_number(begin), day_number(end), color=color, alpha=SHADE, linewidth=0)
    for begin, end in marks.blind:
        axes.axvspan(
            day_number(begin), day_number(end), facecolor="none", edgecolor=SOFT,
            hatch=HATCH["blind"], linewidth=0,
        )  # fmt: skip
    _launches(axes, marks)
    for i, (moment, _) in enumerate(marks.notes):
        axes.axvline(day_number(moment), color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.annotate(
            f"{i + 1}",
            (day_number(moment), 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2 + 10 * (i % 2)),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL,
            fontweight="bold",
            color=INK,
        )


def united(spans: Sequence[Span]) -> list[Span]:
    """Overlapping spans of a colour as one, so that shades do not add up."""
    found: list[Span] = []
    for begin, end, color in sorted(spans, key=lambda span: (span[2], span[0])):
        if found and found[-1][2] == color and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]), color)
        else:
            found.append((begin, end, color))
    return found


def _launches(axes: "Axes", marks: Marks) -> None:
    """A hatched bar of a hundredth of the axis after each launch, its token beside it on levels of their own."""
    low, high = axes.get_xlim()
    width = 0.012 * (high - low)
    for i, (moment, token) in enumerate(marks.launches):
        begin = day_number(moment)
        axes.axvspan(
            begin, begin + width, facecolor=GROUND, edgecolor=INK, hatch=HATCH["launch"],
            linewidth=0.6, alpha=0.9,
        )  # fmt: skip
        left = begin < low + 0.72 * (high - low)
        axes.annotate(
            shown(token, 12),
            (begin + width if left else begin, 0.94 - 0.11 * (i % 4)),
            xycoords=("data", "axes fraction"),
            xytext=(3 if left else -3, 0),
            textcoords="offset points",
            ha="left" if left else "right",
            va="top",
            fontsize=SMALL,
            color=INK,
            bbox={"facecolor": GROUND, "alpha": 0.75, "linewidth": 0, "pad": 1.0},
        )


def keep_range(axes: "Axes", at: Sequence[float]) -> None:
    """The time axis ends where the data end, whatever marks lie beyond."""
    if len(at) > 1:
        axes.set_xlim(at[0], at[-1])


def legend(axes: "Axes", marks: Marks, *, lines: bool = True, window: str = "") -> None:
    """Below the chart, two or three names a row: its lines, then what shade, hatch and dashes mean where there are any.

    ``window``: what a grey shade is, empty where there is none.
    """
    figure = axes.get_figure(root=True)
    drawn, names = axes.get_legend_handles_labels() if lines else ([], [])
    keys = _keys(marks, window)
    labels = [*names, *keys]
    if labels and figure is not None:
        figure.legend(
            [*drawn, *keys.values()],
            labels,
            loc="outside lower center",
            ncol=_columns(labels),
            frameon=False,
            fontsize=BODY,
            labelcolor=INK,
            handlelength=1.2,
            columnspacing=1.2,
            borderaxespad=0.1,
        )


def _keys(marks: Marks, window: str) -> dict[str, Any]:
    """What is drawn beside the lines -> how it looks, the words first."""
    from matplotlib.lines import Line2D  # noqa: PLC0415  heavy: only where a chart is drawn
    from matplotlib.patches import Patch  # noqa: PLC0415

    keys: dict[str, Any] = {}
    if window:
        keys[window] = Patch(facecolor=SOFT, alpha=WINDOW_SHADE, linewidth=0)
    if marks.spans:
        keys["rotation (to)"] = Patch(facecolor=marks.spans[-1][2], alpha=SHADE, linewidth=0)
    if marks.blind:
        keys["no data"] = Patch(facecolor="none", edgecolor=SOFT, hatch=HATCH["blind"], linewidth=0)
    if marks.launches:
        keys["launch"] = Patch(
            facecolor=GROUND, edgecolor=INK, hatch=HATCH["launch"], linewidth=0.6
        )
    if marks.notes:
        keys["note"] = Line2D([], [], color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))
    return keys


def _columns(labels: Sequence[str]) -> int:
    """Three names a row where they fit, else two; never one left alone in a row of its own."""
    points = 5.6 * max(map(len, labels), default=0) + 24
    return 2 if len(labels) in (2, 4) or 3 * points > 72 * WIDTH_IN else 3


def shown(text: str, longest: int = LONGEST_NAME) -> str:
    """A name as a chart may print it: one line, cut, and never read as a formula."""
    return one_line(text, longest).replace("$", "\\$")


def said_empty(axes: "Axes", words: str) -> None:
    """An empty chart is a picture with words, never a blank one, and takes little room."""
    figure = axes.get_figure(root=True)
    if figure is not None:
        figure.set_size_inches(WIDTH_IN, EMPTY_IN)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.text(
        0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", fontsize=BODY, color=SOFT,
    )  # fmt: skip


def png(figure: "Figure") -> bytes:
    """The same bytes for the same drawing."""
    out = io.BytesIO()
    metadata: dict[str, Any] = {"Software": None}
    with warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; the legend's colour still tells the sector.
        warnings.filterwarnings(
            "ignore", message="Glyph .* missing from font", category=UserWarning
        )
        figure.savefig(out, format="png", metadata=metadata)
    return out.getvalue()
