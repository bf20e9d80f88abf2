"""The rest that a server asks for in its ``Retry-After`` header, read strictly: whatever stands there, one sane wait."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST = timedelta(seconds=1)
"""No rest is shorter, whatever is asked for."""
LONGEST = timedelta(hours=1)
"""Nor longer."""


def asked_rest(headers: Mapping[str, str], now: datetime | None = None) -> timedelta | None:
    """Between a second and an hour; None where nothing is asked for, or nothing that is a wait (nan, below zero, words).

    Seconds or an HTTP date (RFC 9110, 10.2.3). A date is taken against the answer's own ``Date``, so that the clocks
    need not agree, else against ``now``.
    """
    given = _header(headers, "retry-after")
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError:
        then, sent = _date(given), _date(_header(headers, "date")) or now
        return None if then is None or sent is None else _bounded(then - sent)
    if math.isnan(seconds) or math.isinf(seconds) or seconds < 0:
        return None
    return _bounded(timedelta(seconds=min(seconds, LONGEST.total_seconds())))


def _bounded(rest: timedelta) -> timedelta:
    return min(max(rest, SHORTEST), LONGEST)


def _header(headers: Mapping[str, str], wanted: str) -> str | None:
    return next((value.strip() for name, value in headers.items() if name.lower() == wanted), None)


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
