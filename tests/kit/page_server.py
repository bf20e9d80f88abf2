"""The page over a database, served on this machine to a real browser."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.responses import Response
from starlette.types import ASGIApp

from monitor.clock import Clock
from monitor.web.app import make_app
from monitor.web.serve import serve
from monitor.web.surroundings import Surroundings

NOTHING = Response(status_code=404)
"""For who asks for pages alone."""


@contextmanager
def page_server(around: Surroundings, clock: Clock, api: ASGIApp = NOTHING) -> Iterator[str]:
    """Its address; it ends with the block. ``api`` answers what is not the page's."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    serving, ends = threading.Event(), threading.Event()
    failed: list[Exception] = []

    async def run() -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(
            serve(
                make_app(around, api),
                host="127.0.0.1",
                port=port,
                clock=clock,
                stop=stop,
                refused=failed.append,
                serving=serving.set,
            )
        )
        await asyncio.to_thread(ends.wait)
        stop.set()
        await work

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert serving.wait(60), failed
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        ends.set()
        thread.join(30)
