"""The conditions of a flag: one row each, read by judging, evidence, settings, texts and ``why-not``.

A row's values are in people's signs and units: returns simple, a loss negative. To add a condition, add its row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from monitor.detection.seen import LAUNCHED_WITHIN_H, Seen
from monitor.model.interval import FloatArray

RETURN, Z, SHARE, PP = "return", "z", "share", "pp"
"""Units: simple return, robust spreads, fraction of a whole, percentage points."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition: how its value is seen, per (horizon, pair) or (horizon, sector), and what it is held against.

    ``key`` and ``default``: of its bound in the settings, where a bound is written without the sign of a loss if
    ``mirrored``. ``at_most``: the value has to lie at or below the bound. ``gates``: no flag without it; a row that does
    not gate is shown only. ``asks``: its value is asked of the past, step by step. ``returning``: the bound instead, for a pair
    whose opposite was confirmed lately. ``flowing``: the part of the bound that is enough for one whose flow says where
    capital went. ``most``: the highest bound that can be met. ``hours``: of its window, where that is not the horizon.
    """

    name: str
    words: str
    unit: str
    key: str
    default: float
    value: Callable[[Seen], FloatArray]
    at_most: bool = False
    gates: bool = True
    asks: bool = False
    mirrored: bool = False
    returning: float | None = None
    flowing: float | None = None
    most: float | None = None
    hours: int | None = None


def _of_source(rule: Rule, **changed: Any) -> Rule:
    """The row of a sector as one of each pair that the sector is *from* in; ``changed``: what else is another there."""
    return replace(rule, value=lambda s: rule.value(s)[:, s.pairs.source], **changed)


PAIR_RULES = (
    Rule(
        name="relative_return",
        words="return of {from} relative to {to}",
        unit=RETURN,
        key="min_relative_return",
        default=0.05,
        value=lambda s: s.behind,
        at_most=True,
        mirrored=True,
    ),
    Rule(
        name="from_own_return",
        words="own return of {from}",
        unit=RETURN,
        key="max_from_own_return",
        default=-0.025,
        value=lambda s: s.own[..., s.pairs.source],
        at_most=True,
        returning=0.0,
    ),
    Rule(
        name="volume_shift",
        words="shift of volume to {to}",
        unit=Z,
        key="min_volume_shift",
        default=1.0,
        value=lambda s: s.features.volume,
        flowing=0.5,
    ),
    Rule(
        name="breadth",
        words="part of {from} behind and of {to} ahead of the market, on average",
        unit=SHARE,
        key="min_breadth",
        default=0.6,
        value=lambda s: s.part_on_the_way,
        asks=True,
        most=1.0,
    ),
    Rule(
        name="coverage",
        words="coverage of the data",
        unit=SHARE,
        key="min_coverage",
        default=0.7,
        value=lambda s: s.features.coverage,
        most=1.0,
    ),
    Rule(
        name="score",
        words="score",
        unit=Z,
        key="watch_on",
        default=2.4,
        value=lambda s: s.features.score,
        gates=False,
    ),
)
"""Of a rotation between two sectors, per (horizon, pair). The score does not gate: its bounds are held for a time."""

_LOSS = Rule(
    name="from_own_return",
    words="own return of {from}",
    unit=RETURN,
    key="one_sided_own_return",
    default=-0.05,
    value=lambda s: s.own,
    at_most=True,
)
_LOSS_IN_SPREADS = Rule(
    name="from_own_z",
    words="own return of {from} in its own spread",
    unit=Z,
    key="one_sided_z",
    default=-3.0,
    value=lambda s: s.features.own_z,
    at_most=True,
)
_BREADTH = Rule(
    name="breadth_from",
    words="part of {from} behind the market",
    unit=SHARE,
    key="min_breadth",
    default=0.6,
    value=lambda s: s.part_behind,
    asks=True,
    most=1.0,
)
_COVERAGE = Rule(
    name="coverage",
    words="coverage of the data",
    unit=SHARE,
    key="min_coverage",
    default=0.7,
    value=lambda s: s.features.sector_coverage,
    most=1.0,
)

BEHIND_OTHERS = Rule(
    name="behind_others",
    words="return of {from} relative to each other sector",
    unit=RETURN,
    key="one_sided_behind",
    default=-0.05,
    value=lambda s: s.behind_others,
    at_most=True,
)
"""Of a sector that loses by itself; and of one that is named as the source of another's gain on all others."""

