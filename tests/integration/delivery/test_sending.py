"""Outbox to Slack: each notice once, in order, through every refusal."""

import asyncio
import json
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import Connection

from monitor.delivery.channel import ChannelSender, Receipt, Sending
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.sender import LEASE, LONGEST_PAUSE
from monitor.model.notice import Notice, NoticeKind
from monitor.store import outbox
from monitor.store.errors import DatabaseFullError
from tests.integration.delivery.post import MINUTE, NOW, Post, notice
from tests.kit.slack_server import SlackFaultKind
from tests.kit.waiting import PATIENCE_S, soon

SECOND = timedelta(seconds=1)


async def test_each_notice_goes_once_and_a_thread_in_its_order(post: Post) -> None:
    post.put(*(notice(f"n{i}", thread=f"rot-{i % 2}") for i in range(6)))
    assert await post.sender.drain() == 6
    assert await post.drain_after(MINUTE) == 0
    shown = post.texts()
    assert sorted(shown) == [f"preview of n{i}" for i in range(6)]
    assert [t for t in shown if int(t[-1]) % 2 == 0] == [f"preview of n{i}" for i in (0, 2, 4)]
    assert post.stored("n0").receipt == {"at": NOW.isoformat(), "answer": "ok"}
    assert [a.outcome for a in post.attempts] == ["delivered"] * 6


async def test_the_body_goes_in_blocks_that_slack_accepts_and_links_nothing(post: Post) -> None:
    post.put(notice("n", payload={"body": "a <!channel> & https://example.com\nid rot-1"}))
    await post.sender.drain()
    (message,) = post.slack.workspace.messages("alerts")
    assert message.blocks == [
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": "a &lt;!channel&gt; &amp; https://example.com\nid rot-1",
                "verbatim": True,
            },
            "expand": True,
        }
    ]
    assert message.mentions == []
    assert post.slack.calls[0][1]["unfurl_links"] is False
    assert post.slack.workspace.complaints == []


async def test_a_notice_that_is_not_due_waits(post: Post) -> None:
    post.put(notice("n", due_at=NOW + timedelta(hours=2)))
    assert await post.drain_after(timedelta(minutes=119)) == 0
    assert await post.drain_after(MINUTE) == 1


async def test_slack_is_waited_for_as_long_as_it_asks(post: Post) -> None:
    post.slack.faults.add(SlackFaultKind.RATE_LIMITED, "webhook", retry_after=77)
    post.put(notice("first"), notice("second"))
    assert await post.sender.drain() == 0
    assert await post.drain_after(76 * SECOND) == 0
    assert post.texts() == []
    assert await post.drain_after(SECOND) == 2
    assert post.texts() == ["preview of first", "preview of second"]
    assert post.attempts[0].outcome == "rate_limited"


@pytest.mark.parametrize("retry_after", [None, 1e9])
async def test_a_wait_that_is_missing_or_absurd_is_bounded(
    post: Post, retry_after: float | None
) -> None:
    post.slack.faults.add(SlackFaultKind.RATE_LIMITED, "webhook", retry_after=retry_after)
    post.put(notice("n"))
    await post.sender.drain()
    wait = post.stored("n").notice.due_at - NOW
    assert wait == (30 * SECOND if retry_after is None else timedelta(hours=1))


