"""The Slack-shaped server, driven by the unmodified slack_sdk: what it shows, checks and refuses."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.kit.slack_server import SlackServer, Workspace
from tests.kit.slack_server.server import CHANNELS, TOKEN

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Money left AI agents."}}
PICTURE = b"\x89PNG not really a picture"


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[SlackServer]:
    """A workspace with the channels alerts and operator, recorded."""
    with SlackServer(record=tmp_path / "record.jsonl", max_seconds=60) as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """One session for all calls of a test."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as opened:
        yield opened


def bot(slack: SlackServer, session: aiohttp.ClientSession, token: str = TOKEN) -> AsyncWebClient:
    """A client without retries of its own."""
    return AsyncWebClient(
        token=token, base_url=slack.api_url, session=session, retry_handlers=[], timeout=60
    )


async def refused(call: Any) -> str:
    """The error of a call that Slack refuses."""
    with pytest.raises(SlackApiError) as caught:
        await call
    error: str = caught.value.response["error"]
    return error


async def test_a_webhook_message_is_shown_and_answered_with_ok(
    slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    hook = AsyncWebhookClient(slack.webhook_url("alerts"), session=session, retry_handlers=[])
    answer = await hook.send(text="Rotation", blocks=[SECTION], unfurl_links=False)
    assert (answer.status_code, answer.body) == (200, "ok")
    shown = slack.workspace.channel("alerts")
    assert [(m.text, m.blocks, m.via) for m in shown] == [("Rotation", [SECTION], "webhook")]
    assert slack.workspace.channel("operator") == []


@pytest.mark.parametrize(
    ("payload", "kind", "error"),
    [
        (b"{half", "application/json", "invalid_payload"),
        (b'"text"', "application/json", "invalid_payload"),
        (b'{"text": "a"}', "text/plain", "invalid_payload"),
        (b'{"text": "a", "txet": "b"}', "application/json", "invalid_payload"),
        (b'{"text": ""}', "application/json", "no_text"),
        (b'{"text": "a", "blocks": [{"type": "nonsense"}]}', "application/json", "invalid_blocks"),
    ],
)
async def test_a_webhook_refuses_a_wrong_payload_with_status_400(
    payload: bytes, kind: str, error: str, slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    url = slack.webhook_url("alerts")
    async with session.post(url, data=payload, headers={"Content-Type": kind}) as answer:
        assert (answer.status, await answer.text()) == (400, error)
    assert slack.workspace.channel("alerts") == []
    assert slack.workspace.refusals == [("webhook", error)]


async def test_a_wrong_or_archived_webhook_is_refused_as_slack_does(
    slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    wrong = AsyncWebhookClient(f"{slack.webhook_url('alerts')}x", session=session)
    answer = await wrong.send(text="Rotation")
    assert (answer.status_code, answer.body) == (404, "no_service")
    slack.archive("alerts")
    archived = AsyncWebhookClient(slack.webhook_url("alerts"), session=session)
    answer = await archived.send(text="Rotation")
    assert (answer.status_code, answer.body) == (410, "channel_is_archived")


async def test_a_bot_posts_replies_broadcasts_and_edits(
    slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    client = bot(slack, session)
    parent = await client.chat_postMessage(channel="C0ALERTS", text="Opened", blocks=[SECTION])
    ts = parent["ts"]
    await client.chat_postMessage(channel="C0ALERTS", text="Confirmed", thread_ts=ts)
    await client.chat_postMessage(
        channel="C0ALERTS", text="Critical", thread_ts=ts, reply_broadcast=True
    )
    await client.chat_update(channel="C0ALERTS", ts=ts, text="Closed", blocks=[SECTION])
    [shown] = slack.workspace.channel("alerts")
    assert (shown.text, shown.edits) == ("Closed", 1)
    assert [(r.text, r.broadcast) for r in shown.replies] == [
        ("Confirmed", False),
        ("Critical", True),
    ]
    history = await client.conversations_history(channel="C0ALERTS")
    assert [m["text"] for m in history["messages"]] == ["Critical", "Closed"]
    assert slack.workspace.complaints == []


async def test_metadata_is_found_again_in_the_history_when_asked_for(
    slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    client = bot(slack, session)
    metadata = {"event_type": "rotation", "event_payload": {"id": "abc"}}
    await client.chat_postMessage(channel="C0ALERTS", text="One", metadata=metadata)
    with_it = await client.conversations_history(channel="C0ALERTS", include_all_metadata=True)
    without = await client.conversations_history(channel="C0ALERTS")
    assert with_it["messages"][0]["metadata"] == metadata
    assert "metadata" not in without["messages"][0]


async def test_history_comes_in_pages_newest_first(
    slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    client = bot(slack, session)
    for number in range(5):
        await client.chat_postMessage(channel="C0ALERTS", text=str(number))
    first = await client.conversations_history(channel="C0ALERTS", limit=3)
    assert [m["text"] for m in first["messages"]] == ["4", "3", "2"]
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_history(channel="C0ALERTS", limit=3, cursor=cursor)
    assert ([m["text"] for m in second["messages"]], second["has_more"]) == (["1", "0"], False)


async def test_arguments_tokens_scopes_and_names_are_checked(
    slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    client = bot(slack, session)
    assert (
        await refused(client.chat_postMessage(channel="C0NOWHERE", text="a")) == "channel_not_found"
    )
    empty = client.api_call("chat.postMessage", json={"channel": "C0ALERTS", "text": ""})
    assert await refused(empty) == "no_text"
    assert await refused(client.api_call("chat.nonsense", json={})) == "unknown_method"
    wrong = client.api_call("chat.postMessage", json={"channel": "C0ALERTS", "txt": "a"})
    assert await refused(wrong) == "invalid_arguments"
    typed = client.api_call("chat.postMessage", json={"channel": "C0ALERTS", "text": 5})
    assert await refused(typed) == "invalid_arguments"
    lost = client.chat_postMessage(channel="C0ALERTS", text="a", thread_ts="1.000001")
    assert await refused(lost) == "cannot_reply_to_message"
    nothing = client.chat_update(channel="C0ALERTS", ts="1.000001", text="a")
    assert await refused(nothing) == "message_not_found"
    bad = client.chat_postMessage(channel="C0ALERTS", text="a", metadata={"id": 1})
    assert await refused(bad) == "invalid_metadata_format"
    assert await refused(bot(slack, session, "xoxb-other").auth_test()) == "invalid_auth"
    slack.scopes = frozenset({"chat:write"})
    assert await refused(client.conversations_history(channel="C0ALERTS")) == "missing_scope"
    slack.revoke()
    assert await refused(client.auth_test()) == "token_revoked"
    assert slack.workspace.channel("alerts") == []


async def test_a_file_goes_up_in_three_steps_into_the_thread(
    slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    client = bot(slack, session)
    parent = await client.chat_postMessage(channel="C0ALERTS", text="Opened")
    await client.files_upload_v2(
        channel="C0ALERTS",
        file=PICTURE,
        filename="chart.png",
        title="Shares",
        alt_txt="Memes took seven points",
        initial_comment="The chart",
        thread_ts=parent["ts"],
    )
    [shown] = slack.workspace.channel("alerts")
    [reply] = shown.replies
    assert reply.text == "The chart"
    file = slack.workspace.files[reply.files[0]]
    assert (file.name, file.title, file.alt_text) == (
        "chart.png",
        "Shares",
        "Memes took seven points",
    )
    assert file.length == len(PICTURE)
    assert slack.workspace.complaints == []


async def test_a_block_may_show_a_file_only_once_it_is_processed(
    session: aiohttp.ClientSession,
) -> None:
    with SlackServer(processing_polls=2, max_seconds=60) as slack:
        client = bot(slack, session)
        place = await client.files_getUploadURLExternal(filename="a.png", length=len(PICTURE))
        async with session.post(place["upload_url"], data=PICTURE) as answer:
            assert await answer.text() == f"OK - {len(PICTURE)}"
        await client.files_completeUploadExternal(files=[{"id": place["file_id"], "title": "a"}])
        image = {"type": "image", "slack_file": {"id": place["file_id"]}, "alt_text": "a chart"}
        early = client.chat_postMessage(channel="C0ALERTS", text="a", blocks=[image])
        assert await refused(early) == "invalid_blocks"
        types = [
            (await client.files_info(file=place["file_id"]))["file"]["mimetype"] for _ in range(2)
        ]
        assert types == ["", "image/png"]
        await client.chat_postMessage(channel="C0ALERTS", text="a", blocks=[image])
        assert slack.workspace.channel("alerts")[0].blocks == [image]


async def test_an_upload_of_another_length_is_refused(
    slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    client = bot(slack, session)
    place = await client.files_getUploadURLExternal(filename="a.png", length=3)
    async with session.post(place["upload_url"], data=b"four") as answer:
        assert answer.status == 400
    done = client.files_completeUploadExternal(files=[{"id": place["file_id"], "title": "a"}])
    assert await refused(done) == "file_not_found"


async def test_messages_faster_than_the_limit_are_told_to_wait(
    session: aiohttp.ClientSession,
) -> None:
    with SlackServer(message_interval_s=60, max_seconds=60) as slack:
        client = bot(slack, session)
        await client.chat_postMessage(channel="C0ALERTS", text="one")
        await client.chat_postMessage(channel="C0OPERATOR", text="other channel")
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel="C0ALERTS", text="two")
        assert caught.value.response.status_code == 429
        assert caught.value.response["error"] == "ratelimited"
        assert caught.value.response.headers["Retry-After"] == "1"
        hook = AsyncWebhookClient(slack.webhook_url("alerts"), session=session, retry_handlers=[])
        answer = await hook.send(text="three")
        assert (answer.status_code, answer.body) == (429, "rate_limited")
        assert len(slack.workspace.channel("alerts")) == 1


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [("reset", 0), ("stall", 0), ("reset_after", 1), ("stall_after", 1), ("half_json", 1)],
)
async def test_a_broken_call_was_accepted_or_not_as_the_switch_says(
    kind: str, accepted: int, slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    slack.faults.add(kind, "chat.postMessage", seconds=20.0)
    client = bot(slack, session)
    with pytest.raises((aiohttp.ClientError, asyncio.TimeoutError, TimeoutError)):
        await client.chat_postMessage(channel="C0ALERTS", text="a")
    assert len(slack.workspace.channel("alerts")) == accepted
    await client.chat_postMessage(channel="C0ALERTS", text="b")
    assert slack.workspace.channel("alerts")[-1].text == "b"


async def test_documented_errors_and_statuses_come_by_switch(
    slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    slack.faults.add("status", "webhook", status=503, body="rollup_error", skip=1)
    slack.faults.add("error", "webhook", error="channel_is_archived", skip=1)
    slack.faults.add("rate_limited", "webhook", retry_after=7, channel="C0OPERATOR")
    hook = AsyncWebhookClient(slack.webhook_url("alerts"), session=session, retry_handlers=[])
    answers = [await hook.send(text="a") for _ in range(4)]
    seen = [(a.status_code, a.body) for a in answers]
    assert seen == [
        (200, "ok"),
        (503, "rollup_error"),
        (410, "channel_is_archived"),
        (200, "ok"),
    ]
    other = AsyncWebhookClient(slack.webhook_url("operator"), session=session, retry_handlers=[])
    limited = await other.send(text="a")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")


async def test_the_record_survives_the_server_and_is_continued(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    record = tmp_path / "messages.jsonl"
    with SlackServer(record=record, max_seconds=60) as first:
        parent = await bot(first, session).chat_postMessage(channel="C0ALERTS", text="Opened")
    with SlackServer(record=record, max_seconds=60) as second:
        client = bot(second, session)
        await client.chat_postMessage(channel="C0ALERTS", text="Reply", thread_ts=parent["ts"])
        await client.chat_update(channel="C0ALERTS", ts=parent["ts"], text="Closed")
    with record.open("a", encoding="utf-8") as file:
        file.write('{"event": "mess')  # killed while it wrote
    [shown] = Workspace.read(record, CHANNELS).channel("alerts")
    assert (shown.text, shown.edits, [r.text for r in shown.replies]) == ("Closed", 1, ["Reply"])


async def test_calls_on_people_are_seen(slack: SlackServer, session: aiohttp.ClientSession) -> None:
    client = bot(slack, session)
    shout = {"type": "section", "text": {"type": "mrkdwn", "text": "Hi <!channel>, <@U123>"}}
    await client.chat_postMessage(channel="C0ALERTS", text="&lt;!channel&gt;")
    await client.chat_postMessage(channel="C0ALERTS", text="a", blocks=[shout])
    quiet, loud = slack.workspace.channel("alerts")
    assert (quiet.mentions, loud.mentions) == ([], ["<!channel>", "<@U123>"])
