"""The alert's picture: both sectors over three days to the message's own minute, with the window that it speaks of.

Both charts are measured from the beginning of that window, so that their right edge shows the figures of the message.
"""

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from monitor.content.charts.canvas import (
    INK,
    SMALL,
    SOFT,
    WINDOW_SHADE,
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
from monitor.content.charts.levels import LONGEST
from monitor.content.charts.marks import (
    Line,
    Marks,
    day_number,
    day_numbers,
    first_known,
    last_known,
)
from monitor.content.wording.figures import percent, share, stamp
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import MARKET, Rotation
from monitor.model.state import SectorState
from monitor.model.universe import Sector

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Series = Sequence[tuple[datetime, SectorState]]
HEIGHT_IN = 5.0
LABELS = 0.16
"""Part of the upper axis that is kept free below the lines for the names of moments."""


def render_alert_png(
    series: Series,
    rotation: Rotation,
    sectors: Sequence[Sector],
    *,
    blind: Sequence[tuple[datetime, datetime]] = (),
    banner: str = "",
) -> tuple[bytes, str]:
    """(PNG, alt text with the figures) of ``series``: sector states by close time, 72 h to the message's own minute, oldest first.

    A rotation into the rest of the market is drawn against the watched market. ``banner`` stands on the picture where
    it must not pass for live data.
    """
    sides = _sides(rotation, sectors)
    indices = [_line(series, sector, "index") for sector in sides]
    volumes = [_line(series, sector, "volume_share") for sector in sides if not sector.benchmark]
    title = " → ".join(one_line(sector.name, LONGEST) for sector in sides)
    figure = new_figure(title, height=HEIGHT_IN)
    at = sorted({moment for line in indices for moment in line.at})
    if len(at) < 2:
        said_empty(styled(figure.add_subplot(), time=False), "no history yet")
        return png(figure), f"{title}: no history yet"
    begin = at[-1] - timedelta(hours=rotation.evidence.window_h)
    window = f"message's {rotation.evidence.window_h} h"
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    for axes in (upper, lower):
        styled(axes)
        axes.axvspan(
            day_number(max(begin, at[0])),
            day_number(at[-1]),
            color=SOFT,
            alpha=WINDOW_SHADE,
            linewidth=0,
        )
    whose = f"{one_line(banner, 30)}; " if banner else ""
    subtitled(upper, f"{whose}index, 100 where the window begins")
    subtitled(lower, "share of traded volume in 24 h, pp since then")
    for line in indices:
        upper.plot(day_numbers(line.at), _from(begin, line, lambda v, base: 100.0 * v / base),
                   color=line.color, linewidth=1.8, label=shown(line.name, LONGEST))  # fmt: skip
    for line in volumes:
        lower.plot(day_numbers(line.at), _from(begin, line, lambda v, base: 100.0 * (v - base)),
                   color=line.color, linewidth=1.8)  # fmt: skip
    lower.yaxis.set_major_formatter(lambda x, _: f"{x:+g}" if x else "0")
    lower.locator_params(axis="y", nbins=4)
    low, high = upper.get_ylim()
    upper.set_ylim(low - LABELS * (high - low), high)
    marks = Marks(blind=blind)
    for axes in (upper, lower):
        keep_range(axes, day_numbers(at))
        paint_marks(axes, marks)
        _moments(axes, rotation, at, named=axes is upper)
    legend(upper, marks, window=window)
    return png(figure), _alt(rotation, indices, volumes, (max(begin, at[0]), at[-1]), banner)


def _from(begin: datetime, line: Line, measure: Callable[[float, float], float]) -> list[float]:
    """Each value measured from that at ``begin``, or from the first known one after it; NaN where unknown."""
    base = _known_since(begin, line)
    return [math.nan if v is None or base is None else measure(v, base) for v in line.values]


def _known_since(begin: datetime, line: Line) -> float | None:
    return first_known([v for at, v in zip(line.at, line.values, strict=True) if at >= begin])


def _sides(rotation: Rotation, sectors: Sequence[Sector]) -> list[Sector]:
    found = {sector.id: sector for sector in sectors}
    other = (
        next((s for s in sectors if s.benchmark), None)
        if rotation.to_sector == MARKET
        else found.get(rotation.to_sector)
    )
    return [s for s in (found.get(rotation.from_sector), other) if s is not None]


def _line(series: Series, sector: Sector, field: str) -> Line:
    rows = [(at, getattr(state, field)) for at, state in series if state.id == sector.id]
    return Line(sector.name, sector.color, [at for at, _ in rows], [value for _, value in rows])


def _moments(axes: "Axes", rotation: Rotation, at: Sequence[datetime], *, named: bool) -> None:
    """When it began (dashed, best estimate) and was detected (solid), named once at the upper chart's foot."""
    told = [(rotation.started_at, "began", (0, (4, 3))), (rotation.detected_at, "detected", "-")]
    for moment, word, style in told:
        if moment is None or not at[0] <= moment <= at[-1]:
            continue
        axes.axvline(day_number(moment), color=INK, linewidth=1.1, linestyle=style)
        if named:
            late = moment > at[0] + 0.3 * (at[-1] - at[0])
            axes.annotate(
                word,
                (day_number(moment), 0.02 if word == "began" else 0.1),
                xycoords=("data", "axes fraction"),
                xytext=(-3 if late else 3, 0),
                textcoords="offset points",
                ha="right" if late else "left",
                fontsize=SMALL,
                color=INK,
                bbox={"facecolor": "#FFFFFF", "alpha": 0.8, "linewidth": 0, "pad": 1.0},
            )


def _alt(
    rotation: Rotation,
    indices: Sequence[Line],
    volumes: Sequence[Line],
    window: tuple[datetime, datetime],
    banner: str,
) -> str:
    """The figures of the window, which are the message's."""
    begin, end = window
    moves = []
    for line in indices:
        first, last = _known_since(begin, line), last_known(line.values)
        moved = percent(last / first - 1) if first and last is not None else "unknown"
        moves.append(f"{one_line(line.name)} {moved}")
    shares = [
        f"{one_line(line.name)} {share(_known_since(begin, line))} to {share(last_known(line.values))}"
        for line in volumes
    ]
    parts = [
        f"Indices from {stamp(begin)} to {stamp(end)}: {', '.join(moves)}",
        f"share of traded volume in 24 h: {', '.join(shares)}",
        f"detected {stamp(rotation.detected_at)}",
    ]
    if rotation.started_at is not None:
        parts.append(f"began about {stamp(rotation.started_at)}")
    return "; ".join([*([banner] if banner else []), *parts])
