"""How far back the charts look: four ranges, each drawn from about as many moments however long the history is."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

DRAWN = 360
"""Moments of a line at most: a phone has about as many pixels."""
LENGTHS = {
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "all": None,
}
WORDS = {"24h": "24 h", "7d": "7 d", "30d": "30 d", "all": "all"}
USUAL = "7d"


@dataclass(frozen=True, slots=True)
class Range:
    """``[since, until]`` by the closes of steps, looked at ``every`` so often."""

    key: str
    since: datetime
    until: datetime
    every: timedelta

    @property
    def words(self) -> str:
        """As a reader is told of it."""
        return "all that is stored" if self.key == "all" else WORDS[self.key]


def range_of(key: str, span: tuple[datetime, datetime], width: timedelta) -> Range:
    """``span``: first and last close that are stored; an unknown key is the usual range."""
    first, last = span
    known = key if key in LENGTHS else USUAL
    length = LENGTHS[known] or last - first
    every = width * max(1, math.ceil(length / width / DRAWN))
    return Range(known, max(first, last - length), last, every)
