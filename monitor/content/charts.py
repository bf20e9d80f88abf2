"""Charts that stand on a slide: solid ground, twice the size, fixed sector colours, annotations, readable on a phone."""

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from monitor.content.figures import percent, share, stamp
from monitor.content.plain_words import one_line
from monitor.model.grid import EPOCH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUND, INK, SOFT, LINE = "#FFFFFF", "#1A1D21", "#5C6670", "#D9DEE3"
WIDTH_IN, DPI = 7.5, 200


@dataclass(frozen=True, slots=True)
class Line:
    """One sector over time: ``values`` are None where unknown (drawn as a gap)."""

    name: str
    color: str
    at: Sequence[datetime]
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Marks:
    """``spans``: (from, to, color) of rotations, shaded; ``notes``: (time, text); ``launches``: times of launches;
    ``blind``: spells without data, hatched."""

    spans: Sequence[tuple[datetime, datetime, str]] = ()
    notes: Sequence[tuple[datetime, str]] = ()
    launches: Sequence[tuple[datetime, str]] = ()
    blind: Sequence[tuple[datetime, datetime]] = ()
    subtitle: str = ""
    colors: Mapping[str, str] = field(default_factory=dict)


def index_chart(lines: Sequence[Line], marks: Marks) -> tuple[bytes, str]:
    """(PNG, alt text): sector indices rebased to 100 at the left edge, rotations shaded, notes marked."""
    return _draw(lines, marks, "Sector indices, rebased to 100", _rebased, "{:.0f}")


def share_chart(lines: Sequence[Line], marks: Marks) -> tuple[bytes, str]:
    """(PNG, alt text): shares of the watched market cap, stacked."""
    figure, axes = _canvas(marks, "Share of the watched market cap")
    at = _days(lines[0].at)
    values = [[100.0 * v if v is not None else float("nan") for v in line.values] for line in lines]
    names = [one_line(line.name) for line in lines]
    axes.stackplot(at, values, labels=names, colors=[line.color for line in lines], linewidth=0)
    axes.set_ylim(0, 100)
    axes.yaxis.set_major_formatter("{x:.0f} %")
    for i, (moment, text) in enumerate(marks.launches):
        axes.axvline(_day(moment), color=INK, linewidth=1.2, linestyle=(0, (2, 2)))
        axes.annotate(
            one_line(text),
            (_day(moment), 88 - 9 * (i % 4)),
            xytext=(5, 0),
            textcoords="offset points",
            fontsize=10,
            color=INK,
        )
    _legend(axes, len(lines))
    alt = "Shares of the watched market cap: " + ", ".join(
        f"{one_line(line.name)} {share(_last(line.values))}" for line in lines
    )
    return _png(figure), alt


def _draw(
    lines: Sequence[Line],
    marks: Marks,
    title: str,
    shape: Callable[[Sequence[float | None]], list[float]],
    form: str,
) -> tuple[bytes, str]:
    figure, axes = _canvas(marks, title)
    told = []
    for line in lines:
        values = shape(line.values)
        axes.plot(
            _days(line.at), values, color=line.color, linewidth=2.2, label=one_line(line.name)
        )
        known = [v for v in values if not math.isnan(v)]
        if known:
            told.append(
                f"{one_line(line.name)} {form.format(known[-1])} ({percent(known[-1] / known[0] - 1)})"
            )
    for begin, end, color in marks.spans:
        axes.axvspan(_day(begin), _day(end), color=color, alpha=0.16, linewidth=0)
    for begin, end in marks.blind:
        axes.axvspan(
            _day(begin), _day(end), facecolor="none", edgecolor=SOFT, hatch="////", linewidth=0
        )
    _notes(axes, marks)
    _legend(axes, len(lines))
    return _png(figure), f"{title}: " + ", ".join(told)


def _notes(axes: "Axes", marks: Marks) -> None:
    """Numbered vertical lines, on levels so that neighbours do not overlap; the key stands below (:func:`note_key`)."""
    for i, (moment, _) in enumerate(marks.notes):
        axes.axvline(_day(moment), color=SOFT, linewidth=1.0, linestyle=(0, (4, 3)))
        axes.annotate(
            f"{i + 1}",
            (_day(moment), 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 4 + 11 * (i % 2)),
            textcoords="offset points",
            ha="center",
            fontsize=10,
            fontweight="bold",
            color=INK,
        )


def note_key(marks: Marks) -> str:
    """The numbers on the chart in words."""
    return " · ".join(
        f"{i + 1} {one_line(text)}, {stamp(at)}" for i, (at, text) in enumerate(marks.notes)
    )


def _canvas(marks: Marks, title: str) -> "tuple[Figure, Axes]":
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  heavy: only where a chart is drawn
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415
    from matplotlib.figure import Figure as NewFigure  # noqa: PLC0415

    figure = NewFigure(figsize=(WIDTH_IN, 4.4), dpi=DPI, facecolor=GROUND, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=GROUND)
    figure.suptitle(title, x=0.01, ha="left", fontsize=14, fontweight="bold", color=INK)
    axes.set_title(
        marks.subtitle, loc="left", fontsize=9.5, color=SOFT, pad=26 if marks.notes else 6
    )
    axes.xaxis_date(UTC)
    locator = AutoDateLocator(minticks=4, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.tick_params(labelsize=11, colors=SOFT)
    axes.grid(color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LINE)
    return figure, axes


def _legend(axes: "Axes", count: int) -> None:
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.10),
        ncol=min(count, 4),
        frameon=False,
        fontsize=11,
        labelcolor=INK,
    )


def _png(figure: "Figure") -> bytes:
    out = io.BytesIO()
    metadata: dict[str, Any] = {"Software": None}
    figure.savefig(out, format="png", metadata=metadata)
    return out.getvalue()


def _day(moment: datetime) -> float:
    """Days since the epoch, as the time axis counts them."""
    return (moment - EPOCH) / timedelta(days=1)


def _days(moments: Sequence[datetime]) -> list[float]:
    return [_day(moment) for moment in moments]


def _rebased(values: Sequence[float | None]) -> list[float]:
    first = next((v for v in values if v), None)
    return [100.0 * v / first if v is not None and first else float("nan") for v in values]


def _last(values: Sequence[float | None]) -> float | None:
    return next((v for v in reversed(values) if v is not None), None)
