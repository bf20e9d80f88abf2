"""The time grid: widths of bars, their opens and closes, and the one text form of a time.

A bar that opens at ``t`` covers ``[t, t + width)`` and is known at its close. All times are aware and UTC.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>[smhd])")


def parse_duration(text: str) -> timedelta:
    """Read ``"90s"``, ``"5m"``, ``"36h"`` or ``"7d"``; raises ValueError with what was found."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or float(match["count"]) == 0:
        raise ValueError(
            f"found {text!r}, expected a length of time such as '90s', '5m', '36h' or '7d'"
        )
    return timedelta(**{_UNITS[match["unit"]]: float(match["count"])})


def format_duration(length: timedelta) -> str:
    """The shortest whole-number form: ``5m``, ``1h``, ``7d``; seconds where nothing larger divides."""
    seconds = round(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def to_ms(moment: datetime) -> int:
    """Milliseconds since the epoch of an aware time; exact, without passing through a float."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC time of milliseconds since the epoch."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def floor_time(moment: datetime, width: timedelta) -> datetime:
    """The open of the bar of this width that holds ``moment`` (bars are counted from the epoch)."""
    return moment - (moment - EPOCH) % width


def is_aligned(moment: datetime, width: timedelta) -> bool:
    """Whether ``moment`` is the open of a bar of this width."""
    return (moment - EPOCH) % width == timedelta(0)


def opens_between(since: datetime, until: datetime, width: timedelta) -> Iterator[datetime]:
    """Opens of all bars that lie wholly in ``[since, until)``, ascending."""
    moment = floor_time(since, width)
    if moment < since:
        moment += width
    while moment + width <= until:
        yield moment
        moment += width


def iso(moment: datetime) -> str:
    """``2025-01-19T05:00:00Z``: whole seconds, or microseconds where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """Read an ISO 8601 time with its offset, or a date alone (00:00 UTC); raises ValueError else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if len(text) == 10:  # a date alone
            return moment.replace(tzinfo=UTC)
        raise ValueError(
            f"found {text!r} without an offset, expected UTC such as '2025-01-19T05:00:00Z'"
        )
    return moment.astimezone(UTC)


def parse_moment(text: str, now: datetime) -> datetime:
    """Read ISO 8601 with its offset, a date alone, or a length such as ``36h`` before ``now``; raises ValueError else."""
    try:
        return now - parse_duration(text)
    except OverflowError:
        pass
    except ValueError:
        try:
            return parse_iso(text)
        except (ValueError, OverflowError):
            pass
    raise ValueError(
        f"found {text[:40]!r}, expected a time such as 2025-01-19T05:00:00Z, 2025-01-19, 36h or 7d"
    )
