"""One RSS or Atom feed as dated headlines, parsed by feedparser (extra ``feeds``) from what we fetched ourselves."""

import asyncio
import calendar
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from monitor.clock import Clock
from monitor.ingest.errors import BadVenueData, VenueForbidden
from monitor.ingest.vendor_http import VendorHttp
from monitor.model.headline import Headline
from monitor.network import VENDOR_TIMEOUT

REACH = timedelta(days=7)
AHEAD = timedelta(minutes=5)
"""Publishers' clocks are off by this much; what lies further ahead is misdated."""
MOST = 200
LONGEST = 300
_MARKUP = re.compile(r"<[^>]*>")


class Feed:
    """``name``: as in ``feeds.X``."""

    def __init__(
        self,
        name: str,
        url: str,
        clock: Clock,
        *,
        timeout: timedelta = VENDOR_TIMEOUT,
        attempts: int = 2,
    ) -> None:
        self.name = name
        self._clock = clock
        self._http = VendorHttp(
            f"feed {name}",
            url,
            clock,
            headers={"accept": "application/atom+xml, application/rss+xml, application/xml"},
            timeout=timeout,
            attempts=attempts,
            setting=f"feeds.{name}",
        )

    async def read(self) -> list[Headline]:
        """Those of the last week, the newest first, two hundred at most. Raises VenueError."""
        raw = await self._http.get_bytes()
        return await asyncio.to_thread(self._parsed, raw)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    def _parsed(self, raw: bytes) -> list[Headline]:
        try:
            import feedparser  # noqa: PLC0415  an extra
        except ImportError:
            raise VenueForbidden(
                f"feed {self.name}",
                "cannot be read: its parser is not installed",
                remedy="pip install 'sector-rotation-monitor[feeds]'",
            ) from None
        found: Any = feedparser.parse(raw, sanitize_html=False, resolve_relative_uris=False)
        if not found.get("version"):
            raise BadVenueData(f"feed {self.name}", "gave no RSS and no Atom feed")
        headlines = sorted(self._headlines(found.entries), key=lambda h: h.at, reverse=True)
        return headlines[:MOST]

    def _headlines(self, entries: Any) -> Iterator[Headline]:
        """An entry without a date, or of a time to come, is left out: times are never guessed."""
        now = self._clock.now()
        for entry in entries:
            title = " ".join(_MARKUP.sub(" ", str(entry.get("title", ""))).split())[:LONGEST]
            at = _time(entry.get("published_parsed") or entry.get("updated_parsed"))
            if title and at is not None and now - REACH <= at <= now + AHEAD:
                named = str(entry.get("id") or entry.get("link") or title)
                yield Headline(self.name, sha256(named.encode()).hexdigest()[:16], at, title)


def _time(parsed: Any) -> datetime | None:
    """feedparser gives UTC."""
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), tz=UTC)
    except (TypeError, ValueError, OverflowError):
        return None
