"""What is rung: a piece of work, and when."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

Work = Callable[[], Coroutine[Any, Any, None]]

AFTER_THE_GRID = timedelta(seconds=30)
"""The rarer jobs ring when the bars of the minute have been asked for."""


@dataclass(frozen=True, slots=True)
class Job:
    """Rung ``offset`` after every bar of ``every`` has closed; ``at_start``: once more when the daemon starts.

    ``retried``: where it failed it is tried again after so long, then after twice that, and so on, until it would ring
    anyway; None where that is soon.
    """

    work: Work
    every: timedelta
    offset: timedelta = AFTER_THE_GRID
    at_start: bool = False
    retried: timedelta | None = None
