"""What a busy day's outbox says was told, beside what Slack and the mail server recorded."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from monitor.content.wording.safe_text import slack_safe
from monitor.delivery.mail.message import message_id
from monitor.model.grid import parse_iso
from monitor.model.notice import Act, Channel
from monitor.model.rotation import RotationChange
from monitor.store import outbox, rotations
from monitor.store.database import open_database
from monitor.store.outbox_rows import StoredNotice
from tests.kit.slack_server.server import CHANNELS
from tests.kit.slack_server.workspace import Message, Workspace, read_events
from tests.kit.smtp_server import Mail
from tests.scenarios.busy_faults import AFTER
from tests.scenarios.busy_market import LIVE_FROM
from tests.scenarios.busy_stage import SENDER, BusyStage

MONTH = timedelta(days=30)
MESSAGES = (Act.SAY, Act.REPLY)
FOUND_AGAIN = ('"was posted before"', '"had arrived before"')
"""What the log says where a look into the channel kept a message from being doubled."""


@dataclass(frozen=True)
class Posted:
    """A webhook's message: when it was taken, the fault that took its answer or delayed it, if any."""

    message: Message
    at: datetime
    fault: Mapping[str, Any] | None


class Books:
    """``rows`` in the order they were enqueued; ``changes`` of the live part in the order they were decided."""

    def __init__(self, stage: BusyStage) -> None:
        database = open_database(stage.database_url)
        with database.read() as conn:
            self.rows = outbox.list_notices(conn, LIVE_FROM - MONTH, LIVE_FROM + MONTH)
            found = rotations.list_changes(conn, since=LIVE_FROM - MONTH, until=LIVE_FROM + MONTH)
        database.close()
        self.changes: list[RotationChange] = [c for c in found if c.changed_at > LIVE_FROM]
        self.record: Path = stage.record
        self.workspace = Workspace.read(stage.record, CHANNELS)
        self.mails: Sequence[Mail] = tuple(stage.smtp.mails)
        self.kills = tuple(stage.kills)
        self.log = stage.log
        self.found_again = sum(self.log.count(said) for said in FOUND_AGAIN)
        self._by_key = {self._key(row): row for row in self.rows}

    def of(self, channel: Channel, *, acts: Iterable[Act] = tuple(Act)) -> list[StoredNotice]:
        """Rows of a channel."""
        wanted = set(acts)
        return [r for r in self.rows if r.notice.channel == channel and r.notice.act in wanted]

    def teller(self, row: StoredNotice) -> StoredNotice:
        """The row that told it: itself, or the digest at the end of its chain."""
        while row.notice.told_in is not None:
            n = row.notice
            row = self._by_key[n.told_in or "", n.channel, n.recipient]
        return row

    @cached_property
    def given_up(self) -> list[StoredNotice]:
        """Twice without an answer that we know, so not sent a third time."""
        return [r for r in self.rows if r.failed_at and (r.error or "").startswith(outbox.DOUBT)]

    @cached_property
    def by_bot(self) -> dict[str, list[Message]]:
        """Key of a notice -> the bot's messages that carry it, in the order they arrived."""
        found: dict[str, list[Message]] = defaultdict(list)
        for message in self.workspace.messages("alerts"):
            if message.metadata is not None:
                found[message.metadata["event_payload"]["key"]].append(message)
        return found

    @cached_property
    def by_webhook(self) -> list[Posted]:
        """What the operator's channel shows, in order, each with what became of its answer."""
        found: list[Posted] = []
        fault: Mapping[str, Any] | None = None
        operator = self.workspace.channel_id("operator")
        for event in read_events(self.record):
            if event["event"] == "fault" and event["method"] == "webhook":
                fault = event
            if event.get("channel") == operator and event["event"] == "message":
                message = self.workspace.message(event["channel"], event["ts"])
                assert message is not None
                found.append(Posted(message, parse_iso(event["at"]), fault))
                fault = None
            if event["event"] == "refused" and event["method"] == "webhook":
                fault = None
        return found

    @cached_property
    def webhook_tries(self) -> list[datetime]:
        """When the operator's channel was written to, whatever came of it."""
        operator = self.workspace.channel_id("operator")
        return [
            parse_iso(event["at"])
            for event in read_events(self.record)
            if event.get("channel") == operator and event["event"] in {"fault", "message"}
        ]

    def told_by_webhook(self, row: StoredNotice) -> list[Posted]:
        """Messages that say what a row says, on its own."""
        lines = slack_safe(str(row.notice.payload["body"])).split("\n")[:3]
        return [p for p in self.by_webhook if all(line in _words(p.message) for line in lines)]

    def cause(self, posted: Posted) -> str:
        """Why the sender may not know of it: ``lost answer``, ``kill``; empty where it must know.

        A life stores what became of one message before it sends the channel's next: one that was killed before it sent
        anything more may have known of none.
        """
        if posted.fault and posted.fault["kind"] in AFTER:
            return "lost answer"
        killed = next((kill for kill in self.kills if kill >= posted.at), None)
        if killed is None or any(posted.at < other <= killed for other in self.webhook_tries):
            return ""
        return "kill"

    def mails_of(self, row: StoredNotice) -> list[int]:
        """Places of a row's mails among all that arrived."""
        wanted = message_id(row.notice, SENDER)
        return [i for i, mail in enumerate(self.mails) if mail.message["Message-ID"] == wanted]

    def summary(self) -> list[str]:
        """A line for each channel."""
        doubled = sum(len(found) - 1 for found in self.by_bot.values())
        pictures = [m for m in self.workspace.messages("alerts") if m.files]
        edits = sum(m.edits for m in self.workspace.messages("alerts"))
        inside = Counter(str((r.receipt or {}).get("shown")) for r in self.of("slack"))
        causes = Counter(
            self.cause(p) for row in self.of("operator") for p in self.told_by_webhook(row)[:-1]
        )
        ids = Counter(str(mail.message["Message-ID"]) for mail in self.mails)
        said = sum(map(len, self.by_bot.values()))
        bot = f"{said} messages, doubled {doubled} (found again {self.found_again}), {edits} edits, pictures {inside['parent']} inside"
        hook = f"{len(self.by_webhook)} messages, doubled {dict(causes)}"
        mail = f"{len(self.mails)} mails, doubled under the same id {len(self.mails) - len(ids)}"
        return [
            f"kills {len(self.kills)}, changes {len(self.changes)}, notices {len(self.rows)}",
            f"slack by bot: {self._counts('slack')}; {bot} and {len(pictures)} in threads",
            f"operator by webhook: {self._counts('operator')}; {hook}",
            f"mail: {self._counts('email')}; {mail}",
        ]

    def log_of(self, keys: Iterable[str]) -> str:
        """What the lives logged of these notices, and when each was killed: what a failed run is understood by."""
        wanted = tuple(keys)
        lines = [line for line in self.log.splitlines() if any(key in line for key in wanted)]
        events = [str(e) for e in read_events(self.record) if any(k in str(e) for k in wanted)]
        kills = [f"killed {kill.isoformat()}" for kill in self.kills] if wanted else []
        return "\n".join([*lines, *events, *kills])

    def left_out(self) -> Counter[str]:
        """Reasons of the receipts that say that nothing was done."""
        return Counter(
            f"{r.notice.act.value}: {r.receipt['left_out']}"
            for r in self.rows
            if r.receipt and "left_out" in r.receipt
        )

    def _counts(self, channel: Channel) -> str:
        acts = Counter(r.notice.act.value for r in self.of(channel))
        told = sum(r.notice.told_in is not None for r in self.of(channel))
        each = ", ".join(f"{count} {act}" for act, count in acts.items())
        return f"{acts.total()} notices ({each}), {told} told in others"

    @staticmethod
    def _key(row: StoredNotice) -> tuple[str, Channel, str]:
        return (row.notice.dedup_key, row.notice.channel, row.notice.recipient)


def _words(message: Message) -> str:
    """All text that a message shows."""
    parts = [str(block.get("text", {}).get("text", "")) for block in message.blocks]
    return "\n".join([message.text, *parts])
