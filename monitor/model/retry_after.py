"""The rest that a server asks for in its ``Retry-After`` header, read strictly: whatever stands there, one sane wait."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST = timedelta(seconds=1)
"""No rest is shorter, whatever is asked for."""
LONGEST = timedelta(hours=1)
"""Nor longer, where a caller knows no other bound."""


def asked_rest(
    headers: Mapping[str, str], now: datetime | None = None, *, longest: timedelta = LONGEST
) -> timedelta | None:
    """Between a second and ``longest``; None where nothing is asked for, or nothing that is a wait (nan, below zero, words).

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
        return None if then is None or sent is None else bounded_rest(then - sent, longest)
    if math.isnan(seconds) or math.isinf(seconds) or seconds < 0:
        return None
    return bounded_rest(timedelta(seconds=min(seconds, longest.total_seconds())), longest)


def bounded_rest(rest: timedelta, longest: timedelta = LONGEST) -> timedelta:
    """At least a second, at most ``longest``."""
    return min(max(rest, SHORTEST), longest)


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