OUTFLOW_RULES = (
    _LOSS,
    _LOSS_IN_SPREADS,
    BEHIND_OTHERS,
    _BREADTH,
    _COVERAGE,
)
"""Of a sector that loses to nobody in particular, per (horizon, sector)."""

INFLOW_RULES = (
    Rule(
        name="to_own_return",
        words="own return of {to}",
        unit=RETURN,
        key="inflow_own_return",
        default=0.05,
        value=lambda s: s.own,
    ),
    Rule(
        name="ahead_of_others",
        words="return of {to} relative to each other sector",
        unit=RETURN,
        key="min_relative_return",
        default=0.05,
        value=lambda s: s.ahead_of_others,
    ),
    Rule(
        name="volume_shift",
        words="shift of volume to {to} from each other sector",
        unit=Z,
        key="min_volume_shift",
        default=1.0,
        value=lambda s: s.least(s.features.volume),
    ),
    Rule(
        name="breadth_to",
        words="part of {to} ahead of the market",
        unit=SHARE,
        key="min_breadth",
        default=0.6,
        value=lambda s: s.part_ahead,
        asks=True,
        most=1.0,
    ),
    Rule(
        name="coverage",
        words="coverage of the data",
        unit=SHARE,
        key="min_coverage",
        default=0.7,
        value=lambda s: s.least(s.features.coverage),
        most=1.0,
    ),
    Rule(
        name="score",
        words="least score against each other sector",
        unit=Z,
        key="on",
        default=3.0,
        value=lambda s: s.least(s.features.score),
    ),
)
"""Of a sector that gains from all others at once, per (horizon, sector)."""

DRAIN_RULES = (
    Rule(
        name="launch_share_loss",
        words="part of {from} and {to} together that launches brought",
        unit=PP,
        key="launch_share_loss_pp",
        default=5.0,
        value=lambda s: s.launch_share_loss,
        hours=LAUNCHED_WITHIN_H,
    ),
    _of_source(_LOSS),
    _of_source(_LOSS_IN_SPREADS, key="launch_z", default=-2.0),
    _of_source(_BREADTH),
    Rule(
        name="to_volume_share",
        words="part of the volume in {to}, at most since its launch",
        unit=SHARE,
        key="launch_volume_share",
        default=0.2,
        value=lambda s: s.launch_volume_share[:, s.pairs.target],
        most=1.0,
    ),
    Rule(
        name="to_volume_share_change",
        words="growth of that part against the 24 h before",
        unit=SHARE,
        key="launch_volume_share_change",
        default=0.0,
        value=lambda s: s.launch_volume_share_change[:, s.pairs.target],
        most=1.0,
    ),
    _of_source(_COVERAGE),
    Rule(
        name="from_trading",
        words="trading of the other sectors over that of {from}",
        unit=Z,
        key="min_volume_shift",
        default=1.0,
        value=lambda s: s.source_trading,
        gates=False,
    ),
    Rule(
        name="drain_score",
        words="score of the loss and the fall of trading of {from}",
        unit=Z,
        key="on",
        default=3.0,
        value=lambda s: s.drain_score,
        gates=False,
    ),
)
"""Of a launch that drains a sector while the destination has no yardstick, per (horizon, pair); the score confirms."""

RULES = (*PAIR_RULES, *OUTFLOW_RULES, *INFLOW_RULES, *DRAIN_RULES)

LEVELS = frozenset({"on", "watch_on"})
"""Bounds that are levels of the score rather than of one condition: parameters of their own."""

BOUNDS: Mapping[str, Rule] = {rule.key: rule for rule in RULES if rule.key not in LEVELS}
"""One rule for each bound that the settings know."""

_WORDS = {rule.name: rule for rule in reversed(RULES)}


def rule_of(name: str) -> Rule | None:
    """A rule of that name, for its words; None for a condition that is judged no more."""
    return _WORDS.get(name)
