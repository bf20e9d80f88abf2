"""Passwords inside URLs: hidden, and found where they end in the wrong place."""

import re

_LOGIN = re.compile(r"(?P<before>[a-z0-9+.-]+://[^:/\s]*:).*@", re.IGNORECASE | re.DOTALL)
_QUERY = re.compile(r"(?P<before>[?&](?:ssl)?password=)[^&]*", re.IGNORECASE)


def hide_password(url: str) -> str:
    """The URL as it may be shown: all from the user's colon to the last @ stands for the password."""
    return _QUERY.sub(r"\g<before>***", _LOGIN.sub(r"\g<before>***@", url))


def has_bare_at(url: str) -> bool:
    """Whether an @ stands in the password as it is: a reader of URLs ends the password there and takes the rest for the
    host, which errors name."""
    login = _LOGIN.match(url.strip())
    return login is not None and "@" in login.group()[login.end("before") : -1]
