"""The HTTP interface: page, JSON, health, metrics. Nothing here changes any state."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from monitor.clock import Clock
from monitor.model.grid import iso, parse_duration, parse_iso
from monitor.model.rotation_json import rotation_to_json
from monitor.model.step_json import sector_to_json, step_to_json
from monitor.model.universe import Universe
from monitor.store import rotations, steps
from monitor.store.database import Database
from monitor.web.metrics import Metrics
from monitor.web.page import render_page
from monitor.web.readiness import readiness

OPEN_PATHS = ("/healthz",)
LONGEST_SERIES = timedelta(days=400)


@dataclass(frozen=True)
class Surroundings:
    """What the page answers from. ``token`` is demanded of every caller but `/healthz` when it is set."""

    database: Database
    universe: Universe
    clock: Clock
    width: timedelta
    deadline: timedelta
    metrics: Metrics
    token: str | None = None
    storage_fault: Callable[[], str | None] = lambda: None
    rss_bytes: Callable[[], int | None] = lambda: None


def make_app(around: Surroundings) -> Starlette:
    """The application; its handlers are plain functions, run in threads, since the database is asked synchronously."""

    def page(_: Request) -> Response:
        with around.database.read() as conn:
            step = steps.latest_step(conn)
            found = rotations.list_rotations(conn, since=around.clock.now() - timedelta(days=30))
        return HTMLResponse(
            render_page(step, found, around.universe, around.clock.now(), width=around.width)
        )

    def sectors(_: Request) -> Response:
        with around.database.read() as conn:
            step = steps.latest_step(conn)
        if step is None:
            return JSONResponse({"error": "no interval has been stepped yet"}, status_code=503)
        return JSONResponse(step_to_json(step))

    def rotation_list(request: Request) -> Response:
        since = _time(request.query_params, "since", around.clock.now())
        with around.database.read() as conn:
            found = rotations.list_rotations(conn, since=since)
        return JSONResponse([rotation_to_json(rotation) for rotation in found])

    def series(request: Request) -> Response:
        now = around.clock.now()
        sector = request.query_params.get("sector", "")
        if not around.universe.has(sector):
            known = [s.id for s in around.universe.sectors]
            return JSONResponse(
                {"error": f"found sector {sector!r}", "expected": known}, status_code=404
            )
        since = _time(request.query_params, "since", now) or now - timedelta(days=7)
        with around.database.read() as conn:
            rows = steps.sector_series(conn, max(since, now - LONGEST_SERIES), now + around.width)
        points = [
            {"at": iso(at)} | sector_to_json(state) for at, state in rows if state.id == sector
        ]
        return JSONResponse({"sector": sector, "since": iso(since), "points": points})

    def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readyz(_: Request) -> Response:
        found = readiness(
            around.database,
            around.clock.now(),
            width=around.width,
            deadline=around.deadline,
            storage_fault=around.storage_fault(),
        )
        body = {
            "ready": found.ready,
            "reasons": list(found.reasons),
            "last_good_poll": iso(found.last_good_poll) if found.last_good_poll else None,
            "last_step": iso(found.last_step) if found.last_step else None,
        }
        return JSONResponse(body, status_code=200 if found.ready else 503)

    def metrics(_: Request) -> Response:
        text = around.metrics.render(
            around.database,
            around.clock.now(),
            width_s=around.width.total_seconds(),
            rss_bytes=around.rss_bytes(),
        )
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    return Starlette(
        routes=[
            Route("/", page),
            Route("/api/sectors", sectors),
            Route("/api/rotations", rotation_list),
            Route("/api/series", series),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=_guard(around.token))],
        exception_handlers={ValueError: _wrong_question},
    )


def _guard(token: str | None) -> Callable[[Request, RequestResponseEndpoint], Any]:
    """Asks for ``Authorization: Bearer TOKEN`` (or ``?token=``) where a token is set; adds safe headers."""

    async def dispatch(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if token and request.url.path not in OPEN_PATHS and not _knows(request, token):
            return PlainTextResponse(
                "a token is needed\n", status_code=401, headers={"WWW-Authenticate": "Bearer"}
            )
        response = await call_next(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; base-uri 'none'"
        )
        return response

    return dispatch


def _knows(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "").removeprefix(
        "Bearer "
    ) or request.query_params.get("token", "")
    return hmac.compare_digest(given.encode(), token.encode())


def _time(query: Mapping[str, str], name: str, now: datetime) -> datetime | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return now - parse_duration(text)
    except ValueError:
        return parse_iso(text)


async def _wrong_question(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)
