"""What stands around every path: the token, where one is set, and headers that keep a browser from doing harm."""

import hmac
from urllib.parse import quote, unquote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATHS = ("/healthz",)
COOKIE = "monitor_token"
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


class Guard:
    """Asks for ``Authorization: Bearer TOKEN`` (or ``?token=``, which a cookie then keeps) where a token is set.

    It speaks ASGI itself: an answer that is passed on as a stream of its own costs a reader more than the answer.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's answer with safe headers, or 401."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token, request = self._token, Request(scope)
        if token and request.url.path not in OPEN_PATHS and not _knows(request, token):
            refused = PlainTextResponse(
                "a token is needed\n", status_code=401, headers={"WWW-Authenticate": "Bearer"}
            )
            await refused(scope, receive, send)
            return
        # what the page loads and links to need not carry the token in its address
        cookie = _cookie(token) if token and "token" in request.query_params else None

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if cookie is not None:
                    headers.append("set-cookie", cookie)
                headers.setdefault("Cache-Control", "no-store")
                headers.update(SAFE)
            await send(message)

        await self._app(scope, receive, guarded)


def _cookie(token: str) -> str:
    keeps = Response()
    keeps.set_cookie(COOKIE, quote(token), httponly=True, samesite="strict")
    return keeps.headers["set-cookie"]


def _knows(request: Request, token: str) -> bool:
    given = (
        request.headers.get("authorization", "").removeprefix("Bearer ")
        or request.query_params.get("token", "")
        or unquote(request.cookies.get(COOKIE, ""))
    )
    return hmac.compare_digest(given.encode(), token.encode())
