"""Times in files: UTC said outright, and the bar width that the times themselves show."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import gcd

from monitor.model.grid import format_duration

_RUN = 6  # equal wider steps in a row that are no chance holes


def utc_time(text: str) -> datetime:
    """Read an ISO 8601 time in UTC, or a date alone (00:00 UTC); raises ValueError with what was found and expected."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"found time {text!r}, expected ISO 8601 such as 2025-01-19T05:00:00Z"
        ) from None
    if moment.tzinfo is None:
        if len(text) == len("2025-01-19"):
            return moment.replace(tzinfo=UTC)
        raise ValueError(f"found local time {text!r}, expected UTC such as 2025-01-19T05:00:00Z")
    if moment.utcoffset() != timedelta(0):
        raise ValueError(f"found time {text!r} off UTC, expected UTC such as 2025-01-19T05:00:00Z")
    return moment.astimezone(UTC)


def step_fault(opens: Sequence[int], width: timedelta) -> str | None:
    """Why a market's rows as a whole are not bars of ``width``; None where they are.

    ``opens``: distinct open times in seconds, ascending. Narrower steps show narrower bars, wider ones in a row wider bars.
    """
    wanted = width // timedelta(seconds=1)
    steps = [later - earlier for earlier, later in pairwise(opens)]
    if not steps:
        return None
    if min(steps) < wanted:
        return _found(min(steps), width)
    longest = _longest_run(steps, wanted)
    if longest is not None:
        return _found(longest, width)
    common = gcd(*steps)
    if common > wanted and len(steps) > 1:
        return _found(common, width)
    return None


def _longest_run(steps: Sequence[int], wanted: int) -> int | None:
    run = 0
    for before, step in pairwise([0, *steps]):
        run = run + 1 if step == before else 1
        if step > wanted and run >= _RUN:
            return step
    return None


def _found(seconds: int, width: timedelta) -> str:
    found = format_duration(timedelta(seconds=seconds))
    return f"found bars {found} apart, expected bars of {format_duration(width)} (engine.interval)"
