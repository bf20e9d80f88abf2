"""A rotation's life where there is only a webhook: one short message after the other."""

from datetime import timedelta

import pytest

from monitor.delivery.channel import Receipt, Sending
from monitor.delivery.slack.webhook import SlackWebhook
from monitor.model.notice import Act, Notice, NoticeKind
from tests.integration.delivery.desk import AROUND, OPENED, RAISED, edit, reply, told, words
from tests.kit.rotations import DETECTED
from tests.kit.slack_server import Message, SlackServer


async def send(slack: SlackServer, notice: Notice, *, plain: bool = False) -> Receipt:
    """Through the webhook of the alerts, in time."""
    hook = SlackWebhook(slack.webhook_url("alerts"), timeout=timedelta(seconds=60))
    return await hook.send(notice, Sending(now=notice.event_at, plain=plain))


def kinds(message: Message) -> list[str]:
    """Kinds of its blocks."""
    return [block["type"] for block in message.blocks]


async def test_it_opens_with_the_whole_alert_and_a_line_for_a_picture(slack: SlackServer) -> None:
    receipt = await send(slack, told(Act.SAY))
    assert receipt == {"at": DETECTED.isoformat(), "answer": "ok"}
    (message,) = slack.workspace.channel("alerts")
    assert "header" in kinds(message)
    assert "image" not in kinds(message)
    assert AROUND.spark in message.shown
    assert message.text.startswith("WARNING AI agents → Memes")


async def test_a_later_change_is_a_short_message_with_the_same_id(slack: SlackServer) -> None:
    await send(slack, told(Act.SAY))
    await send(slack, reply())
    _, later = slack.workspace.channel("alerts")
    assert "header" not in kinds(later)
    assert later.text == reply().text
    assert "rot-7f3a" in later.shown


@pytest.mark.parametrize("notice", [edit(), told(Act.PICTURE)])
async def test_what_a_webhook_cannot_do_is_left_out_without_a_call(
    notice: Notice, slack: SlackServer
) -> None:
    assert await send(slack, notice) == {"left_out": "a webhook cannot edit"}
    assert slack.calls == []


@pytest.mark.parametrize("kind", [NoticeKind.SCORECARD, NoticeKind.REMINDER])
async def test_a_scorecard_and_a_reminder_are_short(kind: NoticeKind, slack: SlackServer) -> None:
    await send(slack, told(Act.REPLY, RAISED, kind=kind))
    (message,) = slack.workspace.channel("alerts")
    assert "header" not in kinds(message)
    assert "rot-7f3a" in message.shown


async def test_words_are_told_as_they_are(slack: SlackServer) -> None:
    await send(slack, words("test|1", NoticeKind.TEST, "Monitor: a test\nnothing happened"))
    (message,) = slack.workspace.channel("alerts")
    assert message.text == "Monitor: a test"
    assert message.blocks[0]["text"]["text"] == "Monitor: a test\nnothing happened"


@pytest.mark.parametrize("notice", [told(Act.SAY, OPENED), reply()])
async def test_the_plain_form_says_the_same_in_one_text(notice: Notice, slack: SlackServer) -> None:
    await send(slack, notice, plain=True)
    (message,) = slack.workspace.channel("alerts")
    assert message.blocks == []
    assert message.text.startswith(notice.text)
    assert "rot-7f3a" in message.text
    assert len(message.text) <= 3500
