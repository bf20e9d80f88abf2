"""Reads the feeds of the configuration; one that fails stops no other."""

import asyncio
from collections.abc import Sequence
from functools import partial

import structlog

from monitor.clock import Clock
from monitor.ingest.errors import VenueError
from monitor.ingest.feed import Feed
from monitor.jobs.job import Work
from monitor.model.headline import Headline
from monitor.settings.schema import Settings
from monitor.store.database import Database
from monitor.store.headlines import save_headlines
from monitor.store.knowledge import issue_time

log = structlog.get_logger(__name__)


def feeds_of(settings: Settings, clock: Clock) -> list[Feed]:
    """Those that the configuration names."""
    return [Feed(name, table.url, clock) for name, table in sorted(settings.tables.feeds.items())]


def headlines_read(feeds: Sequence[Feed], database: Database, clock: Clock) -> Work:
    """Each in its turn, stored at once."""

    def store(found: Sequence[Headline]) -> int:
        with database.write() as conn:
            return save_headlines(conn, found, issue_time(conn, clock.now()))

    async def work() -> None:
        for feed in feeds:
            try:
                found = await feed.read()
            except VenueError as error:
                log.warning("feed not read", feed=feed.name, error=str(error))
                continue
            new = await asyncio.to_thread(partial(store, found))
            log.info("feed read", feed=feed.name, headlines=len(found), new=new)

    return work
