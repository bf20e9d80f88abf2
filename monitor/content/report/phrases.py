"""Sentences and small parts of them that several sections share."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from monitor.content.report.facts import Outage, ReportFacts
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


def clock_span(since: datetime, until: datetime | None, facts: ReportFacts) -> str:
    """``03:10-09:40``; with its day where it reaches beyond the report's."""
    begin = f"{since:%H:%M}" if since >= facts.since else "before the day"
    if until is None:
        return f"since {begin}" if since >= facts.since else "since before the day"
    end = f"{until:%H:%M}" if until < facts.until else "the day's end"
    return f"{begin}-{end}" if begin[0].isdigit() and end[0].isdigit() else f"{begin} to {end}"


def outage_words(outage: Outage, facts: ReportFacts) -> str:
    """``gate down 03:10-09:40``."""
    return f"{one_line(outage.venue)} down {clock_span(outage.since, outage.until, facts)}"


def partial_words(facts: ReportFacts) -> str:
    """Why a day is partial, the worst first: blind spells, lost tokens, low coverage."""
    begins = facts.health.begins
    told = [f"record begins {begins:%H:%M}"] if begins is not None else []
    told += [f"nothing seen {clock_span(a, b, facts)}" for a, b in facts.health.blind]
    told += [outage_words(outage, facts) for outage in facts.health.outages if outage.lost]
    if not told:
        worst = min(facts.health.coverage.items(), key=lambda item: (item[1], item[0]))
        name = facts.names.get(worst[0], one_line(worst[0]))
        told = [f"coverage of {name} {share(worst[1], 0)}"]
    more = f" and {len(told) - 2} more" if len(told) > 2 else ""
    return ", ".join(told[:2]) + more


def day_words(facts: ReportFacts) -> str:
    """``14 March 2026``."""
    return f"{facts.day.day} {facts.day:%B %Y}"


def as_of(facts: ReportFacts) -> str:
    """``, as of 14:00 UTC`` where the last step is not the day's end."""
    if facts.close is None or facts.until - facts.close.close_time < timedelta(minutes=1):
        return ""
    return f", as of {facts.close.close_time:%H:%M} UTC"


def _figure(value: float | None, form: str) -> str:
    if value is None:
        return UNKNOWN
    if form == "percent":
        return percent(value)
    return share(value, 0) if form == "part" else f"{value if abs(value) >= 0.05 else 0.0:+.1f}"


def kept_together(text: str) -> str:
    """At the end of a line nothing parts a figure and its unit, ``(1)`` and what it numbers, a command and its id."""
    return _UNIT.sub("\u00a0", text)
