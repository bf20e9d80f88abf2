"""Slack's errors told apart by what to do next, and no secret in any of them."""

import logging
from datetime import timedelta
from typing import Any

import pytest
import structlog

from monitor.delivery.errors import DeliveryFailed
from monitor.model.notice import Act, Notice
from tests.integration.delivery.desk import OPENED, RAISED, Desk, NewDesk, edit, reply, told
from tests.kit.slack_server import SlackFaultKind, SlackServer

LATER = [
    "internal_error", "fatal_error", "service_unavailable", "request_timeout", "rollup_error", "message_limit_exceeded",
    "team_added_to_org", "org_login_required", "external_channel_migrating",
]  # fmt: skip
OUR_FAULT = [
    "invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "invalid_payload", "no_text",
    "too_many_attachments", "invalid_attachments", "invalid_arguments", "attachment_payload_limit_exceeded",
    "markdown_text_conflict",
]  # fmt: skip
CONFIGURATION = [
    "invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed", "missing_scope",
    "channel_not_found", "not_in_channel", "is_archived", "channel_is_archived", "restricted_action", "no_service",
    "no_team", "team_disabled", "action_prohibited", "ekm_access_denied", "not_allowed_token_type", "access_denied",
    "no_permission", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
    "two_factor_setup_required", "enterprise_is_restricted", "team_access_not_granted", "messages_tab_disabled",
]  # fmt: skip
TABLE = [
    *((word, "server", False, False) for word in LATER),
    *((word, "payload", False, True) for word in OUR_FAULT),
    *((word, "configuration", True, False) for word in CONFIGURATION),
    ("ratelimited", "rate_limited", False, False),
    ("rate_limited", "rate_limited", False, False),
    ("a_word_of_next_year", "refused", False, False),
]


async def failure(desk: Desk, notice: Notice) -> DeliveryFailed:
    """What the bot says of a notice that does not go."""
    with pytest.raises(DeliveryFailed) as caught:
        await desk.send(notice)
    return caught.value


@pytest.mark.parametrize(("word", "kind", "permanent", "refused"), TABLE)
async def test_an_error_says_what_to_do_next(
    word: str, kind: str, permanent: bool, refused: bool, desk: Desk
) -> None:
    desk.slack.faults.add(SlackFaultKind.ERROR, "chat.postMessage", error=word)
    error = await failure(desk, told(Act.SAY))
    assert (error.kind, error.permanent, error.payload_refused) == (kind, permanent, refused)
    assert word in str(error) or kind == "rate_limited"
    assert (error.retry_after is not None) == (kind == "rate_limited")
    assert desk.slack.workspace.messages("alerts") == []


@pytest.mark.parametrize("act", [Act.SAY, Act.REPLY, Act.EDIT, Act.PICTURE])
async def test_slack_is_waited_for_as_long_as_it_asks(act: Act, desk: Desk) -> None:
    method = "chat.update" if act in (Act.EDIT, Act.PICTURE) else "chat.postMessage"
    await desk.open()
    desk.slack.faults.add(SlackFaultKind.RATE_LIMITED, method, retry_after=77)
    error = await failure(desk, told(act, RAISED, first=OPENED))
    assert (error.kind, error.retry_after) == ("rate_limited", timedelta(seconds=77))


@pytest.mark.parametrize(
    ("asked", "waited"), [(None, timedelta(seconds=30)), (1e9, timedelta(hours=1))]
)
async def test_a_wait_that_is_missing_or_absurd_is_bounded(
    asked: float | None, waited: timedelta, desk: Desk
) -> None:
    desk.slack.faults.add(SlackFaultKind.RATE_LIMITED, "chat.postMessage", retry_after=asked)
    assert (await failure(desk, told(Act.SAY))).retry_after == waited


@pytest.mark.parametrize(
    ("status", "body", "kind", "permanent"),
    [
        (200, "<html>sign in to this network</html>", "unreachable", False),
        (200, "", "refused", False),
        (302, "", "refused", False),
        (200, "[]", "unreachable", False),
        (200, '"ok"', "unreachable", False),
        (408, "", "server", False),
        (500, "<html>broken</html>", "server", False),
        (503, "busy", "server", False),
        (403, "<html>your proxy forbids it</html>", "configuration", True),
        (404, "", "configuration", True),
    ],
)
async def test_somebody_elses_answer_is_never_taken_for_slacks(
    status: int, body: str, kind: str, permanent: bool, desk: Desk
) -> None:
    desk.slack.faults.add(SlackFaultKind.STATUS, "chat.postMessage", status=status, body=body)
    error = await failure(desk, told(Act.SAY))
    assert (error.kind, error.permanent) == (kind, permanent)
    assert "<" not in str(error)
    assert not error.payload_refused


@pytest.mark.parametrize("kind", [SlackFaultKind.RESET, SlackFaultKind.STALL])
async def test_no_answer_is_tried_again(
    kind: SlackFaultKind, slack: SlackServer, new_desk: NewDesk
) -> None:
    desk = new_desk(slack, timeout=timedelta(seconds=4))
    slack.faults.add(kind, "chat.postMessage", seconds=120.0)
    error = await failure(desk, told(Act.SAY))
    assert (error.kind, error.permanent) == ("unreachable", False)
    await desk.send(told(Act.SAY), attempt=2)
    assert len(slack.workspace.messages("alerts")) == 1


async def test_a_server_that_is_gone_is_tried_again(new_desk: NewDesk) -> None:
    with SlackServer(max_seconds=60) as slack:
        desk = new_desk(slack)
    assert (await failure(desk, told(Act.SAY))).kind == "unreachable"


async def test_no_secret_stands_in_an_error_a_receipt_or_a_log(
    desk: Desk, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = desk.slack.token
    spoilt: list[tuple[SlackFaultKind, dict[str, Any]]] = [
        (SlackFaultKind.STATUS, {"status": 500, "body": f"no way with {secret}"}),
        (SlackFaultKind.STATUS, {"status": 200, "body": f"{desk.slack.api_url} {secret}"}),
        (SlackFaultKind.STATUS, {"status": 404, "body": secret}),
        (SlackFaultKind.ERROR, {"error": secret}),
        (SlackFaultKind.HALF_JSON, {}),
        (SlackFaultKind.RESET, {}),
    ]
    said: list[str] = []
    with structlog.testing.capture_logs() as logs:
        for kind, options in spoilt:
            desk.slack.faults.add(kind, "chat.postMessage", **options)
            said.append(str(await failure(desk, told(Act.SAY))))
        await desk.open()
        for step in ("files.getUploadURLExternal", "upload"):
            desk.slack.faults.add(SlackFaultKind.STATUS, step, status=403, body=secret)
            await desk.send(told(Act.PICTURE))
        desk.slack.faults.add(SlackFaultKind.ERROR, "conversations.replies", error=secret)
        await desk.send(reply(), attempt=2)
        await desk.send(edit())
    printed = capsys.readouterr()
    everything = f"{said} {desk.receipts} {logs} {caplog.text} {printed} {desk.bot!r}"
    assert secret not in everything
    assert desk.slack.base_url not in everything
    assert "127.0.0.1" not in everything
