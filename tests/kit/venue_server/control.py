"""Switching faults and reading the log over HTTP, for a server in a process of its own."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from monitor.clock import Clock
from monitor.model.grid import iso
from tests.kit.venue_server.book import BarBook
from tests.kit.venue_server.candles import Candle
from tests.kit.venue_server.faults import Fault, FaultBoard
from tests.kit.venue_server.request_log import RequestLog


def control_app(
    book: BarBook, clock: Clock, faults: FaultBoard, log: RequestLog, stop: Callable[[], None]
) -> web.Application:
    """GET /clock, /requests, /counts; POST /faults, /bars, /stop; DELETE /faults."""

    async def post_faults(request: web.Request) -> web.Response:
        entries: Any = await request.json()
        try:
            for entry in entries if isinstance(entries, list) else [entries]:
                faults.put(Fault.of(entry))
        except (TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"ok": True})

    async def delete_faults(request: web.Request) -> web.Response:
        faults.clear(request.query.get("venue"), request.query.get("kind"))
        return web.json_response({"ok": True})

    async def get_requests(request: web.Request) -> web.Response:
        chosen = {k: request.query.get(k) for k in ("venue", "endpoint", "symbol")}
        return web.json_response([r.as_json() for r in log.find(**chosen)])

    async def get_counts(request: web.Request) -> web.Response:
        chosen = {k: request.query.get(k) for k in ("venue", "endpoint")}
        return web.json_response({"count": log.count(**chosen)})

    async def get_clock(request: web.Request) -> web.Response:
        return web.json_response({"now": iso(clock.now())})

    async def post_bars(request: web.Request) -> web.Response:
        entry = await request.json()
        book.put(entry["venue"], entry["symbol"], [Candle(**bar) for bar in entry["bars"]])
        return web.json_response({"ok": True})

    async def post_stop(request: web.Request) -> web.Response:
        stop()
        return web.json_response({"ok": True})

    app = web.Application()
    app.add_routes(
        [
            web.post("/faults", post_faults),
            web.delete("/faults", delete_faults),
            web.get("/requests", get_requests),
            web.get("/counts", get_counts),
            web.get("/clock", get_clock),
            web.post("/bars", post_bars),
            web.post("/stop", post_stop),
        ]
    )
    return app
