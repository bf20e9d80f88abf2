"""aiohttp applications on loopback ports, in a thread that always ends; and the ways a connection may break."""

import asyncio
import socket
import struct
import threading
from collections.abc import Mapping

from aiohttp import web

from tests.kit.waiting import PATIENCE_S


class LoopbackServer:
    """Serves each application on its own port of 127.0.0.1 (0: a free one) until it is stopped or its time is over."""

    def __init__(
        self, apps: Mapping[str, tuple[web.Application, int]], *, name: str, max_seconds: float
    ) -> None:
        self.urls: dict[str, str] = {}
        self._apps = apps
        self._name = name
        self._max_seconds = max_seconds
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    def start(self) -> None:
        """Listen; raises RuntimeError from what went wrong, or TimeoutError."""
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()
        if not self._ready.wait(PATIENCE_S):
            raise TimeoutError(f"{self._name} did not listen within {PATIENCE_S:.0f} s")
        if self._failure is not None:
            raise RuntimeError(f"{self._name} could not start") from self._failure

    def stop(self) -> None:
        """End it and wait for its thread; harmless when it has ended."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.end)
        if self._thread is not None:
            self._thread.join(PATIENCE_S)

    def wait(self) -> None:
        """Until it ends."""
        if self._thread is not None:
            self._thread.join()

    def end(self) -> None:
        """Begin to end; for callers in its own loop."""
        if self._stopping is not None:
            self._stopping.set()

    async def pause(self, seconds: float) -> None:
        """Wait that long, or until the server ends."""
        assert self._stopping is not None
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001  told to the thread that waits for the start
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        runners: list[web.AppRunner] = []
        try:
            for name, (app, port) in self._apps.items():
                runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
                await runner.setup()
                runners.append(runner)
                await web.TCPSite(runner, "127.0.0.1", port).start()
                host, bound = runner.addresses[0][:2]
                self.urls[name] = f"http://{host}:{bound}"
            self._ready.set()
            async with asyncio.timeout(self._max_seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass  # its time is over
        finally:
            self._stopping.set()
            await asyncio.gather(*(runner.cleanup() for runner in runners))


def reset(request: web.Request) -> None:
    """Break the request's connection with a TCP reset; whatever is returned afterwards goes nowhere."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def cut(request: web.Request, body: bytes, content_type: str) -> web.StreamResponse:
    """Answer with half of the body that the header announces, then close."""
    response = web.StreamResponse()
    response.content_type = content_type
    response.content_length = max(len(body), 2)
    await response.prepare(request)
    await response.write(body[: len(body) // 2] or b" ")
    if request.transport is not None:
        request.transport.close()
    return response
