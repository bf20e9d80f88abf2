"""Slack by incoming webhook: text, no threads, no pictures.

A webhook has no key that would let Slack drop a repeat, and does not say which message it made: a process that is
killed after Slack said ok and before the receipt was stored sends the notice once more when its lease is over. Every
message carries the ids of its rotations, so that a reader can tell a repeat.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from monitor.content.alert_text import PREVIEW
from monitor.content.figures import duration
from monitor.content.plain_words import slack_safe
from monitor.delivery.errors import DeliveryFailed
from monitor.model.notice import Notice, NoticeKind

LATE_AFTER = timedelta(minutes=10)
SECTION = 2900
"""Characters of a section that are surely under Slack's 3,000 after escaping is done."""
SECTIONS = 4
PLAIN = 3500
"""Characters of the plain form, under the 4,000 that Slack advises for a text."""
LONGEST_WAIT = timedelta(hours=1)
_WORD = re.compile(r"[a-z_]{1,60}")
_OUR_FAULT = frozenset(
    {
        "invalid_payload",
        "no_text",
        "invalid_blocks",
        "invalid_blocks_format",
        "too_many_attachments",
        "msg_too_long",
        "msg_blocks_too_long",
        "invalid_attachments",
    }
)


class SlackWebhook:
    """Sends to one webhook; its URL is the secret and appears in no text."""

    def __init__(self, url: str, *, timeout: timedelta = timedelta(seconds=15)) -> None:
        # The client's own log lines quote the URL; a logger outside of the tree is switched on by nobody.
        silent = logging.Logger("slack_sdk", level=logging.CRITICAL + 1)  # noqa: LOG001
        self._client = AsyncWebhookClient(
            url,
            timeout=max(1, round(timeout.total_seconds())),
            retry_handlers=[],
            logger=silent,
        )
        self._timeout_s = timeout.total_seconds()

    async def send(
        self, notice: Notice, *, now: datetime, plain: bool, earlier: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Post it; raises DeliveryFailed."""
        del earlier  # a webhook knows no threads
        preview, blocks = rendered(notice, now)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._client.send(
                    text=plain_form(notice, now) if plain else preview,
                    blocks=None if plain else blocks,
                    unfurl_links=False,
                    unfurl_media=False,
                )
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise DeliveryFailed(
                "unreachable", f"slack: no answer ({type(error).__name__})"
            ) from None
        if answer.status_code == 200 and answer.body == "ok":
            return {"at": now.isoformat(), "answer": "ok"}
        raise _refused(answer.status_code, answer.body, answer.headers)

    async def close(self) -> None:
        """Nothing is kept between calls."""


def rendered(notice: Notice, now: datetime) -> tuple[str, list[dict[str, Any]]]:
    """(text, blocks): the text stands alone; it says how late it is when it is."""
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": part, "verbatim": True}}
        for part in sections(slack_safe(_marked(notice, _body(notice), now)))
    ]
    return slack_safe(_cut(_marked(notice, notice.text, now), PREVIEW)), blocks


def plain_form(notice: Notice, now: datetime) -> str:
    """The whole message as one text without blocks: what is sent when the blocks were refused."""
    body = _body(notice)
    whole = body if body.startswith(notice.text) else f"{notice.text}\n\n{body}"
    return slack_safe(_cut(_marked(notice, whole, now), PLAIN))


def _body(notice: Notice) -> str:
    return str(notice.payload.get("body", notice.text))


def _marked(notice: Notice, text: str, now: datetime) -> str:
    late = now - notice.event_at
    if late <= LATE_AFTER:
        return text
    mark = f"late by {duration(late.total_seconds())}"
    if notice.kind is NoticeKind.OPERATOR:
        return f"{text} ({mark})"  # its first word stays "Monitor:"
    return f"{mark}: {text}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def sections(body: str) -> list[str]:
    """Whole lines in as few sections as hold them; what would go over Slack's limits is cut with a count."""
    parts: list[str] = []
    current = ""
    for line in body.split("\n"):
        cut = line if len(line) <= SECTION else _whole_entities(line[: SECTION - 1]) + "…"
        if current and len(current) + 1 + len(cut) > SECTION:
            parts.append(current)
            current = cut
        else:
            current = f"{current}\n{cut}" if current else cut
    parts.append(current)
    if len(parts) > SECTIONS:
        left_out = sum(part.count("\n") + 1 for part in parts[SECTIONS:])
        parts = [*parts[:SECTIONS], f"… {left_out} line(s) left out: monitor rotations"]
    return [part for part in parts if part.strip()]


def _whole_entities(text: str) -> str:
    """Without the beginning of an entity that a cut has left at its end."""
    at = text.rfind("&")
    return text[:at] if at >= 0 and ";" not in text[at:] else text


def _refused(status: int, body: str, headers: Mapping[str, str]) -> DeliveryFailed:
    """Told apart by what to do next."""
    said = (body or "").strip()
    word = said if _WORD.fullmatch(said) else f"HTTP {status}"  # a proxy's page may quote the URL
    if status == 429:
        return DeliveryFailed(
            "rate_limited", "slack: asked to wait", retry_after=_asked_wait(headers)
        )
    if status == 400 and word in _OUR_FAULT:
        return DeliveryFailed(
            "payload", f"slack: refused the message's form ({word})", payload_refused=True
        )
    if status >= 500 or status in (200, 408):  # 200 without "ok": somebody else answered
        return DeliveryFailed("server", f"slack: {word}")
    return DeliveryFailed("configuration", f"slack: {word}", permanent=True)


def _asked_wait(headers: Mapping[str, str]) -> timedelta:
    """Retry-After in seconds, half a minute where it is none, an hour at most."""
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        seconds = float(given)
    except ValueError:
        seconds = 30.0
    if not 0.0 <= seconds < LONGEST_WAIT.total_seconds():  # also what is no number
        return LONGEST_WAIT if seconds > 0 else timedelta(seconds=30)
    return timedelta(seconds=seconds)
