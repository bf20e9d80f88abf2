"""The HTTP interface: page, JSON, health, metrics. Nothing here changes any state."""

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from monitor.model.errors import MonitorError
from monitor.model.grid import format_duration, iso, parse_duration, parse_iso
from monitor.model.rotation_json import change_to_json, rotation_to_json
from monitor.model.step_json import sector_to_json, step_to_json
from monitor.process import rss_bytes
from monitor.store import rotations, steps
from monitor.web.metrics import Memory
from monitor.web.page.answers import page_routes
from monitor.web.page.rotation import find
from monitor.web.page.templating import render
from monitor.web.readiness import Readiness, readiness
from monitor.web.surroundings import Surroundings

OPEN_PATHS = ("/healthz",)
COOKIE = "monitor_token"
LONGEST_SERIES = timedelta(days=400)
MOST_POINTS = 2000
"""A longer series is thinned to every so many intervals: the size of an answer is bounded."""


class WrongQuestionError(Exception):
    """A query that cannot be read; its text is for the caller."""


def make_app(around: Surroundings) -> Starlette:
    """The application; its handlers are plain functions, run in threads, since the database is asked synchronously."""
    answers = _Answers(around)
    return Starlette(
        routes=[
            *page_routes(around),
            Route("/api/sectors", answers.sectors),
            Route("/api/rotations", answers.rotations),
            Route("/api/rotations/{rotation_id}", answers.rotation),
            Route("/api/series", answers.series),
            Route("/healthz", answers.healthz),
            Route("/readyz", answers.readyz),
            Route("/metrics", answers.metrics),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=_guard(around.token))],
        exception_handlers={WrongQuestionError: _wrong_question, MonitorError: _not_answered},
    )


class _Answers:
    """One method a path."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def rotation(self, request: Request) -> Response:
        """One rotation and every change of it."""
        asked = str(request.path_params["rotation_id"])
        with self._around.database.read() as conn:
            found = find(conn, asked)
            changes = rotations.list_changes(conn, rotation_id=found.id) if found else []
        if found is None:
            return JSONResponse(
                {
                    "error": "no such rotation",
                    "found": asked[:40],
                    "expected": "an id of /api/rotations",
                },
                status_code=404,
            )
        return JSONResponse(
            rotation_to_json(found) | {"changes": [change_to_json(change) for change in changes]}
        )

    def sectors(self, _: Request) -> Response:
        """The last step whole."""
        with self._around.database.read() as conn:
            step = steps.latest_step(conn)
        if step is None:
            return JSONResponse({"error": "no interval has been stepped yet"}, status_code=503)
        return JSONResponse(step_to_json(step))

    def rotations(self, request: Request) -> Response:
        """Detected since."""
        now = self._around.clock.now()
        since = _since(request.query_params, now, LONGEST_SERIES)
        with self._around.database.read() as conn:
            found = rotations.list_rotations(conn, since=since)
        return JSONResponse([rotation_to_json(rotation) for rotation in found])

    def series(self, request: Request) -> Response:
        """One sector's states over time, thinned where there are many."""
        around, now = self._around, self._around.clock.now()
        sector = request.query_params.get("sector", "")
        if not around.universe.has(sector):
            known = [s.id for s in around.universe.sectors]
            return JSONResponse(
                {"error": f"found sector {sector[:40]!r}", "expected": known}, status_code=404
            )
        since = _since(request.query_params, now, timedelta(days=7))
        every = _every(now - since, around.width)
        with around.database.read() as conn:
            rows = steps.sector_series(
                conn, since, now + around.width, every=None if every == around.width else every
            )
        points = [
            {"at": iso(at)} | sector_to_json(state) for at, state in rows if state.id == sector
        ]
        body = {"sector": sector, "since": iso(since), "every": format_duration(every)}
        return JSONResponse(body | {"points": points})

    def healthz(self, _: Request) -> Response:
        """The process answers."""
        return PlainTextResponse("ok\n")

    def readyz(self, _: Request) -> Response:
        """Whether it does its work; 503 with the reasons else."""
        found = self._ready(self._around.clock.now())
        body = {
            "ready": found.ready,
            "reasons": list(found.reasons),
            "last_good_poll": iso(found.last_good_poll) if found.last_good_poll else None,
            "last_step": iso(found.last_step) if found.last_step else None,
        }
        return JSONResponse(body, status_code=200 if found.ready else 503)

    def metrics(self, _: Request) -> Response:
        """For Prometheus: what is read here, then the daemon's own counters as it told them last."""
        around = self._around
        text = around.gauges.render(
            around.database,
            around.clock.now(),
            width_s=around.width.total_seconds(),
            markets=around.universe.markets,
            memory=Memory(daemon=around.link.standing.rss_bytes, page=rss_bytes()),
        )
        return Response(
            text + around.link.standing.counters,
            media_type="text/plain; version=0.0.4; charset=utf-8",
        )

    def _ready(self, now: datetime) -> Readiness:
        around = self._around
        return readiness(
            around.database,
            now,
            width=around.width,
            deadline=around.deadline,
            storage_fault=around.link.standing.fault,
        )


def _guard(token: str | None) -> Callable[[Request, RequestResponseEndpoint], Any]:
    """Asks for ``Authorization: Bearer TOKEN`` (or ``?token=``, which a cookie then keeps) where a token is set; adds safe
    headers."""

    async def dispatch(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if token and request.url.path not in OPEN_PATHS and not _knows(request, token):
            return PlainTextResponse(
                "a token is needed\n", status_code=401, headers={"WWW-Authenticate": "Bearer"}
            )
        response = await call_next(request)
        if token and "token" in request.query_params:
            # what the page loads and links to need not carry the token in its address
            response.set_cookie(COOKIE, quote(token), httponly=True, samesite="strict")
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline';"
            " img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return response

    return dispatch


def _knows(request: Request, token: str) -> bool:
    given = (
        request.headers.get("authorization", "").removeprefix("Bearer ")
        or request.query_params.get("token", "")
        or unquote(request.cookies.get(COOKIE, ""))
    )
    return hmac.compare_digest(given.encode(), token.encode())


def _since(query: Mapping[str, str], now: datetime, default: timedelta) -> datetime:
    """``since``: a length before now, or ISO 8601; the default length before now without it, 400 days at most."""
    text = query.get("since")
    asked = _moment(text, now) if text else now - default
    return max(asked, now - LONGEST_SERIES)


def _moment(text: str, now: datetime) -> datetime:
    try:
        return now - parse_duration(text)
    except (ValueError, OverflowError):
        pass
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise WrongQuestionError(
            f"since: found {text[:40]!r}, expected a length such as 7d or a time such as 2025-01-19T05:00:00Z"
        ) from None


def _every(length: timedelta, width: timedelta) -> timedelta:
    """Whole intervals between two points of a series that long."""
    steps_between = max(1, -(-(length // width) // MOST_POINTS))
    return steps_between * width


async def _not_answered(request: Request, error: Exception) -> Response:
    """The store is gone, locked or another's: said in words, at a page as at the JSON."""
    if request.url.path == "/":
        page = render("failed.html", why=str(error), remedy=getattr(error, "remedy", None))
        return HTMLResponse(page, status_code=503)
    return JSONResponse({"error": str(error)}, status_code=503)


async def _wrong_question(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)
