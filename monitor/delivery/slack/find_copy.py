"""Looks in Slack for a message that an earlier try may have posted without our knowing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from monitor.delivery.slack.api import SlackApi
from monitor.model.notice import Notice

EVENT_TYPE = "rotation_notice"
PAGES = 5
PAGE = 200
BEFORE = timedelta(hours=1)
"""How much further back than the event is looked: our clock and Slack's may differ."""


def metadata_of(notice: Notice) -> dict[str, Any]:
    """What a message carries for being found again: Slack has no key that would let it drop a repeat."""
    payload = {"key": notice.dedup_key, "channel": notice.channel}
    return {"event_type": EVENT_TYPE, "event_payload": payload}


async def find_copy(
    api: SlackApi, notice: Notice, channel: str, thread_ts: str | None
) -> str | None:
    """``ts`` of the message with the notice's key in a channel, or in a thread of it; None where the last thousand
    since the event hold none. Raises as the calls do.
    """
    method = "conversations.replies" if thread_ts else "conversations.history"
    arguments: dict[str, Any] = {
        "channel": channel,
        "oldest": f"{(notice.event_at - BEFORE).timestamp():.6f}",
        "include_all_metadata": True,
        "limit": PAGE,
    }
    if thread_ts:
        arguments["ts"] = thread_ts
    for _ in range(PAGES):
        page = await api.ask(method, **arguments)
        found = next((m for m in _messages(page) if _is_copy(m, notice)), None)
        if found is not None:
            return str(found["ts"])
        cursor = _next_cursor(page)
        if not cursor:
            return None
        arguments["cursor"] = cursor
    return None


def _messages(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    messages = page.get("messages")
    if not isinstance(messages, list):
        return []
    return [message for message in messages if isinstance(message, dict) and "ts" in message]


def _is_copy(message: Mapping[str, Any], notice: Notice) -> bool:
    metadata = message.get("metadata")
    return isinstance(metadata, dict) and all(
        metadata.get(name) == value for name, value in metadata_of(notice).items()
    )


def _next_cursor(page: Mapping[str, Any]) -> str:
    metadata = page.get("response_metadata")
    return str(metadata.get("next_cursor") or "") if isinstance(metadata, dict) else ""
