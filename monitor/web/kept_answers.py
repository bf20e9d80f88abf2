"""Answers kept for a moment, with an ETag: many readers who ask the same at once cost as much as one."""

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.clock import Clock

FRESH = timedelta(seconds=5)
"""Every page and answer says as of when it is; five seconds hide nothing."""
MOST = 64
"""Answers that are kept at once."""
LARGEST = 2_000_000
"""Bytes of an answer that is kept: what is asked for in ever new words takes no more than so much memory."""


@dataclass
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: Response | None = None
    made_at: datetime | None = None


class KeptAnswers:
    """Around an application whose answers depend on the path, the query and the host alone."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._kept: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whoever asks for what is being made waits for it and gets the same."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        kept = self._place(scope)
        async with kept.lock:
            now = self._clock.now()
            fresh = kept.made_at is not None and timedelta(0) <= now - kept.made_at < FRESH
            answer = kept.answer if fresh else None
            if answer is None:
                answer = await _answer_of(self._app, scope, receive)
                keep = answer.status_code == 200 and len(answer.body) <= LARGEST
                kept.answer, kept.made_at = (answer, now) if keep else (None, None)
        await _for_the_caller(answer, scope)(scope, receive, send)

    def _place(self, scope: Scope) -> _Kept:
        host = Headers(scope=scope).get("host", "")
        key = (scope["method"], scope["path"], scope["query_string"], host, scope.get("scheme"))
        kept = self._kept.setdefault(key, _Kept())
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return kept


async def _answer_of(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """What the application answers, whole, with its ETag."""
    start: Message = {}
    parts: list[bytes] = []

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, collect)
    answer = Response(b"".join(parts), status_code=start["status"])
    answer.raw_headers = list(start["headers"])
    headers = MutableHeaders(raw=answer.raw_headers)
    if start["status"] == 200:
        headers["ETag"] = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
    headers.setdefault("Cache-Control", "no-cache")
    answer.raw_headers = headers.raw
    return answer


def _for_the_caller(answer: Response, scope: Scope) -> Response:
    """304 where the caller has it already."""
    tag = MutableHeaders(raw=answer.raw_headers).get("etag")
    told = Headers(scope=scope).get("if-none-match", "")
    known = [part.strip().removeprefix("W/") for part in told.split(",")]
    if tag is None or (tag not in known and "*" not in known):
        made = Response(answer.body, status_code=answer.status_code)
        made.raw_headers = list(answer.raw_headers)  # the guard adds its own to a copy
        return made
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "no-cache"})
