"""Outbox to bot: what a rotation's notices make of a channel when receipts come out of the store."""

import random
from datetime import timedelta

import pytest

from monitor.delivery.sender import Sender
from monitor.model.notice import Act
from monitor.store import outbox
from monitor.store.database import Database
from tests.integration.delivery.desk import RAISED, Desk, edit, reply, told
from tests.kit.slack_server import SlackFaultKind

LIFE = [told(Act.SAY), told(Act.PICTURE), reply(), edit()]
MORE = told(Act.REPLY, RAISED, dedup_key="more")


class Line:
    """A sender between a real outbox and the desk's bot."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self.database = database
        self.desk = desk
        self.sender = Sender(database, desk.clock, {"slack": desk.bot}, dice=random.Random(1))
        with database.write() as conn:
            outbox.enqueue(conn, LIFE)

    async def drain(self, *, times: int = 12) -> None:
        """Until nothing waits, with pauses for what is to be tried again."""
        self.desk.clock.set(RAISED.changed_at)
        for _ in range(times):
            await self.sender.drain()
            self.desk.clock.advance(timedelta(seconds=45))
        with self.database.read() as conn:
            stats = outbox.pending_stats(conn, self.desk.clock.now())
        assert (stats.pending, stats.failed) == (0, 0)


@pytest.fixture
def line(database: Database, desk: Desk) -> Line:
    """On each database in turn."""
    return Line(database, desk)


def shape(desk: Desk) -> tuple[int, int, int, bool]:
    """(messages of the channel, replies and pictures of the one, whether it shows its latest state)."""
    messages = desk.slack.workspace.channel("alerts")
    kinds = [block["type"] for block in messages[0].blocks]
    return (
        len(messages),
        len(messages[0].replies),
        kinds.count("image"),
        "Now (" in messages[0].shown,
    )


async def test_a_life_makes_one_message_with_its_thread_and_picture(line: Line, desk: Desk) -> None:
    await line.drain()
    assert shape(desk) == (1, 1, 1, True)


@pytest.mark.parametrize("lost", range(2))
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_it_makes_the_same_where_an_answer_was_lost(
    method: str, lost: int, line: Line, desk: Desk
) -> None:
    desk.slack.faults.add(SlackFaultKind.RESET_AFTER, method, skip=lost)
    await line.drain()
    assert shape(desk) == (1, 1, 1, True)


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("chat.postMessage", SlackFaultKind.RATE_LIMITED),
        ("upload", SlackFaultKind.RESET),
        ("files.completeUploadExternal", SlackFaultKind.STATUS),
    ],
)
async def test_it_makes_the_same_after_trouble(
    method: str, kind: SlackFaultKind, line: Line, desk: Desk
) -> None:
    desk.slack.faults.add(kind, method, left=2, retry_after=3)
    await line.drain()
    assert shape(desk) == (1, 1, 1, True)


async def test_a_picture_that_never_goes_holds_up_nothing_for_long(line: Line, desk: Desk) -> None:
    desk.slack.faults.add(SlackFaultKind.STATUS, "upload", status=500, left=None)
    await line.drain()
    assert shape(desk) == (1, 1, 0, True)


async def test_a_form_that_is_refused_goes_plain_and_keeps_its_thread(
    line: Line, desk: Desk
) -> None:
    desk.slack.faults.add(SlackFaultKind.ERROR, "chat.postMessage", error="invalid_blocks")
    with line.database.write() as conn:
        outbox.enqueue(conn, [MORE])
    await line.drain()
    messages, replies, _, edited = shape(desk)
    assert (messages, replies, edited) == (1, 2, True)
