"""Kinds of values in the configuration: lengths of time, moments, addresses, secrets; each says what it expects."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from monitor.model.grid import parse_duration, parse_iso
from monitor.model.passwords import has_bare_at, hide_password

_DURATION = "expected a length of time such as '90s', '5m' or '7d'"
_LONGEST = timedelta(days=36_500)
"""Nothing here needs more, and it can be taken from any date that a clock shows."""
_MOMENT = "expected a date or time such as 2025-01-19 or 2025-01-19T05:00:00Z"
_TIME = "expected a time of day such as 07:00"
_QUOTES = "\"'`\u201c\u201d\u2018\u2019"


def _duration(value: Any) -> Any:
    """Text with its unit; a bare number has none and is refused by the strict type."""
    if not isinstance(value, str):
        return value
    try:
        length = parse_duration(value)
    except (ValueError, OverflowError):
        raise ValueError(_DURATION) from None
    if length > _LONGEST:
        raise ValueError(f"expected {_LONGEST.days}d or less")
    return length


def _moment(value: Any) -> Any:
    """TOML dates and times, or ISO 8601 text; a date alone is 00:00 UTC."""
    if isinstance(value, str):
        try:
            return parse_iso(value)
        except (ValueError, OverflowError):
            raise ValueError(_MOMENT) from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("expected a time with its offset, such as 2025-01-19T05:00:00Z")
        return value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value


def _local_time(value: Any) -> Any:
    """The zone stands beside it, never in it."""
    if not isinstance(value, str):
        return value
    try:
        read = time.fromisoformat(value)
    except ValueError:
        raise ValueError(_TIME) from None
    if read.tzinfo is not None:
        raise ValueError(f"{_TIME}, without an offset")
    return read


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("expected a time zone such as UTC or Europe/Berlin") from None
    return value


def _matches(pattern: str, form: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise ValueError(f"expected {form}")
        return value

    return AfterValidator(check)


def _secret(value: SecretStr) -> SecretStr:
    """What shells, compose files and editors leave around a secret is no part of it."""
    text = value.get_secret_value()
    if not text:
        raise ValueError("expected a secret that is not empty")
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        raise ValueError("expected it without quotation marks: it begins and ends with one")
    if text[-1] in "\r\n":
        raise ValueError("expected it without the line end that it ends with")
    if not text.isprintable():
        raise ValueError("expected one line: it holds a line end or another control character")
    return value


def _address(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if text[:1] in _QUOTES:
        raise ValueError("expected a URL without quotation marks: it begins with one")
    if re.fullmatch(r"https?://[^\s/]+\S*", text) is None:
        raise ValueError("expected a URL that begins with http:// or https://")
    _can_be_asked(text)
    return value


def _can_be_asked(url: str) -> str:
    """What every client of it would take apart; one that cannot would fail at the start."""
    if not url.isprintable() or " " in url:
        raise ValueError("expected a URL without spaces and control characters")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        host.encode("idna")
    except ValueError:
        port, host = None, ""
    if not host or not host.isascii() or port == 0:
        raise ValueError(
            "expected a URL with a host (other letters in their xn-- form), and a port from 1 to 65535 where it has one"
        )
    return url


def _database(value: SecretStr) -> SecretStr:
    if has_bare_at(value.get_secret_value()):
        raise ValueError("expected each @ of the password to be written as %40")
    return value


@dataclass(frozen=True, slots=True)
class InFile:
    """Beside a secret's type: the secrets that may stand in the configuration's file, and what the others hold."""

    allowed: Callable[[str], bool]
    what: str


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
LocalTime = Annotated[time, BeforeValidator(_local_time)]
Zone = Annotated[str, AfterValidator(_zone)]
Url = Annotated[
    str,
    _matches(r"https?://[^\s/]+\S*", "a URL that begins with http:// or https://"),
    AfterValidator(_can_be_asked),
]
Address = Annotated[
    str, _matches(r"[^@\s<>]+@[^@\s<>]+", "a mail address such as desk@example.com")
]
Unsubscribe = Annotated[
    str,
    _matches(
        r"mailto:[^@\s<>]+@[^@\s<>]+|https://[^\s/<>]+[^\s<>]*",
        "an address such as mailto:desk@example.com, or a URL that begins with https://",
    ),
]
Color = Annotated[str, _matches(r"#[0-9a-fA-F]{6}", "a colour such as #0072B2")]
Symbol = Annotated[
    str,
    _matches(
        r"[^/:\s]+/[^/:\s]+(:[^/:\s]+)?",
        "a unified symbol such as VIRTUAL/USDT or VIRTUAL/USDT:USDT",
    ),
]
Name = Annotated[str, _matches(r"[a-z0-9][a-z0-9-]*", "lower-case letters, digits and hyphens")]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
SecretText = Annotated[SecretStr, AfterValidator(_secret)]
SecretUrl = Annotated[SecretStr, AfterValidator(_secret), AfterValidator(_address)]
DatabaseUrl = Annotated[
    SecretStr,
    AfterValidator(_secret),
    AfterValidator(_database),
    InFile(lambda url: hide_password(url) == url, "a password"),
]
