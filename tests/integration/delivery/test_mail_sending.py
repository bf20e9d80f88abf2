"""Outbox to mail: each recipient's notices once, in order, through refusals; nothing in a row that nobody may read."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.clock import ManualClock
from monitor.delivery.sender import LEASE, Sender
from monitor.model.notice import Notice
from monitor.store import outbox
from monitor.store.database import Database
from monitor.store.outbox_rows import StoredNotice
from tests.integration.delivery.mail_desk import NOW, PASSWORD, USER, channel_to, notice
from tests.kit.leases import let_pass
from tests.kit.smtp_server import SmtpServer

MINUTE = timedelta(minutes=1)
DESK, OPS = "desk@example.net", "ops@example.net"


class Office:
    """An outbox, its sender, and the mail server behind it."""

    def __init__(self, database: Database, server: SmtpServer) -> None:
        self.database = database
        self.server = server
        self.clock = ManualClock(NOW)
        self.sender = self.with_password(PASSWORD)

    def with_password(self, password: str) -> Sender:
        """A sender as a process with that password has it."""
        channel = channel_to(self.server, login=(USER, password))
        return Sender(self.database, self.clock, {"email": channel}, dice=random.Random(1))

    def put(self, *notices: Notice) -> None:
        """Enqueue them."""
        with self.database.write() as conn:
            outbox.enqueue(conn, notices)

    async def drain_after(self, length: timedelta) -> int:
        """Let that much time pass, then send what is due."""
        self.clock.advance(length)
        let_pass(self.database, length)
        return await self.sender.drain()

    def stored(self) -> dict[tuple[str, str], StoredNotice]:
        """What became of each, by key and recipient."""
        with self.database.read() as conn:
            found = outbox.list_notices(conn, NOW - timedelta(days=1), NOW + timedelta(days=1))
        return {(n.notice.dedup_key, n.notice.recipient): n for n in found}

    def subjects(self, recipient: str) -> list[str]:
        """What arrived there, in order."""
        return [mail.subject for mail in self.server.mails if mail.recipients == (recipient,)]


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Iterator[Office]:
    """On each database in turn."""
    with SmtpServer(tmp_path, username=USER, password=PASSWORD) as server:
        yield Office(database, server)


async def test_a_refused_recipient_is_kept_with_the_reason_while_the_others_have_theirs(
    office: Office,
) -> None:
    office.server.faults.refused[OPS] = f"550 5.1.1 <{OPS}>: mailbox unknown"
    office.put(*(notice(key, to) for key in ("opened", "over") for to in (DESK, OPS)))
    assert await office.sender.drain() == 2
    assert await office.drain_after(MINUTE) == 0
    assert office.subjects(DESK) == ["preview of opened", "preview of over"]
    kept = office.stored()[("opened", OPS)]
    assert kept.failed_at is not None
    assert kept.error == "mail: 550 5.1.1 (address) mailbox unknown"


async def test_the_conversation_of_each_recipient_is_chained_by_its_own_receipts(
    office: Office,
) -> None:
    office.put(*(notice(key, to) for key in ("opened", "over") for to in (DESK, OPS)))
    await office.sender.drain()
    for to in (DESK, OPS):
        first, second = (m.message for m in office.server.mails if m.recipients == (to,))
        assert second["In-Reply-To"] == first["Message-ID"]
        assert office.stored()[("opened", to)].receipt == {"message_id": first["Message-ID"]}


async def test_greylisting_delays_a_conversation_and_keeps_its_order(office: Office) -> None:
    office.server.faults.greylisted = 1
    office.put(notice("opened"), notice("over"))
    assert await office.sender.drain() == 0
    assert await office.drain_after(MINUTE) == 2
    assert office.subjects(DESK) == ["preview of opened", "preview of over"]


async def test_a_mail_that_is_too_big_goes_plain_at_once(office: Office) -> None:
    office.server.faults.data_replies = ["552 5.3.4 Too big"]
    office.put(notice("opened"))
    assert await office.sender.drain() == 1
    assert office.server.mails[0].message.get_content_type() == "text/plain"


async def test_a_sender_that_dies_after_the_mail_was_taken_repeats_it_under_its_id(
    office: Office,
) -> None:
    office.put(notice("opened"))
    with office.database.write() as conn:
        claimed = outbox.claim(conn, now=NOW, lease=LEASE, channels=["email"])
    assert claimed is not None
    office.server.faults.drop_after = 1
    assert await office.drain_after(LEASE) == 0  # taken, but nobody said so
    assert await office.drain_after(MINUTE) == 1
    first, second = (mail.message["Message-ID"] for mail in office.server.mails)
    assert first == second


async def test_a_wrong_password_is_in_no_row(office: Office) -> None:
    office.server.faults.login_reply = f"535 5.7.8 {USER}: wrong-{PASSWORD} is wrong"
    office.put(notice("opened"))
    await office.with_password(f"wrong-{PASSWORD}").drain()
    (kept,) = office.stored().values()
    assert kept.failed_at is not None
    assert kept.error == "mail: 535 (its text is left out)"
