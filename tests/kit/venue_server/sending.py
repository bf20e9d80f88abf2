"""Puts an answer on the wire, or what a fault makes of it."""

import json
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from tests.kit.loopback import cut, reset
from tests.kit.venue_server.faults import Fault, FaultKind
from tests.kit.venue_server.wire import CLOUD_PAGE, Answer, Venue

_HTML = "text/html"
_BODIES: dict[FaultKind, Callable[[str], Answer]] = {
    FaultKind.HTML_200: lambda _: Answer(
        CLOUD_PAGE.format(title="Just a moment..."), content_type=_HTML
    ),
    FaultKind.HALF_JSON: lambda whole: Answer(whole[: len(whole) // 2]),
    FaultKind.EMPTY_BODY: lambda _: Answer(""),
    FaultKind.JSON_NULL: lambda _: Answer("null"),
    FaultKind.JSON_NUMBER: lambda _: Answer("42"),
    FaultKind.JSON_OBJECT: lambda _: Answer("{}"),
    FaultKind.JSON_LIST: lambda _: Answer("[]"),
}
_BLANKS = b" " * 1_000_000
_DROP_S = 0.05
_OWN_WORDS = {
    FaultKind.MAINTENANCE,
    FaultKind.INTERNAL_ERROR,
    FaultKind.RATE_LIMITED,
    FaultKind.BANNED,
    FaultKind.REGION,
}


def encoded(answer: Answer) -> str:
    """The body as text."""
    if isinstance(answer.body, str):
        return answer.body
    return json.dumps(answer.body, separators=(",", ":"))


def replaced(answer: Answer, faults: Sequence[Fault], venue: Venue) -> Answer:
    """The answer after the faults that put another in its place; the last one wins."""
    for fault in faults:
        if fault.kind is FaultKind.STATUS:
            headers = dict(fault.headers)
            if fault.retry_after is not None:
                headers["Retry-After"] = f"{fault.retry_after:.0f}"
            answer = Answer(fault.body, fault.status, headers, "text/plain")
        elif fault.kind in _BODIES:
            answer = _BODIES[fault.kind](encoded(answer))
        elif fault.kind in _OWN_WORDS:
            answer = venue.trouble(fault.kind, fault.retry_after)
    return answer


async def send(
    request: web.Request,
    answer: Answer,
    faults: Sequence[Fault],
    pause: Callable[[float], Awaitable[None]],
) -> web.StreamResponse:
    """Send it, slowly, cut short or not at all where a fault says so. ``pause`` ends early when the server stops."""
    body = encoded(answer).encode()
    headers = {"Content-Type": f"{answer.content_type}; charset=utf-8", **answer.headers}
    whole = web.Response(body=body, status=answer.status, headers=headers)
    for fault in faults:
        match fault.kind:
            case FaultKind.SLOW:
                await pause(fault.seconds)
            case FaultKind.STALL:
                await pause(fault.seconds)
                reset(request)
            case FaultKind.RESET:
                reset(request)
            case FaultKind.DRIP:
                return await _dripped(request, body, fault.seconds, pause)
            case FaultKind.HUGE:
                return await _huge(request, body)
            case FaultKind.CUT_BODY:
                return await cut(request, body, answer.content_type)
    return whole


async def _dripped(
    request: web.Request, body: bytes, seconds: float, pause: Callable[[float], Awaitable[None]]
) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "application/json"})
    stream.content_length = len(body)
    await stream.prepare(request)
    for letter in body[: int(seconds / _DROP_S)]:
        await stream.write(bytes([letter]))
        await pause(_DROP_S)
    reset(request)
    return stream


async def _huge(request: web.Request, body: bytes) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "application/json"})
    await stream.prepare(request)
    try:
        for _ in range(100):
            await stream.write(_BLANKS)
        await stream.write(body)
    except ConnectionError:
        pass  # nobody listens to the end
    return stream
