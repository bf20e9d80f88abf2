"""The chart goes into the alert; whatever fails about it, the alert is out and what follows goes on."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from monitor.content.mail import Inline
from monitor.delivery.errors import DeliveryFailed
from monitor.model.notice import Act, Notice
from tests.integration.delivery.desk import (
    PICTURE,
    RAISED,
    Desk,
    NewDesk,
    edit,
    reply,
    told,
)
from tests.kit.slack_server import Message, SlackFaultKind, SlackServer
from tests.kit.slack_server.server import SCOPES

UPLOAD_STEPS = ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"]


@pytest.fixture
def processing() -> Iterator[SlackServer]:
    """A workspace that takes three looks to know what a file is."""
    with SlackServer(processing_polls=3, max_seconds=120) as server:
        yield server


def images(message: Message) -> list[str]:
    """Files that a message shows inside."""
    return [b["slack_file"]["id"] for b in message.blocks if b["type"] == "image"]


async def test_the_alert_goes_first_and_shows_its_picture_afterwards(desk: Desk) -> None:
    parent = await desk.open()
    before = parent.blocks
    assert images(parent) == []
    receipt = await desk.send(told(Act.PICTURE))
    assert receipt == {"file": images(parent)[0], "alt": PICTURE.alt, "shown": "parent"}
    assert [block for block in parent.blocks if block["type"] == "header"] == [
        block for block in before if block["type"] == "header"
    ]
    assert parent.text.startswith("WARNING")
    assert parent.replies == []
    assert desk.slack.workspace.complaints == []  # no token went to the upload's address


async def test_a_file_is_waited_for_while_slack_works_on_it(
    processing: SlackServer, new_desk: NewDesk
) -> None:
    desk = new_desk(processing)
    parent = await desk.open()
    assert (await desk.send(told(Act.PICTURE)))["shown"] == "parent"
    assert len(desk.called("files.info")) == 3
    assert len(images(parent)) == 1
    assert processing.workspace.refusals == []


async def test_a_file_that_is_never_ready_goes_into_the_thread(new_desk: NewDesk) -> None:
    with SlackServer(processing_polls=10_000, max_seconds=120) as slack:
        desk = new_desk(slack)
        parent = await desk.open()
        receipt = await desk.send(told(Act.PICTURE))
        assert receipt["shown"] == "thread"
        (shared,) = parent.replies
        assert shared.files == (receipt["file"],)
        assert images(parent) == []
        assert [word for _, word in slack.workspace.refusals] == ["invalid_blocks"] * 3
        await desk.send(edit())
        assert images(parent) == []


async def test_without_the_right_to_look_at_files_it_is_simply_tried(new_desk: NewDesk) -> None:
    with SlackServer(scopes=SCOPES - {"files:read"}, max_seconds=120) as slack:
        desk = new_desk(slack)
        parent = await desk.open()
        assert (await desk.send(told(Act.PICTURE)))["shown"] == "parent"
        assert len(images(parent)) == 1


async def test_without_the_right_to_upload_the_alert_stands_alone(new_desk: NewDesk) -> None:
    with SlackServer(scopes=SCOPES - {"files:write"}, max_seconds=120) as slack:
        desk = new_desk(slack)
        parent = await desk.open()
        receipt = await desk.send(told(Act.PICTURE))
        assert receipt == {"left_out": "no picture: slack: missing_scope"}
        await desk.send(reply())
        assert len(parent.replies) == 1


@pytest.mark.parametrize("step", UPLOAD_STEPS)
async def test_an_upload_that_is_refused_is_left_out_at_once(step: str, desk: Desk) -> None:
    await desk.open()
    desk.slack.faults.add(
        SlackFaultKind.STATUS, step, status=403, body="no uploads here", left=None
    )
    receipt = await desk.send(told(Act.PICTURE))
    assert receipt == {"left_out": "no picture: slack: HTTP 403"}
    assert desk.parent().edits == 0


@pytest.mark.parametrize("word", ["file_uploads_disabled", "storage_limit_reached"])
async def test_so_is_one_that_slack_has_a_word_for(word: str, desk: Desk) -> None:
    await desk.open()
    desk.slack.faults.add(SlackFaultKind.ERROR, "files.getUploadURLExternal", error=word)
    assert await desk.send(told(Act.PICTURE)) == {"left_out": f"no picture: slack: {word}"}


@pytest.mark.parametrize("step", UPLOAD_STEPS)
@pytest.mark.parametrize(
    ("fault", "options", "kind"),
    [
        (SlackFaultKind.STATUS, {"status": 500, "body": "internal_error"}, "server"),
        (SlackFaultKind.RATE_LIMITED, {"retry_after": 7}, "rate_limited"),
        (SlackFaultKind.RESET, {}, "unreachable"),
    ],
)
async def test_an_upload_in_trouble_is_tried_again_a_few_times(
    step: str, fault: SlackFaultKind, options: dict[str, Any], kind: str, desk: Desk
) -> None:
    parent = await desk.open()
    desk.slack.faults.add(fault, step, left=None, **options)
    for attempt in (1, 2, 3):
        with pytest.raises(DeliveryFailed) as caught:
            await desk.send(told(Act.PICTURE), attempt=attempt)
        assert caught.value.kind == kind
        assert not caught.value.permanent
    assert "left_out" in await desk.send(told(Act.PICTURE), attempt=4)
    desk.slack.faults.clear()
    await desk.send(told(Act.PICTURE), attempt=3)
    assert len(images(parent)) == 1


async def test_an_edit_in_trouble_is_tried_again_and_shows_one_picture(desk: Desk) -> None:
    parent = await desk.open()
    desk.slack.faults.add(SlackFaultKind.RESET_AFTER, "chat.update")
    with pytest.raises(DeliveryFailed):
        await desk.send(told(Act.PICTURE))
    receipt = await desk.send(told(Act.PICTURE), attempt=2)
    assert images(parent) == [receipt["file"]]
    assert parent.replies == []


@pytest.mark.parametrize("word", ["cant_update_message", "edit_window_closed"])
async def test_a_parent_that_takes_no_edit_has_the_picture_in_its_thread(
    word: str, desk: Desk
) -> None:
    parent = await desk.open()
    desk.slack.faults.add(SlackFaultKind.ERROR, "chat.update", error=word)
    assert (await desk.send(told(Act.PICTURE)))["shown"] == "thread"
    assert len(parent.replies) == 1


async def test_a_picture_for_a_deleted_parent_is_left_out(desk: Desk) -> None:
    desk.slack.delete(await desk.open())
    receipt = await desk.send(told(Act.PICTURE))
    assert receipt == {"left_out": "no picture: the alert is gone"}
    assert desk.slack.workspace.channel("alerts") == []


async def test_a_parent_that_was_edited_since_is_not_set_back(desk: Desk) -> None:
    parent = await desk.open()
    await desk.send(reply())
    await desk.send(edit())
    shown = parent.shown
    assert (await desk.send(told(Act.PICTURE)))["shown"] == "thread"
    assert parent.shown == shown


async def test_a_chart_that_cannot_be_drawn_says_so_without_its_words(
    slack: SlackServer, new_desk: NewDesk
) -> None:
    def broken(notice: Notice) -> Inline:
        raise ValueError("no such file: /home/somebody/secret")

    desk = new_desk(slack, draw=broken)
    await desk.open()
    receipt = await desk.send(told(Act.PICTURE))
    assert receipt == {"left_out": "no picture: drawing failed (ValueError)"}


async def test_where_nothing_is_to_be_drawn_nothing_is_called(
    slack: SlackServer, new_desk: NewDesk
) -> None:
    def nothing(notice: Notice) -> Inline | None:
        return None

    for draw in (None, nothing):
        desk = new_desk(slack, draw=draw)
        await desk.open()
        assert "left_out" in await desk.send(told(Act.PICTURE))
    assert {method for method, _ in slack.calls} == {"chat.postMessage"}


async def test_drawing_keeps_the_loop_free(slack: SlackServer, new_desk: NewDesk) -> None:
    drawn_in: list[threading.Thread] = []

    def draw(notice: Notice) -> Inline:
        drawn_in.append(threading.current_thread())
        return PICTURE

    desk = new_desk(slack, draw=draw)
    await desk.open()
    await desk.send(told(Act.PICTURE))
    assert drawn_in[0] is not threading.current_thread()


async def test_a_picture_of_an_older_program_goes_into_the_thread(desk: Desk) -> None:
    parent = await desk.open()
    notice = told(Act.PICTURE, RAISED)
    del notice.payload["around"]
    assert (await desk.send(notice))["shown"] == "thread"
    assert parent.edits == 0


async def test_a_picture_that_no_process_survives_is_given_up(
    slack: SlackServer, new_desk: NewDesk
) -> None:
    drawn: list[Notice] = []

    def draw(notice: Notice) -> Inline:
        drawn.append(notice)
        return PICTURE

    desk = new_desk(slack, draw=draw)
    await desk.open()
    receipt = await desk.send(told(Act.PICTURE), attempt=9)
    assert receipt == {"left_out": "no picture: every try ended without an outcome"}
    assert drawn == []
