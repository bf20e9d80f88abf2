"""A sender between a real outbox and a Slack-shaped server."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.clock import ManualClock
from monitor.delivery.batching import Rules
from monitor.delivery.channel import ChannelSender
from monitor.delivery.sender import Attempt, Sender
from monitor.delivery.slack.webhook import SlackWebhook
from monitor.model.notice import Channel, Notice, NoticeKind
from monitor.store import outbox
from monitor.store.database import Database
from monitor.store.outbox_rows import StoredNotice
from tests.kit.leases import let_pass
from tests.kit.slack_server import SlackServer

NOW = datetime(2025, 1, 19, 11, 35, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def notice(key: str, **changes: Any) -> Notice:
    """A rotation's notice, knowable now."""
    standing: dict[str, Any] = {
        "channel": "slack",
        "kind": NoticeKind.ROTATION,
        "text": f"preview of {key}",
        "event_at": NOW,
        "due_at": NOW,
        "thread": "rot-1",
        "payload": {"body": f"headline of {key}\nbody of {key}", "rotations": ["rot-1"]},
    }
    return Notice(dedup_key=key, **(standing | changes))


class Post:
    """The sender, its clock, and what became of the notices."""

    def __init__(
        self, database: Database, slack: SlackServer, *, timeout: timedelta = timedelta(seconds=60)
    ) -> None:
        self.database = database
        self.slack = slack
        self.clock = ManualClock(NOW)
        self.timeout = timeout
        self.rules = Rules()
        self.attempts: list[Attempt] = []
        self.sender = self.another()

    def another(self) -> Sender:
        """Another worker over the same outbox, as a second process has it."""
        channels: dict[Channel, ChannelSender] = {
            "slack": SlackWebhook(self.slack.webhook_url("alerts"), timeout=self.timeout),
            "operator": SlackWebhook(self.slack.webhook_url("operator"), timeout=self.timeout),
        }
        sender = Sender(
            self.database, self.clock, channels, dice=random.Random(1), rules=self.rules
        )
        sender.on_attempt = self.attempts.append
        return sender

    def put(self, *notices: Notice) -> None:
        """Enqueue them."""
        with self.database.write() as conn:
            outbox.enqueue(conn, notices)

    async def drain_after(self, length: timedelta) -> int:
        """Let that much time pass, then send what is due; how many were delivered."""
        self.clock.advance(length)
        let_pass(self.database, length)
        return await self.sender.drain()

    def stored(self, key: str) -> StoredNotice:
        """What became of one notice."""
        (found,) = [n for n in self.all_stored() if n.notice.dedup_key == key]
        return found

    def all_stored(self) -> list[StoredNotice]:
        """What became of all."""
        with self.database.read() as conn:
            return outbox.list_notices(conn, NOW - timedelta(days=9), NOW + timedelta(days=9))

    def texts(self, channel: str = "alerts") -> list[str]:
        """What the channel shows."""
        return [message.text for message in self.slack.workspace.messages(channel)]
