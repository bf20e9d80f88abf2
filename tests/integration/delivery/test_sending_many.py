"""Outages, quiet hours and the cap: many notices become one, and what is wrong with a channel is told on another."""

from datetime import timedelta

from monitor.delivery.batching import Rules
from monitor.store import outbox
from tests.integration.delivery.post import MINUTE, NOW, Post, notice
from tests.kit.slack_server import SlackFaultKind


def _of(rotation: str) -> dict[str, object]:
    return {"body": f"body of {rotation}", "rotations": [rotation]}


async def test_an_outage_is_told_on_the_other_channel_once_when_it_lasts_and_once_when_it_is_over(
    post: Post,
) -> None:
    post.slack.faults.add(
        SlackFaultKind.STATUS, "webhook", channel="C0ALERTS", status=503, left=None
    )
    post.put(notice("n"))
    for _ in range(6):  # ten minutes are no outage yet
        await post.drain_after(timedelta(minutes=2))
    assert post.texts("operator") == []
    for minutes in (6, 30, 30):
        post.sender = post.another()  # a restart forgets nothing
        await post.drain_after(timedelta(minutes=minutes))
    (first,) = post.texts("operator")
    assert first.startswith("Monitor: slack has taken nothing since 19 Jan 2025, 11:37 UTC: slack:")
    post.slack.faults.clear()
    await post.drain_after(timedelta(minutes=30))
    await post.drain_after(timedelta(minutes=30))
    assert post.texts("operator")[1:] == ["Monitor: slack is well again after 1 h 46 min."]
    assert len(post.texts()) == 1


async def test_more_than_three_late_ones_become_a_digest_and_their_threads_go_on_after_it(
    post: Post,
) -> None:
    post.slack.faults.add(
        SlackFaultKind.STATUS, "webhook", channel="C0ALERTS", status=503, left=None
    )
    post.put(*(notice(f"n{i}", thread=f"rot-{i}", payload=_of(f"rot-{i}")) for i in range(3)))
    await post.drain_after(timedelta(minutes=20))
    assert {s.notice.told_in for s in post.all_stored()} == {None}
    post.put(notice("n3", thread="rot-3", payload=_of("rot-3")))
    await post.drain_after(timedelta(hours=1))  # it fails as a digest
    post.put(notice("n4", thread="rot-0", payload=_of("rot-0")))
    await post.drain_after(timedelta(hours=1))
    post.slack.faults.clear()
    await post.drain_after(timedelta(hours=1))
    (text,) = post.texts()
    assert text.startswith("late by 3 h 20 min: 5 notices: of several rotations")
    (message,) = post.slack.workspace.messages("alerts")
    for line in ("preview of n4 (rot-0) (2 notices)", "preview of n3 (rot-3)"):
        assert line in message.shown
    post.put(notice("n5", thread="rot-0", event_at=post.clock.now()))
    assert await post.sender.drain() == 1


async def test_over_the_cap_one_line_says_how_many_were_held_and_critical_ones_go(
    post: Post,
) -> None:
    post.rules = Rules(per_hour=2)
    post.sender = post.another()
    post.put(*(notice(f"n{i}", thread=f"rot-{i}", payload=_of(f"rot-{i}")) for i in range(5)))
    post.put(notice("loud", thread="loud", urgent=True))
    await post.sender.drain()
    assert post.texts() == ["preview of n0", "preview of n1", "preview of loud"]
    assert await post.drain_after(timedelta(minutes=59)) == 0
    assert await post.drain_after(timedelta(minutes=2)) == 1
    assert post.texts()[3] == (
        "3 messages were held by the hourly cap: of several rotations."
        " See: monitor rotations, or the page"
    )


async def test_quiet_hours_end_in_one_digest(post: Post) -> None:
    held = {"held_until": "2025-01-19T12:35:00Z"}
    post.put(
        *(
            notice(
                f"n{i}",
                thread=f"rot-{i}",
                due_at=NOW + timedelta(hours=1),
                payload=_of(f"rot-{i}") | held,
            )
            for i in range(2)
        )
    )
    assert await post.drain_after(timedelta(minutes=59)) == 0
    assert await post.drain_after(timedelta(minutes=1)) == 1
    (text,) = post.texts()
    assert "2 notices of quiet hours" in text
    assert "late" not in text


async def test_what_was_refused_for_good_is_tried_once_more_at_a_start_unless_passed_over(
    post: Post,
) -> None:
    post.slack.faults.add(SlackFaultKind.ERROR, "webhook", error="action_prohibited", left=2)
    post.put(notice("passed"), notice("alone", thread="rot-2"))
    await post.sender.drain()
    post.put(notice("next"))
    await post.sender.drain()
    with post.database.write() as conn:
        assert outbox.revive(conn, since=NOW - timedelta(days=1), now=NOW) == 1
    await post.drain_after(MINUTE)
    assert post.texts() == ["preview of next", "preview of alone"]
    assert post.stored("passed").failed_at is not None
