"""What cannot be replied to or edited any more falls back, and nothing is lost by it."""

import pytest

from monitor.delivery.errors import DeliveryFailed
from monitor.model.notice import Act, NoticeKind
from tests.integration.delivery.desk import OPENED, RAISED, Desk, edit, reply, told
from tests.kit.slack_server import SlackFaultKind


async def test_a_reply_to_a_deleted_parent_becomes_the_new_parent(desk: Desk) -> None:
    gone = await desk.open()
    desk.slack.delete(gone)
    receipt = await desk.send(reply())
    assert receipt["act"] == "say"
    (parent,) = desk.slack.workspace.channel("alerts")
    assert any(block["type"] == "header" for block in parent.blocks)
    await desk.send(edit())
    await desk.send(told(Act.REPLY, RAISED, dedup_key="later"))
    assert (parent.edits, len(parent.replies)) == (1, 1)


@pytest.mark.parametrize(
    "word",
    [
        "cannot_reply_to_message",
        "thread_not_found",
        "message_not_found",
        "thread_locked",
        "restricted_action_thread_locked",
        "restricted_action_non_threadable_channel",
    ],
)
async def test_every_word_for_a_thread_that_is_gone_means_a_new_message(
    word: str, desk: Desk
) -> None:
    await desk.open()
    desk.slack.faults.add(SlackFaultKind.ERROR, "chat.postMessage", error=word)
    assert (await desk.send(reply()))["act"] == "say"
    assert len(desk.slack.workspace.channel("alerts")) == 2


async def test_a_scorecard_without_its_thread_stays_short(desk: Desk) -> None:
    desk.slack.delete(await desk.open())
    await desk.send(told(Act.REPLY, RAISED, kind=NoticeKind.SCORECARD))
    assert not any(block["type"] == "header" for block in desk.parent().blocks)


@pytest.mark.parametrize("word", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_a_parent_that_takes_no_edit_is_left_as_it_is(word: str, desk: Desk) -> None:
    parent = await desk.open()
    desk.slack.faults.add(SlackFaultKind.ERROR, "chat.update", error=word)
    assert await desk.send(edit()) == {"left_out": f"slack: {word}"}
    assert parent.edits == 0


async def test_an_edit_of_a_deleted_parent_is_left_out(desk: Desk) -> None:
    desk.slack.delete(await desk.open())
    assert await desk.send(edit()) == {"left_out": "slack: message_not_found"}


async def test_an_edit_of_what_was_never_said_is_left_out_without_a_call(desk: Desk) -> None:
    assert "left_out" in await desk.send(edit())
    assert "left_out" in await desk.send(told(Act.PICTURE))
    assert desk.slack.calls == []


async def test_an_edit_that_tells_no_change_is_left_out(desk: Desk) -> None:
    await desk.open()
    notice = told(Act.EDIT)
    del notice.payload["around"]
    assert await desk.send(notice) == {"left_out": "it tells no change"}


@pytest.mark.parametrize("act", [Act.SAY, Act.REPLY, Act.EDIT])
async def test_an_archived_channel_is_for_a_person_to_mend(act: Act, desk: Desk) -> None:
    await desk.open()
    desk.slack.archive("alerts")
    with pytest.raises(DeliveryFailed, match="slack: is_archived") as caught:
        await desk.send(told(act, RAISED, first=OPENED))
    assert caught.value.permanent
    assert caught.value.kind == "configuration"


@pytest.mark.parametrize("act", [Act.SAY, Act.REPLY, Act.EDIT])
async def test_so_is_a_token_that_was_revoked(act: Act, desk: Desk) -> None:
    await desk.open()
    desk.slack.revoke()
    with pytest.raises(DeliveryFailed, match="slack: token_revoked") as caught:
        await desk.send(told(act, RAISED, first=OPENED))
    assert caught.value.permanent


async def test_a_token_that_may_attach_no_metadata_posts_without(desk: Desk) -> None:
    word = "metadata_must_be_sent_from_app"
    desk.slack.faults.add(SlackFaultKind.ERROR, "chat.postMessage", error=word)
    parent = await desk.open()
    assert parent.metadata is None
    assert parent.blocks
