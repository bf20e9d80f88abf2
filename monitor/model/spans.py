"""Sets of time spans: runs of intervals that follow each other, and what of a span others leave open."""

from collections.abc import Iterable
from datetime import datetime, timedelta

Span = tuple[datetime, datetime]
"""``[since, until)``."""


def runs(opens: Iterable[datetime], width: timedelta) -> list[Span]:
    """Spans of intervals of ``width`` that follow each other without a gap; ``opens`` ascend, each once."""
    found: list[Span] = []
    for moment in opens:
        if found and found[-1][1] == moment:
            found[-1] = (found[-1][0], moment + width)
        else:
            found.append((moment, moment + width))
    return found


def left_open(wanted: Span, taken: Iterable[Span]) -> list[Span]:
    """What of ``wanted`` the spans that are ``taken`` leave open, ascending; those ascend by their beginning."""
    found: list[Span] = []
    since, until = wanted
    for begin, end in taken:
        if begin > since:
            found.append((since, min(begin, until)))
        since = max(since, end)
    found.append((since, until))
    return [(begin, end) for begin, end in found if begin < end]
