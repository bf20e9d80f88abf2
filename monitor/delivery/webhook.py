"""A signed webhook: each notice as JSON, posted to one address.

The signature is an HMAC-SHA256 over ``time.body``, as a receiver can check with its own library (see the README). The
key in the body and in ``Idempotency-Key`` is the same for every try of a notice, so that a receiver drops a repeat.
"""

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import httpx

from monitor.delivery.channel import ChannelSender, Receipt, Sending
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.text_form import rotation_of, text_of
from monitor.delivery.ways import Tools, Way, both_ways
from monitor.model.errors import MonitorError
from monitor.model.grid import iso
from monitor.model.notice import Act, Notice
from monitor.model.retry_after import asked_rest
from monitor.model.rotation_json import rotation_to_json
from monitor.network import CHANNEL_TIMEOUT, http_client
from monitor.settings.schema import Settings

_LATER = (408, 425, 429)


def ways(settings: Settings) -> list[Way]:
    """To readers and to operators; none without an address. Raises MonitorError where the secret is missing."""
    table = settings.alerts.webhook
    if table.url is None:
        return []
    if table.secret is None:
        raise MonitorError(
            "alerts.webhook.secret: found nothing beside a url, expected MONITOR_ALERTS__WEBHOOK__SECRET"
        )
    url, secret = table.url.get_secret_value(), table.secret.get_secret_value()

    def opened(_: Tools) -> ChannelSender:
        return SignedWebhook(url, secret)

    return both_ways("webhook", settings, opened)


class SignedWebhook:
    """Posts to one address; neither it nor the secret appears in any text."""

    def __init__(self, url: str, secret: str, *, timeout: timedelta = CHANNEL_TIMEOUT) -> None:
        self._url = url
        self._secret = secret.encode()
        self._timeout = timeout

    async def send(self, notice: Notice, how: Sending) -> Receipt:
        """Post it; raises DeliveryFailed. Edits and pictures are left out: each turn is a post of its own."""
        if notice.act in (Act.EDIT, Act.PICTURE):
            return {"left_out": "a webhook cannot edit"}
        body = json.dumps(body_of(notice, how), ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(how.now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key_of(notice),
            "X-Monitor-Timestamp": stamp,
            "X-Monitor-Signature": signature(self._secret, stamp, body),
        }
        try:
            # redirects are not followed, and the answer's body is never read: only the status counts
            async with (
                asyncio.timeout(self._timeout.total_seconds()),
                http_client(self._url, timeout=self._timeout) as client,
                client.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                status, told = answer.status_code, dict(answer.headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            text = f"webhook: no answer ({type(error).__name__})"
            raise DeliveryFailed("unreachable", text, may_have_arrived=True) from None
        if 200 <= status < 300:
            return {"at": iso(how.now), "answer": f"HTTP {status}"}
        raise _refused(status, told)

    async def close(self) -> None:
        """Nothing is kept between calls."""


def body_of(notice: Notice, how: Sending) -> dict[str, Any]:
    """The notice as JSON; ``rotation`` is the object of ``rotations --json`` as it stood then, null where it is about
    none or several."""
    rotation = rotation_of(notice)
    return {
        "key": key_of(notice),
        "kind": notice.kind.value,
        "act": notice.act.value,
        "event_at": iso(notice.event_at),
        "urgent": notice.urgent,
        "text": text_of(notice, how),
        "rotations": list(notice.payload.get("rotations", ())),
        "rotation": rotation_to_json(rotation) if rotation is not None else None,
    }


def key_of(notice: Notice) -> str:
    """The same for every try of a notice, and for no other."""
    return hashlib.sha256(f"{notice.channel}|{notice.dedup_key}".encode()).hexdigest()[:32]


def signature(secret: bytes, stamp: str, body: bytes) -> str:
    """``v1=`` and the HMAC-SHA256 of ``stamp.body`` in hexadecimal."""
    return "v1=" + hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _refused(status: int, headers: dict[str, str]) -> DeliveryFailed:
    if status == 429:
        text = "webhook: asked to wait (HTTP 429)"
        return DeliveryFailed("rate_limited", text, retry_after=asked_rest(headers))
    if status >= 500 or status in _LATER:
        text = f"webhook: HTTP {status}"
        return DeliveryFailed("server", text, retry_after=asked_rest(headers))
    if 300 <= status < 400:
        text = f"webhook: HTTP {status}, a redirect, which is not followed; set alerts.webhook.url to where it leads"
        return DeliveryFailed("configuration", text, permanent=True)
    return DeliveryFailed("configuration", f"webhook: HTTP {status}", permanent=True)
