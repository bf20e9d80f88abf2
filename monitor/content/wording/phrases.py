"""Small parts of sentences that every surface shares."""

import re
from collections.abc import Mapping, Sequence

from monitor.content.wording.figures import UNKNOWN, percent, pp, share
from monitor.content.wording.safe_text import one_line
from monitor.model.rotation import MARKET, Condition

_UNIT = re.compile(
    r"(?<=\d) (?=(?:%|pp|x|[kMBT]|h|d|min|UTC)\b|%)|(?<=\(\d\)) |(?<=monitor) (?=explain rot-)|(?<=monitor explain) (?=rot-)"
)


_SAID = {
    "relative_return": ("relative return", "percent"),
    "from_own_return": ("own return of the loser", "percent"),
    "volume_shift": ("shift of volume", "plain"),
    "breadth_from": ("breadth of the loser", "part"),
    "coverage": ("coverage", "part"),
    "score": ("score", "plain"),
    "from_own_z": ("own return in its own spread", "plain"),
}


_UPPER = {"relative_return", "from_own_return", "from_own_z"}
"""Conditions that a loss must reach: the value has to lie at or below the bound."""


def pair_words(pair: tuple[str, str], names: Mapping[str, str]) -> str:
    """``AI agents → Memes``; the rest of the watched market is called market."""
    return " → ".join(
        "market" if side == MARKET else names.get(side, one_line(side)) for side in pair
    )


def condition_words(condition: Condition) -> str:
    """``shift of volume +0.4 (needs at least +1.0)``."""
    name, form = _SAID.get(condition.name, (one_line(condition.name.replace("_", " ")), "plain"))
    bound = "at most" if condition.name in _UPPER else "at least"
    return (
        f"{name} {_figure(condition.value, form)} (needs {bound} {_figure(condition.bound, form)})"
    )


def moved(value: float | None) -> str:
    """``rose 9.1 %``, ``lost 10.2 %``, ``stood still``."""
    if value is None:
        return "moved by an unknown amount"
    if abs(value) < 0.0005:
        return "stood still"
    return f"{'rose' if value > 0 else 'lost'} {abs(100 * value):.1f} %"


def split_words(market: float | None, own: float | None, beta: float | None) -> str:
    """``market part -3.2 %, own -7.2 pp``; where beta is far from 1 it is said."""
    far = f" (beta {beta:.1f})" if beta is not None and abs(beta - 1.0) >= 0.2 else ""
    return f"market part {percent(market)}{far}, own {pp(own)}"


def listed(words: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _figure(value: float | None, form: str) -> str:
    if value is None:
        return UNKNOWN
    if form == "percent":
        return percent(value)
    return share(value, 0) if form == "part" else f"{value if abs(value) >= 0.05 else 0.0:+.1f}"


def kept_together(text: str) -> str:
    """At the end of a line nothing parts a figure and its unit, ``(1)`` and what it numbers, a command and its id."""
    return _UNIT.sub("\u00a0", text)
