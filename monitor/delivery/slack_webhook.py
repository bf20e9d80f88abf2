"""Slack by incoming webhook: text, no threads, no pictures.

A webhook has no key that would let Slack drop a repeat, and does not say which message it made: a process that is
killed after Slack said ok and before the receipt was stored sends the notice once more when its lease is over. Every
message carries the ids of its rotations, so that a reader can tell a repeat.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from monitor.content.figures import duration
from monitor.content.plain_words import slack_safe
from monitor.delivery.errors import DeliveryFailed
from monitor.model.notice import Notice, NoticeKind

LATE_AFTER = timedelta(minutes=10)
SECTION = 2900
"""Characters of a section that are surely under Slack's 3,000 after escaping is done."""
_OUR_FAULT = frozenset(
    {
        "invalid_payload",
        "no_text",
        "invalid_blocks",
        "invalid_blocks_format",
        "too_many_attachments",
        "msg_too_long",
    }
)


class SlackWebhook:
    """Sends to one webhook; its URL is the secret and appears in no text."""

    def __init__(self, url: str, *, timeout: timedelta = timedelta(seconds=15)) -> None:
        self._client = AsyncWebhookClient(
            url, timeout=max(1, round(timeout.total_seconds())), retry_handlers=[]
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
                answer = await self._client.send(text=preview, blocks=None if plain else blocks)
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
    late = now - notice.event_at
    mark = f"late by {duration(late.total_seconds())}" if late > LATE_AFTER else ""

    def marked(text: str) -> str:
        if mark and notice.kind is NoticeKind.OPERATOR:
            return slack_safe(f"{text} ({mark})")  # its first word stays "Monitor:"
        return slack_safe(f"{mark}: {text}" if mark else text)

    body = marked(str(notice.payload.get("body", notice.text)))
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": part, "verbatim": True}}
        for part in sections(body)
    ]
    return marked(notice.text), blocks


def sections(body: str) -> list[str]:
    """Whole lines in as few sections as hold them; what would go over Slack's limits is cut with a count."""
    parts: list[str] = []
    current = ""
    for line in body.split("\n"):
        cut = line if len(line) <= SECTION else line[: SECTION - 1] + "…"
        if current and len(current) + 1 + len(cut) > SECTION:
            parts.append(current)
            current = cut
        else:
            current = f"{current}\n{cut}" if current else cut
    parts.append(current)
    if len(parts) > 4:
        parts = [*parts[:4], f"… {len(parts) - 4} more part(s) left out: monitor rotations"]
    return [part for part in parts if part.strip()]


def _refused(status: int, body: str, headers: Mapping[str, str]) -> DeliveryFailed:
    """Told apart by what to do next."""
    word = (
        body.strip().split("\n")[0][:60]
        if body and not body.lstrip().startswith("<")
        else f"HTTP {status}"
    )
    if status == 429:
        wait = next(
            (value for name, value in headers.items() if name.lower() == "retry-after"), "30"
        )
        seconds = float(wait) if wait.replace(".", "", 1).isdigit() else 30.0
        return DeliveryFailed(
            "rate_limited", "slack: asked to wait", retry_after=timedelta(seconds=seconds)
        )
    if status == 400 and word in _OUR_FAULT:
        return DeliveryFailed(
            "payload", f"slack: refused the message's form ({word})", payload_refused=True
        )
    if status >= 500 or status == 408:
        return DeliveryFailed("server", f"slack: {word}")
    return DeliveryFailed("configuration", f"slack: {word}", permanent=True)
