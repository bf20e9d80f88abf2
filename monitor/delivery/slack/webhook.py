"""Slack by incoming webhook: text, no threads, no pictures.

A webhook has no key that would let Slack drop a repeat, and does not say which message it made: a process that is
killed after Slack said ok and before the receipt was stored sends the notice once more when its lease is over. Every
message carries the ids of its rotations, so that a reader can tell a repeat.
"""

import asyncio
import logging
from datetime import timedelta

from slack_sdk.webhook.async_client import AsyncWebhookClient

from monitor.delivery.channel import Receipt, Sending
from monitor.delivery.slack.errors import (
    NO_ANSWER,
    is_taken,
    no_way_out,
    unreachable,
    webhook_refused,
)
from monitor.delivery.slack.forms import short_form, whole_form
from monitor.model.notice import Act, Notice
from monitor.network import CHANNEL_TIMEOUT, USER_AGENT, proxy_for, trust


class SlackWebhook:
    """Sends to one webhook; its URL is the secret and appears in no text."""

    def __init__(self, url: str, *, timeout: timedelta = CHANNEL_TIMEOUT) -> None:
        # The client's own log lines quote the URL; a logger outside of the tree is switched on by nobody.
        silent = logging.Logger("slack_sdk", level=logging.CRITICAL + 1)  # noqa: LOG001
        self._client = AsyncWebhookClient(
            url,
            timeout=max(1, round(timeout.total_seconds())),
            retry_handlers=[],
            logger=silent,
            user_agent_prefix=USER_AGENT,
        )
        self._timeout_s = timeout.total_seconds()

    async def send(self, notice: Notice, how: Sending) -> Receipt:
        """Post it; raises DeliveryFailed. A reply is a short message of its own; edits and pictures are left out."""
        if notice.act in (Act.EDIT, Act.PICTURE):
            return {"left_out": "a webhook cannot edit"}  # and a picture goes into what was said
        self._choose_the_way()
        form = whole_form(notice, how) if notice.act is Act.SAY else short_form(notice, how)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._client.send(
                    text=form.text, blocks=form.blocks, unfurl_links=False, unfurl_media=False
                )
        except NO_ANSWER as error:
            raise unreachable(error) from None
        if is_taken(answer.status_code, answer.body):
            said = answer.body.strip()
            return {
                "at": how.now.isoformat(),
                "answer": "ok" if said == "ok" else f"HTTP {answer.status_code}",
            }
        raise webhook_refused(answer.status_code, answer.body, answer.headers)

    def _choose_the_way(self) -> None:
        """The client takes a proxy from the environment without a look at NO_PROXY."""
        try:
            self._client.proxy, self._client.ssl = proxy_for(self._client.url), trust()
        except (OSError, ValueError) as error:
            raise no_way_out(error) from None

    async def close(self) -> None:
        """Nothing is kept between calls."""
