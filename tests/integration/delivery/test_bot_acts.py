"""The life of a rotation in a channel: its parent, its thread, its edits."""

import json
import re
from datetime import timedelta

import pytest

from monitor.content.alert.facts import AlertFacts
from monitor.model.notice import Act, NoticeKind
from monitor.model.rotation import ChangeReason
from tests.integration.delivery.desk import (
    OPENED,
    PICTURE,
    RAISED,
    Desk,
    NewDesk,
    edit,
    reply,
    told,
    words,
)
from tests.kit.rotations import DETECTED, NAMES, change, confirmed
from tests.kit.slack_server import Message, SlackServer

LATE = DETECTED + timedelta(hours=2, minutes=10)


def shown(message: Message) -> str:
    """Its blocks as text; blanks that keep a figure and its unit together are blanks."""
    return json.dumps(message.blocks, ensure_ascii=False).replace("\u00a0", " ")


def headline(message: Message) -> str:
    """What its header says."""
    (header,) = [block for block in message.blocks if block["type"] == "header"]
    return str(header["text"]["text"])


async def test_a_rotation_is_a_message_that_stands_alone_and_can_be_found_again(desk: Desk) -> None:
    receipt = await desk.send(told(Act.SAY))
    parent = desk.parent()
    assert "AI agents → Memes" in headline(parent)
    assert parent.text.startswith(
        "WARNING AI agents → Memes: AI agents in 24 h -10.4 % (market -3.2 %)"
    )
    assert len(parent.text) <= 150
    assert receipt == {
        "channel": "C0ALERTS",
        "ts": parent.ts,
        "act": "say",
        "key": "rot-7f3a|opened|say",
        "kind": "rotation",
    }
    assert parent.metadata == {
        "event_type": "rotation_notice",
        "event_payload": {"key": "rot-7f3a|opened|say", "channel": "slack"},
    }
    (call,) = desk.called("chat.postMessage")
    assert call["unfurl_links"] is call["unfurl_media"] is False
    assert desk.slack.workspace.complaints == []


async def test_a_later_change_goes_into_the_thread(desk: Desk) -> None:
    parent = await desk.open()
    receipt = await desk.send(told(Act.REPLY, change(confirmed(), ChangeReason.CONFIRMED)))
    (said,) = parent.replies
    assert (receipt["act"], receipt["ts"], said.broadcast) == ("reply", said.ts, False)
    assert len(desk.slack.workspace.channel("alerts")) == 1
    assert not any(block["type"] == "header" for block in said.blocks)
    assert "rot-7f3a" in said.shown


async def test_what_is_urgent_is_shown_to_the_channel_too(desk: Desk) -> None:
    parent = await desk.open()
    await desk.send(reply())
    assert [message.broadcast for message in parent.replies] == [True]


async def test_an_edited_parent_shows_the_latest_state_beside_its_first_figures(desk: Desk) -> None:
    parent = await desk.open()
    first = parent.shown
    receipt = await desk.send(edit())
    assert receipt == {"edited": parent.ts}
    assert parent.edits == 1
    assert "WARNING" in first
    assert "CRITICAL" in headline(parent)
    (now,) = re.findall(r"Now \(11:35 UTC\).*?\\n", shown(parent))
    assert "-9.8 pp" in now
    assert "-$52.4 M" in now
    (columns,) = [block["fields"] for block in parent.blocks if "fields" in block]
    assert "-$31.2\u00a0M" in columns[0]["text"]
    assert "-$52.4\u00a0M" not in columns[0]["text"]
    assert parent.text == edit().text
    assert parent.metadata is not None  # still to be found


async def test_an_edit_keeps_the_picture(desk: Desk) -> None:
    parent = await desk.open()
    picture = await desk.send(told(Act.PICTURE))
    await desk.send(edit())
    (image,) = [block for block in parent.blocks if block["type"] == "image"]
    assert image["slack_file"] == {"id": picture["file"]}
    assert "CRITICAL" in headline(parent)


async def test_an_edit_goes_without_a_picture_that_somebody_has_deleted(desk: Desk) -> None:
    parent = await desk.open()
    picture = await desk.send(told(Act.PICTURE))
    desk.slack.delete_file(picture["file"])
    assert await desk.send(edit()) == {"edited": parent.ts}
    assert "CRITICAL" in headline(parent)
    assert not any(block["type"] == "image" for block in parent.blocks)


