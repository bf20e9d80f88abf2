"""Times in files: UTC said outright, and the bar width that the times themselves show."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import gcd
from typing import Any

from monitor.model.grid import EPOCH, format_duration

_EPOCH = re.compile(r"\d{9,19}(\.\d+)?|\d(\.\d+)?e\+?\d+", re.IGNORECASE)
_EARLIEST, _LATEST = 631_152_000, 5_000_000_000  # s: 1990 to 2128
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(\D.*)?")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_RUN = 6  # equal wider steps in a row that are no chance holes


@dataclass(frozen=True, slots=True)
class TimeForm:
    """``naive_utc``: the format's own documents, or the user, say that times without a zone are UTC. ``offsets``: times
    with another offset are taken, since they are exact."""

    naive_utc: bool = False
    offsets: bool = True


def microseconds(value: Any, form: TimeForm) -> int:
    """Microseconds since the epoch of a time in a file; raises ValueError with what was found and expected.

    Read: ISO 8601 with its zone (or ``UTC`` behind it), a date alone (00:00 UTC), and Unix times in s, ms, us or ns,
    which between 1990 and 2128 never fall together. A date such as 01/02/2025 has two readings and is refused.
    """
    if isinstance(value, datetime):
        return _us(_in_utc(value, str(value), form))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(value)
    text = str(value or "").strip()
    if _EPOCH.fullmatch(text):
        return _epoch(float(text) if "." in text or "e" in text.lower() else int(text))
    plain = f"{text[:-4].rstrip()}+00:00" if text.endswith((" UTC", " GMT")) else text
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        raise ValueError(_unreadable(text)) from None
    if moment.tzinfo is None and len(plain) == len("2025-01-19"):
        moment = moment.replace(tzinfo=UTC)
    return _us(_in_utc(moment, text, form))


def _us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _in_utc(moment: datetime, text: str, form: TimeForm) -> datetime:
    if moment.tzinfo is None:
        if form.naive_utc:
            return moment.replace(tzinfo=UTC)
        raise ValueError(
            f"found local time {text!r}: it may be UTC or the time of another zone;"
            " expected UTC such as 2025-01-19T05:00:00Z, or --utc if it is"
        )
    if moment.utcoffset() != timedelta(0) and not form.offsets:
        raise ValueError(f"found time {text!r} off UTC, expected UTC such as 2025-01-19T05:00:00Z")
    return moment.astimezone(UTC)


def _epoch(value: float) -> int:
    for unit in (1_000_000, 1_000, 1):
        if _EARLIEST * 1_000_000 <= value * unit < _LATEST * 1_000_000:
            return round(value * unit)
    if _EARLIEST * 1_000_000_000 <= value < _LATEST * 1_000_000_000:
        return int(value) // 1_000
    raise ValueError(f"found time {value!r}, expected a Unix time in s, ms, us or ns since 1990")


def _unreadable(text: str) -> str:
    parts = _DAY_FIRST.fullmatch(text)
    if parts is None:
        return (
            f"found time {text!r}, expected ISO 8601 such as 2025-01-19T05:00:00Z, or a Unix time"
        )
    first, second, year = (int(part) for part in parts.groups()[:3])
    readings = [
        f"{day} {_MONTHS[month - 1]} {year}"
        for day, month in dict.fromkeys(((first, second), (second, first)))
        if 1 <= month <= 12 and 1 <= day <= 31
    ]
    both = " or ".join(readings) or "no day"
    return (
        f"found time {text!r}, which may be {both}, in a zone that is not said; expected ISO 8601"
    )


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