async def test_a_server_in_trouble_is_asked_again_ever_less_often(post: Post) -> None:
    trouble = {"channel": "C0ALERTS", "status": 503, "body": "busy", "left": 9}
    post.slack.faults.add(SlackFaultKind.STATUS, "webhook", **trouble)
    post.put(notice("n"))
    pauses = []
    for _ in range(9):
        await post.sender.drain()
        assert post.stored("n").delivered_at is None
        pauses.append((post.stored("n").notice.due_at - post.clock.now()).total_seconds())
        post.clock.set(post.stored("n").notice.due_at)
    for pause, least in zip(pauses, (5, 10, 20, 40, 80, 160, 300, 300, 300), strict=True):
        assert least <= pause <= 1.2 * least  # a fifth on top, so that many do not come at once
    assert timedelta(seconds=max(pauses)) <= 1.2 * LONGEST_PAUSE
    await post.sender.drain()
    assert len(post.texts()) == 1


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (SlackFaultKind.RESET, {}),
        (SlackFaultKind.STALL, {"seconds": 120.0}),
        (SlackFaultKind.STATUS, {"status": 200, "body": "<html>sign in to this network</html>"}),
        (SlackFaultKind.STATUS, {"status": 408, "body": ""}),
    ],
)
async def test_no_answer_is_tried_again(
    post: Post, kind: SlackFaultKind, options: dict[str, object]
) -> None:
    post.timeout = timedelta(seconds=4)
    post.sender = post.another()
    post.slack.faults.add(kind, "webhook", **options)
    post.put(notice("n"))
    assert await post.sender.drain() == 0
    assert post.stored("n").failed_at is None
    assert await post.drain_after(6 * SECOND) == 1
    assert post.texts() == ["preview of n"]


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (410, "channel_is_archived"),
        (404, "no_service"),
        (403, "invalid_token"),
        (403, "action_prohibited"),
        (404, "<html>no such page</html>"),
    ],
)
async def test_a_refusal_for_good_fails_the_notice_and_tells_the_operator_elsewhere(
    post: Post, status: int, word: str
) -> None:
    post.slack.faults.add(
        SlackFaultKind.STATUS, "webhook", channel="C0ALERTS", status=status, body=word, left=None
    )
    post.put(notice("n1"), notice("n2"))
    await post.sender.drain()
    said = word if "<" not in word else f"HTTP {status}"
    for key in ("n1", "n2"):
        assert post.stored(key).failed_at == NOW
        assert post.stored(key).error == f"slack: {said}"
    assert post.texts() == []
    assert post.texts("operator") == [  # once, though two notices failed
        f"Monitor: slack refuses notices: slack: {said}. They are kept and shown by `monitor status`."
    ]


async def test_an_archived_channel_is_such_a_refusal(post: Post) -> None:
    post.slack.archive("alerts")
    post.put(notice("n"))
    await post.sender.drain()
    assert post.stored("n").error == "slack: channel_is_archived"
    assert len(post.texts("operator")) == 1


async def test_an_operators_channel_that_refuses_makes_no_more_notices(post: Post) -> None:
    post.slack.archive("operator")
    post.put(notice("n", channel="operator", kind=NoticeKind.OPERATOR))
    await post.sender.drain()
    assert [stored.notice.dedup_key for stored in post.all_stored()] == ["n"]


async def test_a_dead_channel_delays_no_other(post: Post) -> None:
    post.slack.faults.add(
        SlackFaultKind.STATUS, "webhook", channel="C0ALERTS", status=500, left=None
    )
    post.put(notice("alert"), notice("told", channel="operator", kind=NoticeKind.OPERATOR))
    assert await post.sender.drain() == 1
    assert post.texts("operator") == ["preview of told"]


async def test_a_form_that_is_refused_goes_plain_once_and_whole(post: Post) -> None:
    post.slack.faults.add(SlackFaultKind.ERROR, "webhook", error="invalid_blocks")
    post.put(notice("n"))
    assert await post.sender.drain() == 1
    (message,) = post.slack.workspace.messages("alerts")
    assert message.blocks == []
    assert message.text == "preview of n\n\nheadline of n\nbody of n"
    assert [attempt.outcome for attempt in post.attempts] == ["payload", "delivered"]


async def test_a_plain_form_that_is_refused_too_fails(post: Post) -> None:
    post.slack.faults.add(SlackFaultKind.ERROR, "webhook", error="invalid_payload", left=2)
    post.put(notice("n"))
    assert await post.sender.drain() == 1  # the operator's
    assert post.stored("n").failed_at == NOW
    assert "invalid_payload" in post.texts("operator")[0]


async def test_a_failed_notice_lets_its_thread_go_on(post: Post) -> None:
    post.slack.faults.add(SlackFaultKind.ERROR, "webhook", error="action_prohibited")
    post.put(notice("first"), notice("second"))
    await post.sender.drain()
    assert post.texts() == ["preview of second"]


async def test_a_late_notice_says_how_late(post: Post) -> None:
    told = notice("told", text="Monitor: gate is down", kind=NoticeKind.OPERATOR, thread="o")
    post.put(notice("n"), told)
    await post.drain_after(timedelta(hours=2, minutes=10))
    assert post.texts() == [
        "late by 2 h 10 min: preview of n",
        "Monitor: gate is down (late by 2 h 10 min)",
    ]
    (message, _) = post.slack.workspace.messages("alerts")
    assert message.blocks[0]["text"]["text"].startswith("late by 2 h 10 min: headline of n")


async def test_ten_minutes_are_not_late(post: Post) -> None:
    post.put(notice("n"))
    await post.drain_after(10 * MINUTE)
    assert post.texts() == ["preview of n"]


async def test_two_workers_send_nothing_twice(post: Post) -> None:
    post.put(*(notice(f"n{i}", thread=f"t{i}") for i in range(10)))  # fewer than an hour may have
    counts = await asyncio.gather(post.sender.drain(), post.another().drain())
    assert sum(counts) == 10
    assert sorted(post.texts()) == sorted(f"preview of n{i}" for i in range(10))


