"""Small parts of sentences that every surface shares."""

import re
from collections.abc import Mapping, Sequence

from monitor.content.wording.figures import UNKNOWN, percent, points, pp, share
from monitor.content.wording.safe_text import one_line
from monitor.detection.rules import PP, RETURN, SHARE, rule_of
from monitor.model.rotation import MARKET, ChangeReason, Condition, Rotation

_UNIT = re.compile(
    r"(?<=\d) (?=(?:%|pp|bp|x|[kMBT]|h|d|min|UTC)\b|%)|(?<=\(\d\)) |(?<=monitor) (?=explain rot-)|(?<=monitor explain) (?=rot-)"
)

_OVER_A_WINDOW = (RETURN, PP)

CHANGE_WORDS = {
    ChangeReason.OPENED: "opened",
    ChangeReason.CONFIRMED: "confirmed",
    ChangeReason.SEVERITY: "severity raised",
    ChangeReason.LEG: "a further leg",
    ChangeReason.FADED: "faded",
    ChangeReason.REVERSED: "reversed",
    ChangeReason.EXPIRED: "expired",
    ChangeReason.HELD: "held: too little data",
    ChangeReason.RESUMED: "judged again",
    ChangeReason.REVIVED: "on again",
    ChangeReason.OUTCOME_24H: "scored after 24 h",
    ChangeReason.OUTCOME_72H: "scored after 72 h",
}
"""What happened in a rotation's life, for people."""


def pair_words(pair: tuple[str, str], names: Mapping[str, str]) -> str:
    """``AI agents → Memes``; the rest of the watched market is called market."""
    return " → ".join(
        "market" if side == MARKET else names.get(side, one_line(side)) for side in pair
    )


def condition_words(
    condition: Condition,
    hours: int | None = None,
    pair: tuple[str, str] = ("the loser", "the gainer"),
) -> str:
    """``own return of Memes +1.2 % in 24 h (needs -2.5 % or less)``; what was judged once keeps the name it had."""
    rule = rule_of(condition.name)
    unit = condition.unit or (rule.unit if rule else "")
    if rule is None:
        return f"{one_line(condition.name.replace('_', ' '))} {_figure(condition.value, unit)} (needs {_figure(condition.bound, unit)})"
    name = rule.words.replace("{from}", pair[0]).replace("{to}", pair[1])
    told = rule.hours or hours
    window = f" in {told} h" if told is not None and unit in _OVER_A_WINDOW else ""
    bound = f"{_figure(condition.bound, unit)} or {'less' if rule.at_most else 'more'}"
    return f"{name} {_beside(condition.value, condition.bound, unit)}{window} (needs {bound})"


def score_words(rotation: Rotation) -> str:
    """``3.4``; ``none`` for a rule that has no score."""
    return figure_of(rotation.score)


def figure_of(score: float | None) -> str:
    """A score, or ``none``."""
    return "none" if score is None else f"{score:.1f}"


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


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return UNKNOWN
    if unit == RETURN:
        return percent(value)
    if unit == PP:
        return points(value)
    return share(value, 0) if unit == SHARE else f"{value if abs(value) >= 0.05 else 0.0:+.1f}"


def _beside(value: float | None, bound: float, unit: str) -> str:
    """A digit more where the usual ones are the bound's: -4.98 % is not the -5.0 % that was needed."""
    told = _figure(value, unit)
    if value is None or value == bound or told != _figure(bound, unit):
        return told
    return f"{100 * value:+.2f} %" if unit in (RETURN, SHARE) else f"{value:+.2f}"


def kept_together(text: str) -> str:
    """At the end of a line nothing parts a figure and its unit, ``(1)`` and what it numbers, a command and its id."""
    return _UNIT.sub("\u00a0", text)
