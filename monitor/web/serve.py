"""The page at its address, until it is told to stop."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta

import structlog
import uvicorn
from starlette.types import ASGIApp

from monitor.clock import Clock
from monitor.unless import unless
from monitor.web.listener import PageNotServedError, listen

log = structlog.get_logger(__name__)

ASKED_AGAIN = timedelta(seconds=30)
"""How long after a refused port it is asked for again."""
MOST_CONNECTIONS = 1000
"""More are answered with 503: what waits takes memory too."""
GRACE_S = 2
"""So long a stop waits for requests that are being answered."""


class _Server(uvicorn.Server):
    """Whoever serves handles the signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's handlers alone."""
        yield


async def serve(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    clock: Clock,
    stop: asyncio.Event,
    refused: Callable[[PageNotServedError], None],
    serving: Callable[[], None],
) -> None:
    """Until ``stop``. An address that is taken or not allowed costs the page alone and is asked for again and again."""
    while not stop.is_set():
        try:
            listener = listen(host, port)
        except PageNotServedError as error:
            refused(error)
            await unless(stop, clock.sleep(ASKED_AGAIN))
            continue
        await serve_at(listener, app, stop=stop, serving=serving)


async def serve_at(
    listener: socket.socket, app: ASGIApp, *, stop: asyncio.Event, serving: Callable[[], None]
) -> None:
    """Until ``stop``, at a socket that listens already; it is closed then."""
    serving()
    with listener:
        await _until(stop, _server(app), listener)


def _server(app: ASGIApp) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            loop="none",
            timeout_graceful_shutdown=GRACE_S,
            limit_concurrency=MOST_CONNECTIONS,
        )
    )


async def _until(stop: asyncio.Event, server: _Server, listener: socket.socket) -> None:
    work = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await unless(stop, asyncio.wait({work}))  # not the work itself, which it would cancel
    finally:
        server.should_exit = True
        await work