async def test_a_whole_life_is_one_message_of_the_channel(desk: Desk) -> None:
    parent = await desk.open()
    await desk.send(told(Act.PICTURE))
    await desk.send(reply())
    await desk.send(edit())
    reminder = told(Act.REPLY, RAISED, kind=NoticeKind.REMINDER, dedup_key="still|1")
    await desk.send(reminder)
    outcome = change(confirmed(), ChangeReason.OUTCOME_24H, DETECTED + timedelta(days=1))
    await desk.send(told(Act.REPLY, outcome, kind=NoticeKind.SCORECARD))
    assert desk.slack.workspace.channel("alerts") == [parent]
    assert len(parent.replies) == 3
    assert "still on" in parent.replies[1].shown
    assert [block["type"] for block in parent.blocks].count("image") == 1
    assert desk.slack.workspace.complaints == []
    assert desk.slack.workspace.refusals == []


async def test_what_a_digest_told_is_continued_under_the_digest(desk: Desk) -> None:
    body = "Memes draw from three sectors\nrot-7f3a\nrot-81c2"
    await desk.send(words("digest|1", NoticeKind.DIGEST, body))
    await desk.send(told(Act.REPLY))
    assert await desk.send(edit()) == {"left_out": "nothing was said that could be edited"}
    (digest,) = desk.slack.workspace.channel("alerts")
    assert digest.text == "Memes draw from three sectors"
    assert len(digest.replies) == 1
    assert digest.edits == 0


async def test_a_parent_of_its_own_goes_before_a_digest(desk: Desk) -> None:
    parent = await desk.open()
    await desk.send(words("digest|1", NoticeKind.DIGEST, "four were held back"))
    await desk.send(reply())
    assert len(parent.replies) == 1


async def test_a_change_whose_rotation_was_never_told_is_told_whole(desk: Desk) -> None:
    receipt = await desk.send(reply())
    assert receipt["act"] == "say"
    assert "CRITICAL" in headline(desk.parent())
    assert desk.called("chat.postMessage")[0].get("reply_broadcast") is None
    await desk.send(edit())
    assert desk.parent().edits == 1  # it has become the parent


@pytest.mark.parametrize("kind", [NoticeKind.REMINDER, NoticeKind.SCORECARD])
async def test_a_reminder_without_a_thread_is_short_and_no_parent(
    kind: NoticeKind, desk: Desk
) -> None:
    receipt = await desk.send(told(Act.REPLY, RAISED, kind=kind))
    assert receipt["act"] == "reply"
    assert not any(block["type"] == "header" for block in desk.parent().blocks)
    assert "left_out" in await desk.send(edit())


async def test_a_leg_told_whole_does_not_become_the_parent_of_the_rotation_it_joins(
    desk: Desk,
) -> None:
    gone = await desk.open()
    desk.slack.delete(gone)
    leg = change(confirmed(id="rot-leg", joins="rot-7f3a"), ChangeReason.LEG)
    receipt = await desk.send(told(Act.REPLY, leg, thread="rot-7f3a"))
    assert receipt["act"] == "reply"
    assert "header" in [block["type"] for block in desk.parent().blocks]
    assert "left_out" in await desk.send(edit())
    assert desk.parent().edits == 0


async def test_receipts_of_a_webhook_are_no_threads(desk: Desk) -> None:
    desk.receipts.append({"at": DETECTED.isoformat(), "answer": "ok"})
    assert (await desk.send(reply()))["act"] == "say"


async def test_a_thread_of_another_channel_is_not_continued(desk: Desk, new_desk: NewDesk) -> None:
    before = new_desk(desk.slack, channel="C0OPERATOR")
    await before.send(told(Act.SAY))
    desk.receipts = before.receipts
    assert (await desk.send(reply()))["channel"] == "C0ALERTS"


async def test_a_channel_named_by_its_name_is_known_by_its_id_afterwards(
    slack: SlackServer, new_desk: NewDesk
) -> None:
    desk = new_desk(slack, channel="#alerts")
    parent = await desk.open()
    await desk.send(told(Act.PICTURE))
    await desk.send(reply())
    await desk.send(edit())
    assert (parent.edits, len(parent.replies)) == (2, 1)
    assert [call["channel"] for call in desk.called("chat.update")] == ["C0ALERTS"] * 2


