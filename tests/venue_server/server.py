"""The server: one loopback port a venue and one for control, in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from aiohttp import web

from monitor.clock import Clock
from tests.venue_server.book import BarBook
from tests.venue_server.control import control_app
from tests.venue_server.faults import FaultBoard
from tests.venue_server.request_log import Request, RequestLog
from tests.venue_server.sending import replaced, send
from tests.venue_server.shelf import Shelf
from tests.venue_server.venues import VENUES
from tests.venue_server.wire import Answer, Question, Venue

_START_WITHIN_S = 10.0
_MARKET_ENDPOINTS = frozenset({"candles", "ticker", "book", "trades"})


class VenueServer:
    """Plays venues from a bar book by a simulated clock. Use it as a context manager, or call start and stop.

    ``venues``: ids, by default those of the book that it can play. ``port``: control listens there and the venues on the
    ports after it, in the order of ``venues``; 0 picks free ones. ``padding``: dummy spot markets in each venue's list.
    It ends by itself after ``max_requests`` or ``max_seconds``.
    """

    def __init__(
        self,
        book: BarBook,
        clock: Clock,
        *,
        venues: Iterable[str] | None = None,
        port: int = 0,
        padding: int = 0,
        max_requests: int = 500_000,
        max_seconds: float = 900.0,
    ) -> None:
        chosen = tuple(venues if venues is not None else (v for v in book.venues if v in VENUES))
        self.book = book
        self.faults = FaultBoard()
        self.log = RequestLog()
        self._clock = clock
        self._port = port
        self._max_requests = max_requests
        self._max_seconds = max_seconds
        self._venues: dict[str, Venue] = {
            name: VENUES[name](Shelf(name, book, clock, self.faults, dummies=padding))
            for name in chosen
        }
        self._urls: dict[str, str] = {}
        self._control = ""
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    @property
    def base_urls(self) -> Mapping[str, str]:
        """Base URL of each venue: scheme, host and port."""
        return dict(self._urls)

    @property
    def control_url(self) -> str:
        """Base URL of the control address."""
        return self._control

    def url(self, venue: str) -> str:
        """Base URL of a venue."""
        return self._urls[venue]

    def start(self) -> None:
        """Listen; raises what went wrong, or TimeoutError."""
        self._thread = threading.Thread(target=self._run, name="venue-server", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_WITHIN_S):
            raise TimeoutError(f"the venue server did not listen within {_START_WITHIN_S:.0f} s")
        if self._failure is not None:
            raise RuntimeError("the venue server could not start") from self._failure

    def stop(self) -> None:
        """End it and wait for its thread; harmless when it has ended."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)
        if self._thread is not None:
            self._thread.join(_START_WITHIN_S)

    def wait(self) -> None:
        """Until it ends by itself."""
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _end(self) -> None:
        if self._stopping is not None:
            self._stopping.set()

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
            control = control_app(self.book, self._clock, self.faults, self.log, self._end)
            self._control = await self._listen(control, self._port, runners)
            for number, (name, venue) in enumerate(self._venues.items(), start=1):
                port = self._port and self._port + number
                self._urls[name] = await self._listen(self._app(venue), port, runners)
            self._ready.set()
            async with asyncio.timeout(self._max_seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass  # its time is over
        finally:
            self._stopping.set()
            await asyncio.gather(*(runner.cleanup() for runner in runners))

    async def _listen(self, app: web.Application, port: int, runners: list[web.AppRunner]) -> str:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", port).start()
        host, bound = runner.addresses[0][:2]
        return f"http://{host}:{bound}"

    def _app(self, venue: Venue) -> web.Application:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._answer(venue, request)

        app = web.Application(client_max_size=1 << 20)
        app.router.add_route("*", "/{path:.*}", handle)
        return app

    async def _answer(self, venue: Venue, request: web.Request) -> web.StreamResponse:
        question = Question(request.path, dict(request.query))
        route = venue.routes.get(question.path)
        endpoint = route.endpoint if route else "unknown"
        listing = venue.listing_of(question) if endpoint in _MARKET_ENDPOINTS else None
        symbol = listing.symbol if listing else None
        faults = self.faults.take(venue.id, endpoint, symbol)
        kinds = tuple(str(fault.kind) for fault in faults)
        entry = Request(
            self._clock.now(),
            venue.id,
            endpoint,
            question.path,
            dict(question.params),
            symbol,
            kinds,
        )
        if self.log.add(entry) >= self._max_requests:
            self._end()
        answer = _answer(venue, replace(question, faults=faults), known=route is not None)
        answer = replaced(answer, faults, venue)
        answer = replace(answer, headers={**venue.headers(endpoint), **answer.headers})
        stopping = self._stopping
        assert stopping is not None
        return await send(request, answer, faults, stopping)


def _answer(venue: Venue, question: Question, *, known: bool) -> Answer:
    if not known:
        return Answer({"error": f"no such path: {question.path}"}, 404)
    try:
        return venue.answer(question)
    except ValueError as error:
        return Answer({"error": f"malformed parameter: {error}"}, 400)
