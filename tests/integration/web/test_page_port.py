"""A page whose address is taken costs the page alone, and is served when the address is free."""

import asyncio
import socket

import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from monitor.clock import ManualClock
from monitor.web.listener import PageNotServedError
from monitor.web.serve import serve
from tests.integration.web.conftest import CLOSE


async def test_a_taken_port_is_said_and_asked_for_again() -> None:
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])
    stop, refused, serving = asyncio.Event(), asyncio.Event(), asyncio.Event()
    said: list[PageNotServedError] = []

    def on_refused(error: PageNotServedError) -> None:
        said.append(error)
        refused.set()

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        page = asyncio.create_task(
            serve(
                app,
                host="127.0.0.1",
                port=port,
                clock=ManualClock(CLOSE),
                stop=stop,
                refused=on_refused,
                serving=serving.set,
            )
        )
        await refused.wait()
        assert f"127.0.0.1:{port} is taken or not allowed" in str(said[0])
        assert "web.port" in str(said[0])
        assert not serving.is_set()
    await serving.wait()
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/")
    assert answer.text == "here"
    stop.set()
    await page


async def test_a_stop_ends_the_waiting_for_a_taken_port() -> None:
    stop, refused = asyncio.Event(), asyncio.Event()

    class Still(ManualClock):
        async def sleep(self, length: object) -> None:
            await asyncio.Event().wait()

    with socket.create_server(("127.0.0.1", 0)) as taken:
        page = asyncio.create_task(
            serve(
                Starlette(),
                host="127.0.0.1",
                port=taken.getsockname()[1],
                clock=Still(CLOSE),
                stop=stop,
                refused=lambda _: refused.set(),
                serving=lambda: None,
            )
        )
        await refused.wait()
        assert not page.done()
        stop.set()
        await asyncio.wait_for(page, 60)
    assert page.done()
    assert page.exception() is None
