"""Relative rotation: strength against momentum, with the tail of the last days. For the eye, never for the detector."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from monitor.analytics.rrg import quadrant
from monitor.content.charts.canvas import (
    BODY,
    GROUND,
    INK,
    SMALL,
    SOFT,
    new_figure,
    png,
    said_empty,
    shown,
    styled,
    subtitled,
)
from monitor.content.wording.safe_text import one_line

TITLE = "Relative rotation"
LONGEST = 16
FAINTEST = 0.15
"""How much of its colour the oldest end of a tail has."""
WORDS = {"leading": (1, 1), "weakening": (1, -1), "lagging": (-1, -1), "improving": (-1, 1)}


@dataclass(frozen=True, slots=True)
class Tail:
    """(strength, momentum) around 100, one a day, the newest last; NaN where there is not history enough.

    ``days``: of each, as the chart prints it; the oldest is named.
    """

    name: str
    color: str
    points: Sequence[tuple[float, float]]
    days: Sequence[str] = ()


def relative_chart(tails: Sequence[Tail], subtitle: str = "") -> tuple[bytes, str]:
    """(PNG, alt text): a dot a day on a tail that fades towards the past, the day at its oldest end, four quadrants in words."""
    figure = new_figure(f"{TITLE}: strength and momentum")
    axes = styled(figure.add_subplot(), time=False)
    subtitled(axes, subtitle)
    known = {tail.name: [p for p in tail.points if not math.isnan(p[0] + p[1])] for tail in tails}
    told = [
        f"{one_line(name)} {quadrant(*points[-1])} ({points[-1][0]:.1f}, {points[-1][1]:.1f})"
        for name, points in known.items()
        if points
    ]
    if not told:
        said_empty(axes, "too little history: three weeks are needed")
        return png(figure), f"{TITLE}: too little history"
    reach = 1.15 * max(
        0.5, *(abs(x - 100) for points in known.values() for point in points for x in point)
    )
    axes.set_xlim(100 - reach, 100 + reach)
    axes.set_ylim(100 - reach, 100 + reach)
    axes.axhline(100, color=SOFT, linewidth=0.9)
    axes.axvline(100, color=SOFT, linewidth=0.9)
    for word, (right, up) in WORDS.items():
        axes.text(
            0.5 + 0.48 * right, 0.5 + 0.47 * up, word, transform=axes.transAxes, fontsize=BODY,
            color=SOFT, ha="right" if right > 0 else "left", va="top" if up > 0 else "bottom",
        )  # fmt: skip
    for tail in tails:
        points = known[tail.name]
        if not points:
            continue
        for k, step in enumerate(pairwise(points)):
            axes.plot(
                *zip(*step, strict=True), color=tail.color, linewidth=1.4, solid_capstyle="round",
                alpha=FAINTEST + (0.9 - FAINTEST) * (k + 1) / len(points),
            )  # fmt: skip
        for k, point in enumerate(points[:-1]):
            fade = FAINTEST + (0.9 - FAINTEST) * (k + 1) / len(points)
            axes.plot(
                *point, marker="o", markersize=3.5, color=tail.color, alpha=fade, markeredgewidth=0
            )
        axes.plot(*points[-1], marker="o", markersize=8, color=tail.color)
    ends = {name: points[-1] for name, points in known.items() if points}
    names = name_places(ends, reach)
    starts = [
        (tail.days[len(tail.points) - len(points)], points[0])
        for tail in tails
        if tail.days and len(points := known[tail.name]) > 1
    ]
    for day, place in day_places(starts, names, reach):
        axes.annotate(day, place, ha="center", va="center", fontsize=SMALL, color=SOFT)
    for name, place in names.items():
        axes.annotate(
            shown(name, LONGEST), place, ha="center", va="center", fontsize=BODY, fontweight="bold",
            color=INK, bbox={"facecolor": GROUND, "alpha": 0.7, "linewidth": 0, "pad": 0.5},
        )  # fmt: skip
    axes.set_xlabel("strength (100: as the watched sectors)", fontsize=SMALL, color=SOFT)
    axes.set_ylabel("momentum", fontsize=SMALL, color=SOFT)
    return png(figure), f"{TITLE}, where each sector stands: {', '.join(told)}"


def name_places(
    ends: Mapping[str, tuple[float, float]], reach: float
) -> dict[str, tuple[float, float]]:
    """Where each name stands: by its dot, the upper one of two that would overlap moved up. ``reach``: half the axis."""
    tall = 0.11 * reach
    placed: dict[str, tuple[float, float]] = {}
    for name, (x, y) in sorted(ends.items(), key=lambda item: item[1][1]):
        level = y + tall
        for other, (x_other, y_other) in sorted(placed.items(), key=lambda item: item[1][1]):
            wide = 0.024 * reach * (min(len(name), LONGEST) + min(len(other), LONGEST))
            if abs(x - x_other) < wide and abs(level - y_other) < tall:
                level = y_other + tall
        placed[name] = (x, level)
    return placed


def day_places(
    starts: Sequence[tuple[str, tuple[float, float]]],
    names: Mapping[str, tuple[float, float]],
    reach: float,
) -> list[tuple[str, tuple[float, float]]]:
    """Where the day of each oldest dot stands: above it, as far as no name and no other day is there. ``reach``: half the axis."""
    tall = 0.09 * reach
    taken = [(place, 0.024 * reach * min(len(name), LONGEST)) for name, place in names.items()]
    placed = []
    for day, (x, y) in starts:
        wide, level = 0.019 * reach * len(day), y + 0.06 * reach
        if all(
            abs(x - x_other) > wide + wide_other or abs(level - y_other) > tall
            for (x_other, y_other), wide_other in taken
        ):
            taken.append(((x, level), wide))
            placed.append((day, (x, level)))
    return placed
