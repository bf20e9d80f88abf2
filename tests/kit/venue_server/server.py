"""The server: one loopback port a venue and one for control, in a thread of its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from aiohttp import web

from monitor.clock import Clock
from tests.kit.loopback import LoopbackServer
from tests.kit.served import OnLoopback
from tests.kit.venue_server.book import BarBook
from tests.kit.venue_server.control import control_app
from tests.kit.venue_server.faults import FaultBoard
from tests.kit.venue_server.request_log import Request, RequestLog
from tests.kit.venue_server.sending import replaced, send
from tests.kit.venue_server.shelf import Shelf
from tests.kit.venue_server.venues import VENUES
from tests.kit.venue_server.wire import Answer, Question, Venue

_MARKET_ENDPOINTS = frozenset({"candles", "ticker", "book", "trades"})


class VenueServer(OnLoopback):
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
        self.spoilers: dict[
            str, Callable[[str, Answer], Answer]
        ] = {}  # venue -> of endpoint and answer
        self._clock = clock
        self._max_requests = max_requests
        self._venues: dict[str, Venue] = {
            name: VENUES[name](Shelf(name, book, clock, self.faults, dummies=padding))
            for name in chosen
        }
        apps = {"control": (control_app(book, clock, self.faults, self.log, self.end), port)}
        for number, (name, venue) in enumerate(self._venues.items(), start=1):
            apps[name] = (self._app(venue), port and port + number)
        self._server = LoopbackServer(apps, name="venue server", max_seconds=max_seconds)

    @property
    def base_urls(self) -> Mapping[str, str]:
        """Base URL of each venue: scheme, host and port."""
        return {name: self._server.urls[name] for name in self._venues}

    @property
    def control_url(self) -> str:
        """Base URL of the control address."""
        return self._server.urls["control"]

    def url(self, venue: str) -> str:
        """Base URL of a venue."""
        return self._server.urls[venue]

    def _app(self, venue: Venue) -> web.Application:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._answer(venue, request)

        app = web.Application(client_max_size=1 << 20)
        app.router.add_route("*", "/{path:.*}", handle)
        return app

    async def _answer(self, venue: Venue, request: web.Request) -> web.StreamResponse:
        params = await _params(request)
        question = Question(venue.path_of(request.path, params), params)
        route = venue.route(question.path)
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
            self.end()
        answer = _answer(venue, replace(question, faults=faults))
        answer = replaced(answer, faults, venue)
        answer = replace(answer, headers={**venue.headers(endpoint), **answer.headers})
        if venue.id in self.spoilers:
            answer = self.spoilers[venue.id](endpoint, answer)
        return await send(request, answer, faults, self._server.pause)


async def _params(request: web.Request) -> dict[str, str]:
    """Query, and the names of a JSON body with those of an object inside it; a body that is none has no names."""
    params = dict(request.query)
    if request.method == "POST":
        try:
            body = await request.json()
        except ValueError:
            return params
        inside = [v for v in body.values() if isinstance(v, dict)] if isinstance(body, dict) else []
        for part in (body, *inside) if isinstance(body, dict) else ():
            params |= {k: str(v) for k, v in part.items() if isinstance(v, str | int)}
    return params


def _answer(venue: Venue, question: Question) -> Answer:
    try:
        return venue.answer(question)
    except ValueError as error:
        return Answer({"error": f"malformed parameter: {error}"}, 400)
