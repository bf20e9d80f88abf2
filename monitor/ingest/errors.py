"""Failures of a venue, told apart by what to do next; their texts hold no address and no secret."""

import re
from typing import ClassVar

from monitor.model.errors import MonitorError

_LONGEST_TEXT = 160
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_SECRET = re.compile(r"(?i)\b(api[-_]?key|apikey|secret|signature|token|password)\b\s*[=:]\s*\S+")
_SPACE = re.compile(r"\s+")


def clean_text(text: str) -> str:
    """One line of at most 160 characters for people: no address, no markup, nothing that looks like a key."""
    text = _ADDRESS.sub("(address)", text)
    text = _MARKUP.sub(" ", text)
    text = _SECRET.sub(r"\1=***", text)
    text = _SPACE.sub(" ", "".join(c if c.isprintable() else " " for c in text)).strip()
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


class VenueError(MonitorError):
    """A venue did not give what was asked; this class itself: it refused the request, and repeating won't help.

    ``wait_s``: seconds that the venue asked us to stay away, None where it asked for nothing. ``stops_venue``: no other
    market of the venue will fare better now. ``worth_repeating``: the same request may succeed within seconds.
    """

    stops_venue: ClassVar[bool] = False
    worth_repeating: ClassVar[bool] = False

    def __init__(
        self,
        venue: str,
        what: str,
        *,
        symbol: str | None = None,
        wait_s: float | None = None,
        remedy: str | None = None,
    ) -> None:
        where = f"{venue} {symbol}" if symbol else venue
        super().__init__(f"{where}: {clean_text(what)}", remedy=remedy)
        self.venue = venue
        self.symbol = symbol
        self.wait_s = wait_s


class VenueBusy(VenueError):  # noqa: N818  named by what it is
    """Too many requests: stay away from the whole venue for ``wait_s``."""

    stops_venue = True


class VenueDown(VenueError):  # noqa: N818  named by what it is
    """Outage, timeout or a lost connection: repeat once, then leave it to the next poll."""

    worth_repeating = True


class VenueUnreachable(VenueDown):
    """Nobody answered at all: no connection, or none that could be trusted."""


class VenueMaintenance(VenueError):  # noqa: N818  named by what it is
    """The venue says it is being maintained: look again each minute."""

    stops_venue = True


class VenueForbidden(VenueError):  # noqa: N818  named by what it is
    """Blocked region, missing permission or an unsupported request: tell the operator once, look again hourly."""

    stops_venue = True


class MarketGone(VenueError):  # noqa: N818  named by what it is
    """The venue does not (or no longer) trade this symbol: tell the operator once, the other markets go on."""


class BadVenueData(VenueError):  # noqa: N818  named by what it is
    """An answer that cannot be understood or believed: count it, store nothing of it."""

    worth_repeating = True
