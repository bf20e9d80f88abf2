"""Which headlines stood around the start of a rotation: candidates by time and by what they name, never causes."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from monitor.model.headline import Headline

BEFORE, AFTER = timedelta(hours=6), timedelta(hours=2)
MOST = 3


def around_start(
    found: Iterable[Headline], start: datetime, until: datetime, names: Sequence[str]
) -> list[Headline]:
    """Up to three from six hours before ``start`` to two after, none from after ``until``, by time: those that name one of
    ``names`` (tokens and sectors of either side) first, then the nearest. Of the same title only the earliest."""
    by_title: dict[str, Headline] = {}
    for one in sorted(found, key=lambda h: (h.at, h.feed, h.entry)):
        if start - BEFORE <= one.at <= min(start + AFTER, until):
            by_title.setdefault(one.title.casefold(), one)
    named = [
        re.compile(rf"(?<!\w){re.escape(n)}(?!\w)", re.IGNORECASE) for n in names if len(n) > 2
    ]

    def rank(one: Headline) -> tuple[bool, timedelta]:
        return not any(name.search(one.title) for name in named), abs(one.at - start)

    return sorted(sorted(by_title.values(), key=rank)[:MOST], key=lambda h: h.at)
