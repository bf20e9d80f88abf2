"""What may have arrived without our knowing is looked for before another message tells it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from monitor.model.notice import Notice, NoticeKind
from monitor.store.database import Database
from monitor.store.outbox_rows import StoredNotice
from tests.integration.delivery.bot_post import BotPost
from tests.integration.delivery.desk import words
from tests.kit.slack_server import SlackFaultKind, SlackServer

HOUR = timedelta(hours=1)


@pytest.fixture
async def bot_post(database: Database, slack: SlackServer) -> AsyncIterator[BotPost]:
    """On each database in turn."""
    post = BotPost(database, slack)
    yield post
    await post.sender.close()


def said(key: str) -> Notice:
    """A message of a rotation of its own."""
    return words(key, NoticeKind.ROTATION, f"body of {key}", thread=key)


def told_in(post: BotPost) -> dict[str, str | None]:
    """Key -> key of the digest that tells it."""
    rows: list[StoredNotice] = post.all_stored()
    return {row.notice.dedup_key: row.notice.told_in for row in rows}


async def test_what_had_arrived_before_the_process_ended_is_not_told_again_in_a_digest(
    bot_post: BotPost, slack: SlackServer
) -> None:
    slack.faults.add(SlackFaultKind.RESET_AFTER, "chat.postMessage")
    bot_post.put(said("first"))
    await bot_post.drain_after(timedelta(0))
    assert bot_post.stored("first").receipt is None
    bot_post.put(*map(said, ("second", "third", "fourth", "fifth")))
    await bot_post.drain_after(HOUR)
    (own, digest) = slack.workspace.messages("alerts")
    assert (bot_post.stored("first").receipt or {})["ts"] == own.ts
    assert "body of first" not in digest.shown
    assert "4 notices" in digest.text
    assert [key for key, by in told_in(bot_post).items() if by] == [
        "second",
        "third",
        "fourth",
        "fifth",
    ]


async def test_what_had_not_arrived_is_told_in_the_digest(
    bot_post: BotPost, slack: SlackServer
) -> None:
    slack.faults.add(SlackFaultKind.RESET, "chat.postMessage")
    bot_post.put(said("first"))
    await bot_post.drain_after(timedelta(0))
    bot_post.put(*map(said, ("second", "third", "fourth")))
    await bot_post.drain_after(HOUR)
    (digest,) = slack.workspace.messages("alerts")
    assert all(f"body of {key}" in digest.shown for key in ("first", "second", "third", "fourth"))


async def test_a_digest_that_had_arrived_is_not_told_again_in_the_next(
    bot_post: BotPost, slack: SlackServer
) -> None:
    bot_post.put(*map(said, ("first", "second", "third", "fourth")))
    slack.faults.add(SlackFaultKind.HALF_JSON, "chat.postMessage")
    await bot_post.drain_after(HOUR)
    bot_post.put(said("fifth"))
    await bot_post.drain_after(HOUR)
    (digest, last) = slack.workspace.messages("alerts")
    assert "body of first" in digest.shown
    assert "body of first" not in last.shown
    assert "body of fifth" in last.shown


async def test_where_slack_cannot_be_asked_the_notice_waits_and_goes_by_itself(
    bot_post: BotPost, slack: SlackServer
) -> None:
    slack.faults.add(SlackFaultKind.RESET_AFTER, "chat.postMessage")
    slack.faults.add(SlackFaultKind.STATUS, "conversations.history", status=503)
    bot_post.put(said("first"))
    await bot_post.drain_after(timedelta(0))
    bot_post.put(*map(said, ("second", "third", "fourth", "fifth")))
    await bot_post.drain_after(HOUR)
    await bot_post.drain_after(timedelta(minutes=5))
    (own, digest) = slack.workspace.messages("alerts")
    assert "body of first" in own.shown
    assert "body of first" not in digest.shown
    assert bot_post.stored("first").delivered_at is not None
