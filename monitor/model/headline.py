"""A dated headline of a feed: something that was in the news, never a cause."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Headline:
    """``feed``: our name of the feed; ``entry``: its own name of the entry; ``at``: when it was published."""

    feed: str
    entry: str
    at: datetime
    title: str
