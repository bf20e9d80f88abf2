"""Slack's errors told apart by what to do next, for the webhook and for the Web API. Source: APIS.md 8.1."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta

import aiohttp

from monitor.delivery.errors import DeliveryFailed
from monitor.model.retry_after import asked_rest

DEFAULT_WAIT = timedelta(seconds=30)
NO_ANSWER = (TimeoutError, aiohttp.ClientError, OSError, ValueError, AttributeError)
"""What a call raises that got no answer to be read; with the last two Slack's client stumbles over a body that is
neither text nor a JSON object."""
_WORD = re.compile(r"[a-z_]{1,60}")

OUR_FAULT = frozenset(
    {
        "attachment_payload_limit_exceeded", "invalid_arguments", "invalid_attachments", "invalid_blocks",
        "invalid_blocks_format", "invalid_payload", "markdown_text_conflict", "msg_blocks_too_long", "msg_too_long",
        "no_text", "too_many_attachments",
    }
)  # fmt: skip
"""The message's form is refused: a plainer one may go."""
LATER = frozenset(
    {
        "external_channel_migrating", "fatal_error", "internal_error", "message_limit_exceeded", "org_login_required",
        "request_timeout", "rollup_error", "service_unavailable", "team_added_to_org",
    }
)  # fmt: skip
"""Slack is in trouble or in a migration: the same may go later."""
LIMITED = frozenset({"ratelimited", "rate_limited"})
CONFIGURATION = frozenset(
    {
        "access_denied", "account_inactive", "action_prohibited", "as_user_not_supported", "channel_is_archived",
        "channel_not_found", "deprecated_endpoint", "ekm_access_denied", "enterprise_is_restricted", "invalid_auth",
        "invalid_token", "is_archived", "is_inactive", "messages_tab_disabled", "method_deprecated", "missing_scope",
        "no_permission", "no_service", "no_service_id", "no_team", "not_allowed_token_type", "not_authed",
        "not_in_channel", "posting_to_general_channel_denied", "restricted_action",
        "restricted_action_read_only_channel", "restricted_action_thread_only_channel", "team_access_not_granted",
        "team_disabled", "team_not_found", "token_expired", "token_revoked", "two_factor_setup_required",
        "unknown_method", "user_not_found",
    }
)  # fmt: skip
"""Only a person can mend it."""
THREAD_GONE = frozenset(
    {
        "cannot_reply_to_message", "message_not_found", "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked", "thread_locked", "thread_not_found",
    }
)  # fmt: skip
"""Nothing can be said in that thread any more; a new message may go."""
NOT_EDITABLE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found"})
"""The message stands as it is, or is gone."""


class SlackRefused(DeliveryFailed):
    """Slack answered, and not with ok. ``word`` is its own word for it, or ``HTTP 503`` where it gave none."""

    def __init__(
        self,
        kind: str,
        text: str,
        word: str,
        *,
        permanent: bool = False,
        retry_after: timedelta | None = None,
        payload_refused: bool = False,
        may_have_arrived: bool = False,
    ) -> None:
        super().__init__(
            kind,
            text,
            permanent=permanent,
            retry_after=retry_after,
            payload_refused=payload_refused,
            may_have_arrived=may_have_arrived,
        )
        self.word = word


def unreachable(error: BaseException) -> DeliveryFailed:
    """No answer that could be read; whether the call was taken in is unknown, unless nobody was reached. Its own text
    may quote an address."""
    return DeliveryFailed(
        "unreachable",
        f"slack: no answer ({type(error).__name__})",
        may_have_arrived=not isinstance(error, aiohttp.ClientConnectorError),
    )


def no_way_out(error: Exception) -> DeliveryFailed:
    """Proxy or certificates of this machine cannot be used; nothing was sent."""
    return DeliveryFailed("unreachable", f"slack: {error}", may_have_arrived=False)


def webhook_refused(status: int, body: str, headers: Mapping[str, str]) -> SlackRefused:
    """Of a webhook's answer: an HTTP status with a word as its body."""
    word = said_word(body, status)
    if status == 429:
        return _limited(headers, word)
    if status == 400 and word in OUR_FAULT:
        return _form_refused(word)
    if status >= 500 or status == 408:
        return SlackRefused("server", f"slack: {word}", word)
    if 200 <= status < 300:  # perhaps a network's sign-in page, perhaps a server that took it
        return SlackRefused(
            "unknown_answer",
            f"slack: HTTP {status} with an answer that is not Slack's; is the webhook's address right?",
            word,
            may_have_arrived=True,
        )
    return _configuration(word)


def is_taken(status: int, body: str) -> bool:
    """Whether a webhook's answer says that it took the message: Slack's ``ok``, an empty body, or, as workflow webhooks
    and servers like Slack's write it, a JSON object that names no error."""
    if not 200 <= status < 300:
        return False
    said = body.strip()
    if said.lower() in ("", "ok"):
        return True
    try:
        answer = json.loads(said)
    except ValueError:
        return False
    if not isinstance(answer, dict):
        return False
    return not answer.get("error") and not any(
        answer.get(key, True) in (False, "false") for key in ("ok", "success")
    )


def api_refused(status: int, error: object, headers: Mapping[str, str]) -> SlackRefused:
    """Of a Web API answer: mostly status 200 with an error word in JSON.

    A word that is in no table is tried again under a status of 200, since the next version of Slack may mean
    anything by it, and given up under one of 4xx.
    """
    word = said_word(error, status)
    if status == 429 or word in LIMITED:
        return _limited(headers, word)
    if word in OUR_FAULT:
        return _form_refused(word)
    if word in CONFIGURATION:
        return _configuration(word)
    if word in LATER or status >= 500 or status == 408:
        return SlackRefused("server", f"slack: {word}", word)
    if 400 <= status < 500:
        return _configuration(word)
    return SlackRefused("refused", f"slack: {word}", word)


def said_word(said: object, status: int) -> str:
    """Slack's word for an error; the bare status where it is none, as a proxy's page may quote the address."""
    word = said.strip() if isinstance(said, str) else ""
    return word if _WORD.fullmatch(word) else f"HTTP {status}"


def _limited(headers: Mapping[str, str], word: str) -> SlackRefused:
    return SlackRefused(
        "rate_limited",
        "slack: asked to wait",
        word,
        retry_after=asked_rest(headers) or DEFAULT_WAIT,
    )


def _form_refused(word: str) -> SlackRefused:
    text = f"slack: refused the message's form ({word})"
    return SlackRefused("payload", text, word, payload_refused=True)


def _configuration(word: str) -> SlackRefused:
    return SlackRefused("configuration", f"slack: {word}", word, permanent=True)