async def test_a_worker_killed_after_its_claim_is_followed_only_when_its_lease_is_over(
    post: Post,
) -> None:
    post.put(notice("n"))
    with post.database.write() as conn:
        assert outbox.claim(conn, now=NOW, lease=LEASE) is not None  # and dies here
    assert await post.drain_after(LEASE - SECOND) == 0
    assert post.texts() == []
    assert await post.drain_after(SECOND) == 1
    assert post.texts() == ["preview of n"]


async def test_a_store_that_takes_no_receipt_for_longer_than_the_lease_costs_no_repeat(
    post: Post,
) -> None:
    post.put(notice("n"))
    stop, refused = asyncio.Event(), 0

    def guard(_: Connection) -> None:
        nonlocal refused
        if post.texts():
            refused += 1
            raise DatabaseFullError("the disk is full")

    post.database.guard = guard
    work = asyncio.create_task(post.sender.run(stop))
    began = post.clock.now()
    await soon(lambda: post.clock.now() - began > 3 * LEASE, what="the lease is long over")
    post.database.guard = None
    await soon(lambda: post.stored("n").delivered_at is not None, what="the receipt is written")
    stop.set()
    await work
    assert refused > 3
    assert post.texts() == ["preview of n"]


async def test_an_answer_that_was_lost_is_the_one_repeat_and_carries_the_same_id(
    post: Post,
) -> None:
    post.slack.faults.add(SlackFaultKind.RESET_AFTER, "webhook")
    post.put(notice("n", payload={"body": "headline\nrot-7f3a"}))
    assert await post.sender.drain() == 0
    assert await post.drain_after(6 * SECOND) == 1
    messages = post.slack.workspace.messages("alerts")
    assert len(messages) == 2
    assert all("rot-7f3a" in message.shown for message in messages)


async def test_the_address_stands_in_no_row_no_log_and_no_error(post: Post) -> None:
    secret = post.slack.webhook_url("alerts").rsplit("/", 1)[1]
    post.slack.faults.add(SlackFaultKind.STATUS, "webhook", status=500, body=f"no way to {secret}")
    post.slack.faults.add(SlackFaultKind.RESET, "webhook")
    post.slack.faults.add(SlackFaultKind.STATUS, "webhook", status=404, body=f"/x/{secret}")
    post.put(notice("n"))
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            await post.drain_after(MINUTE)
    assert post.stored("n").failed_at is not None
    assert [line["event"] for line in logs].count("not sent") == 3
    everything = f"{logs} {post.all_stored()} {post.texts('operator')}"
    assert secret not in everything
    assert post.slack.base_url not in everything


async def test_the_clients_own_log_says_nothing(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    post.put(notice("n"))
    await post.sender.drain()
    assert "/services/" not in caplog.text


async def test_a_notice_that_breaks_its_channel_is_put_off_and_stops_no_other(post: Post) -> None:
    class Broken:
        def __init__(self, inner: ChannelSender) -> None:
            self.inner = inner

        async def send(self, notice: Notice, how: Sending) -> Receipt:
            if notice.dedup_key == "bad":
                raise KeyError("https://hooks.example/services/secret")
            return await self.inner.send(notice, how)

        async def close(self) -> None:
            """Nothing to close."""

    channels = post.sender._channels
    post.sender._channels = dict(channels) | {"slack": Broken(channels["slack"])}
    post.put(notice("bad", thread="a"), notice("good", thread="b"))
    with structlog.testing.capture_logs() as logs:
        assert await post.sender.drain() == 1
    assert post.texts() == ["preview of good"]
    assert post.stored("bad").error == f"{outbox.DOUBT}slack: KeyError"
    assert post.stored("bad").notice.due_at > NOW
    assert "secret" not in json.dumps(logs, default=str)


async def test_running_workers_send_what_is_woken_and_end_when_told(post: Post) -> None:
    stop = asyncio.Event()
    work = asyncio.create_task(post.sender.run(stop))
    post.put(notice("n"))
    post.sender.wake()
    await soon(lambda: bool(post.texts()), what="the notice sent")
    assert post.texts() == ["preview of n"]
    stop.set()
    await asyncio.wait_for(work, PATIENCE_S)
    await post.sender.close()


def test_an_error_says_what_to_do_next() -> None:
    error = DeliveryFailed("server", "slack: HTTP 500")
    assert (error.permanent, error.retry_after, error.payload_refused) == (False, None, False)
    assert str(error) == "slack: HTTP 500"
