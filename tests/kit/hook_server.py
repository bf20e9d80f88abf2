"""A receiver of webhooks on loopback that keeps what it got and answers as told."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.kit.loopback import LoopbackServer, reset
from tests.kit.served import OnLoopback


@dataclass(slots=True)
class Hook:
    """One POST."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass(slots=True)
class HookServer(OnLoopback):
    """``answers``: (status, headers, body) of the next posts, then ``usual``; a status of 0 breaks the connection after
    the post was kept."""

    usual: tuple[int, dict[str, str], str] = (200, {}, "")
    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)

    def __post_init__(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._server = LoopbackServer({"hook": (app, 0)}, name="hook server", max_seconds=900)

    @property
    def url(self) -> str:
        """``http://127.0.0.1:port``."""
        return self._server.urls["hook"]

    def at(self, path: str) -> list[Hook]:
        """Posts to a path."""
        return [hook for hook in self.hooks if hook.path == path]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        self.hooks.append(Hook(request.path, dict(request.headers), await request.read()))
        status, headers, body = self.answers.pop(0) if self.answers else self.usual
        if status == 0:
            reset(request)
            return web.Response()
        return web.Response(status=status, headers=headers, text=body)
