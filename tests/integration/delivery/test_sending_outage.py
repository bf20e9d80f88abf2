"""A channel that is down, asks to wait, or is mended: what waits goes in order, as one, and nobody is pestered meanwhile."""

from datetime import UTC, time, timedelta

import pytest

from monitor.delivery.batching import Rules
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.sender import HOPELESS
from monitor.model.notice import Act, Notice
from monitor.store import outbox
from monitor.store.errors import DatabaseBusyError
from tests.integration.delivery.post import MINUTE, NOW, Post, notice
from tests.kit.slack_server import SlackFaultKind

SECOND = timedelta(seconds=1)
DOWN = {"channel": "C0ALERTS", "status": 503, "left": None}


def of(number: int, **changes: object) -> Notice:
    """The first word of rotation ``number``, which became known so many minutes after the start."""
    at = NOW + number * MINUTE
    standing = {
        "thread": f"rot-{number}",
        "payload": {"body": f"body {number}", "rotations": [f"rot-{number}"]},
        "event_at": at,
        "due_at": at,
    }
    return notice(f"n{number}", **(standing | changes))


async def pass_by(post: Post, minutes: int) -> None:
    """The worker looks every ten seconds."""
    for _ in range(6 * minutes):
        await post.drain_after(10 * SECOND)


async def test_what_came_bit_by_bit_through_an_outage_is_one_digest_after_it(post: Post) -> None:
    post.slack.faults.add(SlackFaultKind.STATUS, "webhook", **DOWN)
    for number in range(8):
        post.put(of(number * 5))
        await pass_by(post, 5)
    post.slack.faults.clear()
    await pass_by(post, 6)
    (text,) = post.texts()
    assert "8 notices" in text
    assert text.startswith("late by 4")


async def test_what_comes_back_one_by_one_comes_in_its_order(post: Post) -> None:
    post.rules = Rules(per_hour=99, digest_above=99)
    post.sender = post.another()
    post.slack.faults.add(SlackFaultKind.STATUS, "webhook", **DOWN)
    for number in range(7):
        post.put(of(number))
        await pass_by(post, 1)
    await pass_by(post, 30)
    post.slack.faults.clear()
    await pass_by(post, 6)
    numbers = [int(text.rpartition("n")[2]) for text in post.texts()]
    assert numbers == sorted(numbers) == list(range(7))


async def test_a_channel_that_asks_to_wait_is_sent_nothing_meanwhile(post: Post) -> None:
    post.slack.faults.add(SlackFaultKind.RATE_LIMITED, "webhook", retry_after=30)
    post.put(*(notice(f"n{k}", thread=f"t{k}") for k in range(3)))
    await post.sender.drain()
    for _ in range(29):
        await post.drain_after(SECOND)
    assert len(post.attempts) == 1
    assert await post.drain_after(2 * SECOND) == 3


async def test_a_notice_that_alone_is_never_taken_is_given_up_said_and_passed(post: Post) -> None:
    class Broken:
        def __init__(self, inner: object) -> None:
            self.inner = inner

        async def send(self, notice: Notice, how: object) -> dict[str, object]:
            if notice.dedup_key == "bad":
                raise DeliveryFailed("refused", "slack: a_word_nobody_knows")
            return await self.inner.send(notice, how)  # type: ignore[attr-defined,no-any-return]

        async def close(self) -> None:
            """Nothing to close."""

    channels = post.sender._channels
    post.sender._channels = dict(channels) | {"slack": Broken(channels["slack"])}
    post.put(notice("bad", act=Act.EDIT), notice("after it"))
    await pass_by(post, 60)
    assert post.stored("bad").failed_at is not None
    assert post.stored("bad").attempts == HOPELESS
    assert post.stored("after it").delivered_at is not None
    assert any("a_word_nobody_knows" in text for text in post.texts("operator"))


async def test_after_a_time_without_a_run_the_digest_blames_the_monitor_not_slack(
    post: Post,
) -> None:
    post.put(*(of(number) for number in range(4)))
    await post.drain_after(timedelta(hours=5))
    (message,) = post.slack.workspace.messages("alerts")
    assert "waited while the monitor caught up" in message.shown


async def test_how_long_a_tried_notice_waits_is_counted_from_when_it_was_wanted(post: Post) -> None:
    post.slack.faults.add(SlackFaultKind.STATUS, "webhook", **DOWN)
    held = {"body": "b", "rotations": [], "held_until": "2025-01-19T12:35:00Z"}
    post.put(of(0), notice("quiet", thread="q", payload=held, due_at=NOW + 60 * MINUTE))
    await pass_by(post, 180)
    with post.database.read() as conn:
        stats = outbox.pending_stats(conn, post.clock.now())
    assert stats.pending == 2
    assert stats.oldest_s == pytest.approx(180 * 60)


async def test_a_receipt_waits_for_a_store_that_is_busy_and_nothing_goes_twice(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = 3
    real = outbox.confirm

    def confirm(*arguments: object, **named: object) -> None:
        nonlocal busy
        if busy:
            busy -= 1
            raise DatabaseBusyError("busy", remedy="")
        real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "confirm", confirm)
    post.put(notice("n"))
    assert await post.sender.drain() == 1
    assert post.texts() == ["preview of n"]
    assert post.stored("n").delivered_at is not None


async def test_a_clock_that_was_set_back_does_not_shut_the_channel(post: Post) -> None:
    post.rules = Rules(per_hour=2)
    post.sender = post.another()
    post.clock.advance(timedelta(days=1))
    post.put(*(notice(f"n{k}", thread=f"t{k}", event_at=post.clock.now()) for k in range(2)))
    await post.sender.drain()
    post.clock.set(NOW + timedelta(hours=1))
    post.put(of(60))
    await post.sender.drain()
    assert post.stored("n60").delivered_at is not None


async def test_what_the_cap_freed_in_the_night_waits_for_the_morning(post: Post) -> None:
    post.rules = Rules(quiet=(time(11, 30), time(20)), zone=UTC)
    post.sender = post.another()
    post.put(of(0), of(1, urgent=True))
    await post.drain_after(2 * MINUTE)
    assert post.texts() == ["preview of n1"]
    post.clock.set(NOW.replace(hour=20, minute=1))
    await post.sender.drain()
    assert post.texts()[1].endswith("preview of n0")


async def test_one_message_that_slack_always_breaks_on_does_not_stand_before_the_others(
    post: Post,
) -> None:
    class Breaks:
        def __init__(self, inner: object) -> None:
            self.inner = inner

        async def send(self, notice: Notice, how: object) -> dict[str, object]:
            if notice.dedup_key == "bad":
                raise DeliveryFailed("server", "slack: internal_error")
            return await self.inner.send(notice, how)  # type: ignore[attr-defined,no-any-return]

        async def close(self) -> None:
            """Nothing to close."""

    post.rules = Rules(per_hour=99, digest_above=99)
    post.sender = post.another()
    channels = post.sender._channels
    post.sender._channels = dict(channels) | {"slack": Breaks(channels["slack"])}
    post.put(notice("bad", thread="bad"), *(of(number) for number in range(1, 4)))
    await pass_by(post, 25)
    assert {post.stored(f"n{number}").delivered_at is None for number in range(1, 4)} == {False}
    post.put(of(26))
    await pass_by(post, 2)
    assert post.stored("n26").delivered_at is not None  # and at once from then on
    await pass_by(post, 90)
    assert post.stored("bad").failed_at is not None
