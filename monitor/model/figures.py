"""A sector's figures, a row each: name, unit, what is stored, in JSON, exported, and where people are shown it.

The store's columns, the JSON of sectors, the export, the terminal, the page and the report read this table, in its order.
A new figure is a row; what the engine does not say itself is worked out from the state, and so needs no column.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any, Literal

from monitor.model.derivatives import FUNDINGS_A_YEAR
from monitor.model.state import SectorState

Form = Literal[
    "money",
    "signed money",
    "net flow",
    "share",
    "percent",
    "per million",
    "pp",
    "count of",
    "coverage",
    "data",
    "basis points",
    "funding",
]
"""How a value is written; :mod:`monitor.content.wording.cells` has the writers."""


class Unit(StrEnum):
    """What a value counts: fractions are of 1 (0.02 is 2 %), ``grade`` is A to D."""

    USD = "usd"
    FRACTION = "fraction"
    FRACTION_PER_USD_M = "fraction_per_usd_m"
    LEVEL = "level"
    RATIO = "ratio"
    COUNT = "count"
    HOURS = "h"
    GRADE = "grade"
    FLAG = "flag"
    BP = "bp"


class Place(StrEnum):
    """The tables of sectors that people see."""

    TERMINAL = "terminal"
    PAGE = "page"
    SIZE = "size"  # the report on a phone: four small tables
    RETURN = "return"
    TRADING = "trading"
    LIQUIDITY = "liquidity"
    BESIDE = "beside"  # what is read beside the bars, where it is: a table of its own
    PAPER = "paper"  # the report on paper of 78 columns: two tables
    PAPER_MORE = "paper more"


@dataclass(frozen=True, slots=True)
class Shown:
    """One column. ``benchmark``: the watched market's benchmark has the figure too, else a dash stands there.
    ``spared``: a narrow terminal leaves it out; ``if_known``: left out where no sector has it, for it is read only if asked for."""

    place: Place
    heading: str
    form: Form
    benchmark: bool = False
    spared: bool = False
    if_known: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """``name`` is the key in JSON, ``columns`` those of the store (none: worked out by ``read``)."""

    name: str
    unit: Unit
    columns: tuple[str, ...]
    read: Callable[[SectorState], Any]
    known: bool = False  # never unknown
    in_json: bool = True
    exported: bool = False
    shown: tuple[Shown, ...] = ()

    @property
    def export_name(self) -> str:
        """The name with its unit: ``return_24h_fraction``."""
        own = self.columns[0] if len(self.columns) == 1 else self.name
        return own if own.endswith(f"_{self.unit.value}") else f"{own}_{self.unit.value}"


def stored(
    name: str,
    unit: Unit,
    *shown: Shown,
    columns: tuple[str, ...] = (),
    known: bool = False,
    in_json: bool = True,
    exported: bool = False,
) -> Figure:
    """A figure of the engine, kept under its own name unless told otherwise."""
    return Figure(name, unit, columns or (name,), attrgetter(name), known, in_json, exported, shown)


def derived(
    name: str,
    unit: Unit,
    read: Callable[[SectorState], Any],
    *shown: Shown,
    exported: bool = False,
) -> Figure:
    """A figure that is worked out from the others."""
    return Figure(name, unit, (), read, exported=exported, shown=shown)


def _breadth(state: SectorState) -> list[int]:
    return [state.breadth_behind, state.breadth_of]


def _sum(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b


_T, _P = Place.TERMINAL, Place.PAGE
_SPLIT = ("split_price", "split_supply", "split_membership", "split_launch")

FIGURES: tuple[Figure, ...] = (
    stored("index", Unit.LEVEL, columns=("index_level",), known=True, exported=True),
    stored(
        "market_cap_usd",
        Unit.USD,
        Shown(_T, "cap", "money", benchmark=True),
        Shown(_P, "cap", "money", benchmark=True),
        Shown(Place.SIZE, "cap", "money", benchmark=True),
        Shown(Place.PAPER, "CAP", "money", benchmark=True),
        exported=True,
    ),
    stored(
        "share",
        Unit.FRACTION,
        Shown(_T, "share", "share"),
        Shown(_P, "share", "share"),
        Shown(Place.SIZE, "share", "share"),
        Shown(Place.PAPER, "SHARE", "share"),
        exported=True,
    ),
    stored(
        "share_change_24h",
        Unit.FRACTION,
        Shown(_T, "24 h share", "pp", spared=True),
        Shown(_P, "share 24 h", "pp"),
        Shown(Place.SIZE, "24 h", "pp"),
        Shown(Place.PAPER, "d24h", "pp"),
        exported=True,
    ),
    stored(
        "share_change_7d",
        Unit.FRACTION,
        Shown(Place.SIZE, "7 d", "pp"),
        Shown(Place.PAPER_MORE, "SHARE d7d", "pp"),
    ),
    stored("share_split_24h", Unit.FRACTION, columns=_SPLIT),
    stored("return_step", Unit.FRACTION, in_json=False),
    stored(
        "return_1h",
        Unit.FRACTION,
        Shown(_P, "return 1 h", "percent", benchmark=True),
        Shown(Place.RETURN, "1 h", "percent", benchmark=True),
        Shown(Place.PAPER_MORE, "1h", "percent", benchmark=True),
        exported=True,
    ),
    stored(
        "return_24h",
        Unit.FRACTION,
        Shown(_T, "return 24 h", "percent", benchmark=True),
        Shown(_P, "return 24 h", "percent", benchmark=True),
        Shown(Place.RETURN, "24 h", "percent", benchmark=True),
        Shown(Place.PAPER, "24h", "percent", benchmark=True),
        exported=True,
    ),
    stored(
        "return_7d",
        Unit.FRACTION,
        Shown(_P, "return 7 d", "percent", benchmark=True),
        Shown(Place.RETURN, "7 d", "percent", benchmark=True),
        Shown(Place.PAPER_MORE, "7d", "percent", benchmark=True),
        exported=True,
    ),
    stored(
        "own_return_24h",
        Unit.FRACTION,
        Shown(_T, "own 24 h", "percent"),
        Shown(_P, "own 24 h", "pp"),
        Shown(Place.RETURN, "own 24 h", "pp"),
        Shown(Place.PAPER, "OWN", "pp"),
        exported=True,
    ),
    stored("market_part_24h", Unit.FRACTION),
    stored("beta", Unit.RATIO),
    stored(
        "volume_24h_usd",
        Unit.USD,
        Shown(_T, "volume 24 h", "money", benchmark=True, spared=True),
        exported=True,
    ),
    derived(
        "turnover_24h",
        Unit.FRACTION,
        lambda s: (
            s.volume_24h_usd / s.market_cap_usd if s.volume_24h_usd and s.market_cap_usd else None
        ),
        Shown(_P, "turnover 24 h", "share", benchmark=True),
        Shown(Place.LIQUIDITY, "turnover", "share", benchmark=True),
        Shown(Place.PAPER_MORE, "TURNOVER", "share", benchmark=True),
        exported=True,
    ),
    stored("volume_step_usd", Unit.USD, in_json=False),
    stored(
        "volume_share",
        Unit.FRACTION,
        Shown(_P, "volume share 24 h", "share"),
        Shown(Place.TRADING, "volume", "share"),
        Shown(Place.PAPER, "VOLSH", "share"),
        exported=True,
    ),
    stored(
        "volume_share_change_24h",
        Unit.FRACTION,
        Shown(Place.TRADING, "change", "pp"),
        Shown(Place.PAPER, "d24h", "pp"),
    ),
    stored(
        "abnormal_volume_24h_usd",
        Unit.USD,
        Shown(_P, "abnormal volume 24 h", "signed money"),
        Shown(Place.LIQUIDITY, "abnormal", "signed money"),
        Shown(Place.PAPER_MORE, "ABNORMAL", "signed money"),
        exported=True,
    ),
    stored(
        "illiquidity_24h",
        Unit.FRACTION_PER_USD_M,
        Shown(_P, "hourly move per $1 M, 24 h", "per million", benchmark=True),
        Shown(Place.LIQUIDITY, "per $1 M", "per million", benchmark=True),
        Shown(Place.PAPER_MORE, "PER $1M", "per million", benchmark=True),
        exported=True,
    ),
    stored(
        "net_flow_24h_usd",
        Unit.USD,
        Shown(_T, "net flow 24 h", "net flow", benchmark=True),
        Shown(_P, "net flow 24 h", "net flow", benchmark=True),
        Shown(Place.TRADING, "net flow", "net flow"),
        Shown(Place.PAPER, "NET FLOW", "net flow"),
        exported=True,
    ),
    stored("net_flow_step_usd", Unit.USD, in_json=False),
    stored("flow_grade", Unit.GRADE, exported=True),
    stored("flow_seen", Unit.FRACTION, exported=True),
    stored("breadth_behind", Unit.COUNT, known=True, in_json=False),
    stored("breadth_of", Unit.COUNT, known=True, in_json=False),
    derived(
        "breadth",
        Unit.COUNT,
        _breadth,
        Shown(_P, "behind market", "count of"),
        Shown(Place.TRADING, "behind", "count of"),
        Shown(Place.PAPER, "BEHIND", "count of"),
    ),
    stored("members", Unit.COUNT, known=True, exported=True),
    stored(
        "coverage",
        Unit.FRACTION,
        Shown(_T, "data", "data", benchmark=True),
        Shown(_P, "coverage", "coverage", benchmark=True),
        known=True,
        exported=True,
    ),
    stored("stale_weight", Unit.FRACTION, known=True, exported=True),
    stored("supply_age_h", Unit.HOURS),
    stored("venue_conflict", Unit.FLAG, known=True, in_json=False),
    stored("depth_bid_1pct_usd", Unit.USD, exported=True),
    stored("depth_ask_1pct_usd", Unit.USD, exported=True),
    stored("depth_bid_2pct_usd", Unit.USD, exported=True),
    stored("depth_ask_2pct_usd", Unit.USD, exported=True),
    derived(
        "depth_1pct_usd",
        Unit.USD,
        lambda s: _sum(s.depth_bid_1pct_usd, s.depth_ask_1pct_usd),
        Shown(Place.BESIDE, "depth 1 %", "money", benchmark=True, if_known=True),
    ),
    stored(
        "spread_bp",
        Unit.BP,
        Shown(Place.BESIDE, "spread", "basis points", benchmark=True, if_known=True),
        exported=True,
    ),
    stored("depth_coverage", Unit.FRACTION, exported=True),
    stored("depth_truncated", Unit.FLAG),
    stored(
        "open_interest_usd",
        Unit.USD,
        Shown(Place.BESIDE, "open interest", "money", benchmark=True, if_known=True),
        exported=True,
    ),
    stored(
        "funding_rate_8h",
        Unit.FRACTION,
        Shown(Place.BESIDE, "funding 8 h", "funding", benchmark=True, if_known=True),
        exported=True,
    ),
    derived(
        "funding_annualised",
        Unit.FRACTION,
        lambda s: None if s.funding_rate_8h is None else s.funding_rate_8h * FUNDINGS_A_YEAR,
        Shown(Place.BESIDE, "a year", "percent", benchmark=True, if_known=True),
        exported=True,
    ),
    stored("derivatives_coverage", Unit.FRACTION, exported=True),
)


def figures_at(
    place: Place, *, narrow: bool = False, of: Sequence[SectorState] | None = None
) -> Iterator[tuple[Figure, Shown]]:
    """The columns of a table that people see, in order. ``of``: the states shown, without which every column is there."""
    for figure in FIGURES:
        for shown in figure.shown:
            if shown.place != place or (narrow and shown.spared):
                continue
            if shown.if_known and of is not None and all(figure.read(s) is None for s in of):
                continue
            yield figure, shown
