"""A sector's figure in a table's cell: each form of :class:`monitor.model.figures.Shown` has its writer here."""

from collections.abc import Callable, Mapping
from typing import Any

from monitor.content.wording.figures import (
    UNKNOWN,
    basis_points,
    money,
    net_flow,
    per_million,
    percent,
    pp,
    share,
)
from monitor.model.figures import Figure, Form, Shown
from monitor.model.state import SectorState

NONE = "-"


def _counted(value: list[int], _: SectorState) -> str:
    count, of = value
    return f"{count} of {of}" if of else UNKNOWN


def _data(coverage: float, state: SectorState) -> str:
    stale = f", {state.stale_weight:.0%} stale" if state.stale_weight > 0.005 else ""
    return f"{coverage:.0%}{stale}"


_WRITERS: Mapping[Form, Callable[[Any, SectorState], str]] = {
    "money": lambda value, _: money(value, sign=False),
    "signed money": lambda value, _: money(value),
    "per million": lambda value, _: per_million(value),
    "net flow": lambda value, state: net_flow(value, state.flow_grade, short=True),
    "share": lambda value, _: share(value),
    "percent": lambda value, _: percent(value),
    "pp": lambda value, _: pp(value),
    "count of": _counted,
    "coverage": lambda value, _: share(value, 0),
    "data": _data,
    "funding": lambda value, _: percent(value, 3),
    "basis points": lambda value, _: basis_points(value),
}


def cell(figure: Figure, shown: Shown, state: SectorState) -> str:
    """The figure's words; a dash where the benchmark has no such figure."""
    if is_benchmark(state) and not shown.benchmark:
        return NONE
    return _WRITERS[shown.form](figure.read(state), state)


def is_benchmark(state: SectorState) -> bool:
    """The benchmark has neither a share nor a share of volume."""
    return state.share is None and state.volume_share is None
