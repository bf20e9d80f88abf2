"""Health of the polled venues, carried from poll to poll and over a restart."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from zlib import crc32

from monitor.ingest.exchange.health import Transition, after_failure, after_success, may_ask
from monitor.ingest.venue_fetch import VenueFetch
from monitor.model.bars import VenueHealth, VenueState
from monitor.store import venue_health
from monitor.store.database import Database


class HealthBook:
    """Kept for the life of the process; empty until it is recalled from the store."""

    def __init__(self, venues: Sequence[str]) -> None:
        self._venues = tuple(venues)
        self._health: dict[str, VenueHealth] = {}

    def recall(self, database: Database, now: datetime, asked: Collection[str]) -> bool:
        """Read what the store knows of those that are asked from now on and were not before; a venue that it does not
        know is up. Those that are not asked any more are another's to judge. Whether there were any new ones."""
        new = [v for v in self._venues if v in asked and v not in self._health]
        self._health = {venue: h for venue, h in self._health.items() if venue in asked}
        if not new:
            return False
        with database.read() as conn:
            stored = {health.venue: health for health in venue_health.read_health(conn)}
        for venue in new:
            fresh = VenueHealth(venue, VenueState.UP, since=now)
            # A pause is not carried over a restart: the restart may be what mended it.
            self._health[venue] = replace(stored.get(venue, fresh), next_try=None)
        return True

    @property
    def all(self) -> tuple[VenueHealth, ...]:
        """Every venue that is asked, by name."""
        return tuple(self._health[venue] for venue in sorted(self._health))

    def of(self, venue: str) -> VenueHealth:
        """One venue's health."""
        return self._health[venue]

    def may_ask(self, venue: str, now: datetime) -> bool:
        """Whether its pause is over."""
        return may_ask(self._health[venue], now)

    def judge(self, harvest: VenueFetch, now: datetime) -> tuple[VenueHealth, Transition | None]:
        """The venue's health after what it gave, and what there is to tell of it."""
        before = self._health[harvest.venue]
        failed = harvest.outcome
        if failed is not None:
            jitter = crc32(f"{harvest.venue}{before.consecutive_failures}".encode()) % 1000 / 1000
            health, transition = after_failure(before, failed, now, jitter)
        else:
            health, transition = after_success(before, now, harvest.trouble)
        self._health[harvest.venue] = health
        return health, transition
