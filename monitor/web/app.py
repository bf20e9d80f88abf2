"""The HTTP interface: page, JSON, health, metrics. Nothing here changes any state."""

from datetime import datetime

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from monitor.model.errors import MonitorError
from monitor.model.grid import iso
from monitor.process import rss_bytes
from monitor.web.guard import Guard
from monitor.web.kept_answers import KeptAnswers
from monitor.web.metrics import Memory
from monitor.web.page.answers import loaded_routes, page_routes
from monitor.web.page.templating import render
from monitor.web.readiness import Readiness, readiness
from monitor.web.surroundings import Surroundings


def make_app(around: Surroundings, api: ASGIApp) -> Starlette:
    """The application; ``api`` answers every path that is not named here. Its handlers are plain functions, run in threads, since the database is asked synchronously."""
    answers = _Answers(around)
    of_the_store = Router([*page_routes(around), Mount("/", app=api)])
    return Starlette(
        routes=[
            *loaded_routes(),
            Route("/healthz", answers.healthz),
            Route("/readyz", answers.readyz),
            Route("/metrics", answers.metrics),
            Mount("/", app=KeptAnswers(of_the_store, around.clock)),
        ],
        middleware=[Middleware(Guard, token=around.token)],
        exception_handlers={MonitorError: _not_answered},
    )


class _Answers:
    """One method a path."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    async def healthz(self, _: Request) -> Response:
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


async def _not_answered(request: Request, error: Exception) -> Response:
    """The store is gone, locked or another's: said in words, at a page and where a chart would stand as at the JSON."""
    path, remedy = request.url.path, getattr(error, "remedy", None) or "try again"
    if path == "/":
        return HTMLResponse(render("failed.html", why=str(error), remedy=remedy), status_code=503)
    if path.startswith(("/charts/", "/csv/")):
        return PlainTextResponse(f"{error}. Next: {remedy}\n", status_code=503)
    body = {"error": str(error), "found": "nothing", "expected": remedy}
    return JSONResponse(body, status_code=503)