async def test_late_ones_say_how_late_and_an_edit_does_not_forget_it(desk: Desk) -> None:
    await desk.send(told(Act.SAY), now=LATE)
    parent = desk.parent()
    assert parent.text.startswith("late by 2 h 10 min: WARNING")
    assert len(parent.text) <= 150
    assert "ate by 2 h 10 min" in shown(parent)
    await desk.send(told(Act.PICTURE), now=LATE)
    assert "ate by 2 h 10 min" in shown(parent)
    await desk.send(reply(), now=LATE)
    assert parent.replies[0].text.startswith("late by 1 h 40 min: ")
    assert "ate by 1 h 40 min" in shown(parent.replies[0])
    await desk.send(edit(), now=LATE)
    assert "ate by 2 h 10 min" in shown(parent)


async def test_what_quiet_hours_held_says_so_and_is_late_only_after_them(desk: Desk) -> None:
    held = told(Act.SAY)
    held.payload["held_until"] = LATE.isoformat()
    await desk.send(held, now=LATE + timedelta(minutes=9))
    await desk.send(held, now=LATE + timedelta(minutes=11))
    on_time, late = desk.slack.workspace.channel("alerts")
    assert on_time.text.startswith("WARNING")
    assert late.text.startswith("late by 11 min: WARNING")
    for message in (on_time, late):
        assert "eld by quiet hours since 11:05 UTC" in shown(message)


async def test_words_go_in_sections_with_nothing_to_click_or_call(desk: Desk) -> None:
    notice = words("op|1", NoticeKind.OPERATOR, "Monitor: <!channel> & gate is down\nsince 11:05")
    await desk.send(notice, now=LATE)
    message = desk.parent()
    assert message.text == "Monitor: &lt;!channel&gt; &amp; gate is down (late by 2 h 10 min)"
    assert [block["type"] for block in message.blocks] == ["section"]
    assert message.mentions == []


async def test_names_from_outside_call_nobody_and_break_nothing(desk: Desk) -> None:
    names = dict(NAMES) | {
        "ai-agents": "<!channel> *AI* _& <@U0AAAAAAA>\n\u202eagents" + "x" * 200,
        "memes": "<https://evil.example|Memes> `~",
    }
    around = AlertFacts(names=names)
    await desk.send(told(Act.SAY, OPENED, around=around))
    parent = desk.parent()
    await desk.send(told(Act.REPLY, RAISED, around=around))
    await desk.send(told(Act.EDIT, RAISED, first=OPENED, around=around))
    for message in (parent, *parent.replies):
        assert message.mentions == []
        assert "<https://evil" not in message.shown
        assert "\u202e" not in message.shown
    assert desk.slack.workspace.refusals == []


async def test_a_notice_of_an_older_program_is_told_by_its_body(desk: Desk) -> None:
    notice = told(Act.SAY)
    del notice.payload["around"]
    notice.payload["body"] = "AI agents → Memes · WARNING\nrot-7f3a"
    await desk.send(notice)
    assert desk.parent().blocks[0]["text"]["text"] == notice.payload["body"]
    broken = told(Act.SAY, dedup_key="k2")
    broken.payload["change"] = {"id": "of a form that nobody knows"}
    await desk.send(broken)
    assert desk.parent().text == broken.text


async def test_the_plain_form_is_one_whole_text(desk: Desk) -> None:
    await desk.send(told(Act.SAY), plain=True)
    parent = desk.parent()
    assert parent.blocks == []
    assert len(parent.text) <= 3500
    assert parent.text.startswith("WARNING AI agents → Memes")
    assert "rot-7f3a" in parent.text
    await desk.send(reply(), plain=True)
    assert parent.replies[0].blocks == []
    assert "rot-7f3a" in parent.replies[0].text
    assert await desk.send(edit(), plain=True) == {"left_out": "its form was refused"}


async def test_messages_of_a_channel_are_a_second_apart(desk: Desk) -> None:
    for number in range(3):
        await desk.send(told(Act.SAY, dedup_key=f"k{number}"))
    assert desk.clock.now() - DETECTED == timedelta(seconds=2)
    desk.clock.advance(timedelta(days=-1))  # a clock that jumps back
    await desk.send(told(Act.SAY, dedup_key="k3"))
    assert desk.clock.now() - DETECTED == timedelta(seconds=3) - timedelta(days=1)


async def test_a_picture_has_its_words_for_those_who_do_not_see_it(desk: Desk) -> None:
    await desk.open()
    receipt = await desk.send(told(Act.PICTURE))
    stored = desk.slack.workspace.files[receipt["file"]]
    assert (stored.alt_text, stored.name) == (PICTURE.alt, "rot-7f3a.png")
    await desk.send(edit())
    (image,) = [block for block in desk.parent().blocks if block["type"] == "image"]
    assert image["alt_text"] == PICTURE.alt
