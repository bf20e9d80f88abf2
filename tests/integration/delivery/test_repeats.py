"""What may have arrived is repeated once and told, whatever the webhook answers; and no rest is short for long."""

from datetime import timedelta

import pytest

from monitor.delivery.channel import ChannelSender, Receipt, Sending
from monitor.model.notice import Notice
from monitor.store import outbox
from tests.integration.delivery.post import MINUTE, NOW, Post, notice
from tests.kit.slack_server import SlackFaultKind

HOUR = timedelta(hours=1)


async def let_hours_pass(post: Post) -> None:
    """Look each minute, then after hours."""
    for _ in range(20):
        await post.drain_after(MINUTE)
    for _ in range(3):
        await post.drain_after(4 * HOUR)


def tries(post: Post) -> int:
    """Posts to the readers' webhook that got no ok."""
    return sum(a.channel == "slack" for a in post.attempts)


@pytest.mark.parametrize(
    "body", ["ok\n", "OK", "", '{"ok": true}', '{"success": true}', '{"id": 7, "error": null}']
)
async def test_a_success_in_another_form_is_one(post: Post, body: str) -> None:
    post.slack.faults.add(SlackFaultKind.STATUS, "webhook", status=200, body=body, left=None)
    post.put(notice("n"))
    assert await post.sender.drain() == 1
    await let_hours_pass(post)
    assert tries(post) == 1
    assert post.stored("n").delivered_at == NOW


@pytest.mark.parametrize("body", ["<html>sign in</html>", '{"ok": false}', "[]", "true", '"ok'])
async def test_an_answer_that_we_do_not_know_is_followed_by_one_repeat_and_told(
    post: Post, body: str
) -> None:
    fault = {"status": 200, "body": body, "channel": "C0ALERTS", "left": None}
    post.slack.faults.add(SlackFaultKind.STATUS, "webhook", **fault)
    post.put(notice("n"))
    await let_hours_pass(post)
    assert tries(post) == 2
    stored = post.stored("n")
    assert stored.failed_at is not None
    assert "may have arrived" in str(stored.error)
    (told,) = post.slack.workspace.messages("operator")
    assert "slack gave no answer that we know" in told.shown
    assert "may have arrived" in told.shown


async def test_a_lost_answer_is_followed_by_one_repeat_also_after_a_restart(post: Post) -> None:
    fault = {"channel": "C0ALERTS", "left": None}
    post.slack.faults.add(SlackFaultKind.RESET_AFTER, "webhook", **fault)
    post.put(notice("n"))
    await post.sender.drain()
    post.slack.faults.clear()
    # something else is wrong in between, and the process starts anew
    post.slack.faults.add(SlackFaultKind.STATUS, "webhook", status=503, channel="C0ALERTS")
    post.sender = post.another()
    await post.drain_after(HOUR)
    post.slack.faults.add(SlackFaultKind.RESET_AFTER, "webhook", **fault)
    post.sender = post.another()
    await let_hours_pass(post)
    assert len(post.texts()) == 2
    assert post.stored("n").failed_at is not None
    with post.database.write() as conn:
        assert outbox.revive(conn, since=NOW, now=post.clock.now()) == 0


async def test_what_breaks_while_the_answer_is_read_is_one_repeat_and_told(post: Post) -> None:
    class OutOfMemory:
        """Sends, and finds no memory for the answer."""

        def __init__(self, inner: ChannelSender) -> None:
            self.inner = inner

        async def send(self, notice: Notice, how: Sending) -> Receipt:
            await self.inner.send(notice, how)
            raise MemoryError

        async def close(self) -> None:
            await self.inner.close()

    channels = post.sender._channels
    post.sender._channels = dict(channels) | {"slack": OutOfMemory(channels["slack"])}
    post.put(notice("n"))
    await let_hours_pass(post)
    assert len(post.texts()) == 2
    (told,) = post.slack.workspace.messages("operator")
    assert "may have arrived" in told.shown
    assert "MemoryError" in told.shown


async def test_a_rest_of_zero_is_a_rest_that_grows(post: Post) -> None:
    post.slack.faults.add(SlackFaultKind.RATE_LIMITED, "webhook", retry_after=0.0, left=None)
    post.put(notice("n"))
    for _ in range(120):
        await post.drain_after(timedelta(seconds=1))
    assert tries(post) <= 5  # after 5, 10, 20, 40 s
    post.slack.faults.clear()
    await post.drain_after(HOUR)
    assert post.stored("n").delivered_at is not None
