"""A sender whose ways out come from settings, as the daemon's do."""

import random
from datetime import timedelta
from pathlib import Path

from monitor.clock import ManualClock
from monitor.content.mail import Mail
from monitor.delivery.batching import Rules
from monitor.delivery.registry import operators_among, ways_out
from monitor.delivery.sender import Sender
from monitor.delivery.ways import Tools
from monitor.model.notice import Notice
from monitor.settings.schema import Settings
from monitor.store import outbox
from monitor.store.database import Database
from monitor.store.outbox_rows import StoredNotice
from tests.integration.delivery.post import NOW
from tests.kit.leases import let_pass
from tests.kit.small_settings import SMALL, load


def settings_of(folder: Path, environ: dict[str, str]) -> Settings:
    """A small universe with these channels."""
    return load(folder, SMALL, environ)


def _no_reports(*_: object) -> Mail:
    raise AssertionError("no report is sent here")


class HookPost:
    """Outbox, sender and clock over the channels that the settings name."""

    def __init__(self, database: Database, settings: Settings, rules: Rules | None = None) -> None:
        self.database = database
        self.clock = ManualClock(NOW)
        ways = ways_out(settings)
        assert ways.faults == ()
        opened = ways.opened(Tools(self.clock, lambda _: None, _no_reports))
        self.outcomes: list[str] = []
        self.sender = Sender(
            database,
            self.clock,
            opened,
            dice=random.Random(1),
            rules=rules,
            operators=operators_among(ways.ways),
        )
        self.sender.on_attempt = lambda attempt: self.outcomes.append(attempt.outcome)

    def put(self, *notices: Notice) -> None:
        """Enqueue them."""
        with self.database.write() as conn:
            outbox.enqueue(conn, notices)

    async def drain_after(self, length: timedelta) -> int:
        """Let that much time pass, then send what is due."""
        self.clock.advance(length)
        let_pass(self.database, length)
        return await self.sender.drain()

    def stored(self, key: str) -> StoredNotice:
        """What became of one notice."""
        day = timedelta(days=9)
        with self.database.read() as conn:
            rows = outbox.list_notices(conn, NOW - day, NOW + day)
        (found,) = [row for row in rows if row.notice.dedup_key == key]
        return found
