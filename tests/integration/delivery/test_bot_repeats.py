"""A try whose answer was lost is found again, so that its notice is not said twice."""

from typing import Any

import pytest
import structlog

from monitor.delivery.errors import DeliveryFailed
from monitor.model.notice import Act, Notice
from tests.integration.delivery.desk import Desk, NewDesk, reply, told
from tests.kit.slack_server import SlackFaultKind, SlackServer
from tests.kit.slack_server.server import SCOPES

LOST = [SlackFaultKind.RESET_AFTER, SlackFaultKind.HALF_JSON, SlackFaultKind.STALL_AFTER]


async def lose(desk: Desk, notice: Notice, kind: SlackFaultKind) -> None:
    """It is posted, and the answer does not come."""
    desk.slack.faults.add(kind, "chat.postMessage", seconds=5.0)
    with pytest.raises(DeliveryFailed) as caught:
        await desk.send(notice)
    assert (caught.value.kind, caught.value.permanent) == ("unreachable", False)


@pytest.mark.parametrize("kind", LOST)
async def test_a_message_whose_answer_was_lost_is_one_message(
    kind: SlackFaultKind, slack: SlackServer, new_desk: NewDesk
) -> None:
    desk = new_desk(slack)
    await lose(desk, told(Act.SAY), kind)
    receipt = await desk.send(told(Act.SAY), attempt=2)
    (message,) = slack.workspace.messages("alerts")
    assert (receipt["channel"], receipt["ts"], receipt["act"]) == ("C0ALERTS", message.ts, "say")
    await desk.send(reply())
    assert len(message.replies) == 1


async def test_so_is_a_reply(desk: Desk) -> None:
    parent = await desk.open()
    await lose(desk, reply(), SlackFaultKind.RESET_AFTER)
    receipt = await desk.send(reply(), attempt=2)
    (said,) = parent.replies
    assert (receipt["ts"], receipt["act"]) == (said.ts, "reply")


async def test_so_is_a_reply_that_had_lost_its_thread(desk: Desk) -> None:
    desk.slack.delete(await desk.open())
    desk.slack.faults.add(SlackFaultKind.RESET_AFTER, "chat.postMessage", skip=1)
    with pytest.raises(DeliveryFailed):
        await desk.send(reply())
    receipt = await desk.send(reply(), attempt=2)
    (message,) = desk.slack.workspace.channel("alerts")
    assert (receipt["ts"], receipt["act"]) == (message.ts, "say")


async def test_a_message_is_found_behind_many_others(desk: Desk) -> None:
    await lose(desk, told(Act.SAY), SlackFaultKind.RESET_AFTER)
    for number in range(450):
        desk.slack._service.post("C0ALERTS", f"chat {number}", None, via="bot")
    await desk.send(told(Act.SAY), attempt=2)
    assert len(desk.called("conversations.history")) == 3
    assert len(desk.called("chat.postMessage")) == 1


async def test_a_look_is_bounded_and_a_message_that_is_not_there_is_posted(desk: Desk) -> None:
    for number in range(1200):
        desk.slack._service.post("C0ALERTS", f"chat {number}", None, via="bot")
    await desk.send(told(Act.SAY), attempt=2)
    assert len(desk.called("conversations.history")) == 5
    assert len(desk.called("chat.postMessage")) == 1


async def test_only_the_same_notice_of_the_same_channel_is_a_copy(desk: Desk) -> None:
    await desk.send(told(Act.SAY, dedup_key="another"))
    await desk.send(told(Act.SAY, channel="operator"))
    await desk.send(told(Act.SAY), attempt=2)
    assert len(desk.slack.workspace.messages("alerts")) == 3


async def test_a_first_try_looks_for_nothing(desk: Desk) -> None:
    await desk.open()
    assert desk.called("conversations.history") == []


async def test_without_the_right_to_read_the_notice_goes_and_it_is_logged(
    new_desk: NewDesk,
) -> None:
    with SlackServer(scopes=SCOPES - {"channels:history"}, max_seconds=120) as slack:
        desk = new_desk(slack)
        with structlog.testing.capture_logs() as logs:
            await desk.send(told(Act.SAY), attempt=2)
        assert len(slack.workspace.messages("alerts")) == 1
        (line,) = [entry for entry in logs if entry["log_level"] == "warning"]
        assert line["error"] == "slack: missing_scope"


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (SlackFaultKind.STATUS, {"status": 503, "body": "busy"}),
        (SlackFaultKind.RATE_LIMITED, {"retry_after": 9}),
        (SlackFaultKind.RESET, {}),
    ],
)
async def test_a_look_without_an_answer_puts_off_a_few_times_then_the_notice_goes(
    kind: SlackFaultKind, options: dict[str, Any], desk: Desk
) -> None:
    desk.slack.faults.add(kind, "conversations.history", left=None, **options)
    for attempt in (2, 3, 4):
        with pytest.raises(DeliveryFailed):
            await desk.send(told(Act.SAY), attempt=attempt)
    assert desk.slack.workspace.messages("alerts") == []
    await desk.send(told(Act.SAY), attempt=5)
    assert len(desk.slack.workspace.messages("alerts")) == 1


async def test_tries_that_were_killed_or_put_off_make_no_look_less_sure(desk: Desk) -> None:
    await lose(desk, told(Act.SAY), SlackFaultKind.RESET_AFTER)
    desk.slack.faults.add(SlackFaultKind.RESET, "conversations.history")
    with pytest.raises(DeliveryFailed):
        await desk.send(told(Act.SAY), attempt=9)
    await desk.send(told(Act.SAY), attempt=10)
    assert len(desk.slack.workspace.messages("alerts")) == 1


async def test_a_channel_known_by_name_alone_cannot_be_looked_through(
    slack: SlackServer, new_desk: NewDesk
) -> None:
    desk = new_desk(slack, channel="#alerts")
    with structlog.testing.capture_logs() as logs:
        await desk.send(told(Act.SAY), attempt=2)
    assert len(slack.workspace.messages("alerts")) == 1
    assert [entry["error"] for entry in logs if entry["log_level"] == "warning"] == ["no id"]


async def test_once_it_has_posted_there_it_can(slack: SlackServer, new_desk: NewDesk) -> None:
    desk = new_desk(slack, channel="#alerts")
    await desk.open(dedup_key="before")
    await lose(desk, told(Act.SAY), SlackFaultKind.RESET_AFTER)
    await desk.send(told(Act.SAY), attempt=2)
    assert len(slack.workspace.messages("alerts")) == 2


async def test_a_repeated_edit_shows_the_same(desk: Desk) -> None:
    parent = await desk.open()
    notice = told(Act.EDIT)
    desk.slack.faults.add(SlackFaultKind.RESET_AFTER, "chat.update")
    with pytest.raises(DeliveryFailed):
        await desk.send(notice)
    shown = parent.shown
    await desk.send(notice, attempt=2)
    assert parent.shown == shown
