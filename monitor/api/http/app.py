"""The application of the API. Its handlers are plain functions, run in threads, since the database is asked synchronously."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor import __version__
from monitor.api import coverage, daily, flags, judged, pictures, schemas, status
from monitor.api.http import badge, feed, tables
from monitor.api.http.asked import (
    Asked,
    AskedAt,
    AskedConditions,
    AskedPair,
    AskedRange,
    AskedReport,
    AskedRotations,
    AskedSeries,
    AskedTokens,
)
from monitor.api.http.bodies import CSV, json_body
from monitor.api.http.document_page import document_page
from monitor.api.http.faults import HANDLERS, error_body
from monitor.api.sources import Sources

LONGEST_QUERY = 4096
TITLE = "Sector rotation monitor"
_ERRORS: dict[int | str, dict[str, Any]] = {
    304: {"description": "What the caller has is the answer still (If-None-Match)."},
    400: {"model": schemas.ErrorAnswer, "description": "The question cannot be read."},
    401: {"description": "A token is needed.", "content": {"text/plain": {}}},
    404: {"model": schemas.ErrorAnswer, "description": "What is named is not there."},
    503: {"model": schemas.ErrorAnswer, "description": "What would answer it is not there yet."},
}


def api_app(sources: Sources) -> ASGIApp:
    """Every path of the API; for a path that it does not know a 404 in JSON."""
    app = FastAPI(title=TITLE, version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    _questions(app, sources)
    _judgements(app, sources)
    _csv(app, sources)
    _others(app, sources)
    for kind, handler in HANDLERS:
        app.add_exception_handler(kind, handler)
    return _ShortQueries(app)


def _questions(app: FastAPI, sources: Sources) -> None:
    """What was seen, as JSON."""
    path = partial(_json_path, app)

    @path("/api/sectors", schemas.Sectors)
    def sectors(asked: Annotated[AskedAt, Query()]) -> Response:
        """Every sector with its tokens, as of the last step or of the step at that time."""
        return json_body(pictures.sectors(sources, asked.at))

    @path("/api/tokens", schemas.Tokens)
    def tokens(asked: Annotated[AskedTokens, Query()]) -> Response:
        """Every token, or one sector's."""
        return json_body(pictures.tokens(sources, asked.sector, asked.at))

    @path("/api/series", schemas.Series)
    def series(asked: Annotated[AskedSeries, Query()]) -> Response:
        """One sector's figures over time."""
        return json_body(
            pictures.series(sources, asked.sector, asked.since, asked.until, asked.every),
        )

    @path("/api/rotations", schemas.Rotations)
    def rotations(asked: Annotated[AskedRotations, Query()]) -> Response:
        """Rotations that were flagged, newest first, a page at a time."""
        found = flags.rotations(sources, **asked.filters)
        return json_body(found)

    @path("/api/rotations/{rotation_id}", schemas.RotationWhole)
    def rotation(rotation_id: str, _: Annotated[Asked, Query()]) -> Response:
        """One rotation, every change of it, and why it was flagged in words."""
        return json_body(flags.rotation(sources, rotation_id))


def _judgements(app: FastAPI, sources: Sources) -> None:
    """What was judged of it, and what is known of the data, as JSON."""
    path = partial(_json_path, app)

    @path("/api/why-not", schemas.WhyNotAnswer)
    def why_not(asked: Annotated[AskedPair, Query()]) -> Response:
        """Why no rotation was flagged then."""
        return json_body(judged.why_not(sources, asked.source, asked.target, asked.at))

    @path("/api/conditions", schemas.Conditions)
    def conditions(asked: Annotated[AskedConditions, Query()]) -> Response:
        """Each condition of one pair against its bound, step by step."""
        found = judged.conditions(sources, asked.source, asked.target, asked.since, asked.until)
        return json_body(found)

    @path("/api/coverage", schemas.CoverageAnswer)
    def heard(asked: Annotated[AskedRange, Query()]) -> Response:
        """For which part of a range each market's venue was heard."""
        return json_body(coverage.coverage(sources, asked.since, asked.until))

    @path("/api/report", schemas.Report)
    def report(asked: Annotated[AskedReport, Query()]) -> Response:
        """The daily report of a date as text."""
        return json_body(daily.report(sources, asked.date))

    @path("/api/status", schemas.StatusAnswer)
    def what_is_known(_: Annotated[Asked, Query()]) -> Response:
        """What the daemon knows: venues, tokens, the outbox."""
        return json_body(status.status(sources))


def _json_path(app: FastAPI, where: str, model: Any) -> Callable[[Callable[..., Response]], Any]:
    answers: dict[int | str, dict[str, Any]] = {
        **_ERRORS,
        200: {"model": model, "description": model.__doc__},
    }
    return app.get(where, response_model=None, responses=answers)


def _csv(app: FastAPI, sources: Sources) -> None:
    """The same as tables."""

    def path(where: str) -> Callable[[Callable[..., Response]], Any]:
        ok = {"description": "A table with a header.", "content": {CSV: {}}}
        return app.get(where, response_model=None, responses={**_ERRORS, 200: ok})

    @path("/api/sectors.csv")
    def sectors(asked: Annotated[AskedAt, Query()]) -> Response:
        """A row a sector."""
        return tables.sectors_csv(sources, asked)

    @path("/api/tokens.csv")
    def tokens(asked: Annotated[AskedTokens, Query()]) -> Response:
        """A row a token."""
        return tables.tokens_csv(sources, asked)

    @path("/api/series.csv")
    def series(asked: Annotated[AskedSeries, Query()]) -> Response:
        """A row a point."""
        return tables.series_csv(sources, asked)

    @path("/api/rotations.csv")
    def rotations(asked: Annotated[AskedRotations, Query()]) -> Response:
        """A row a rotation; X-Next carries the cursor of what is left."""
        return tables.rotations_csv(sources, asked)

    @path("/api/conditions.csv")
    def conditions(asked: Annotated[AskedConditions, Query()]) -> Response:
        """A row a condition and step."""
        return tables.conditions_csv(sources, asked)

    @path("/api/coverage.csv")
    def heard(asked: Annotated[AskedRange, Query()]) -> Response:
        """A row a market."""
        return tables.coverage_csv(sources, asked)


def _others(app: FastAPI, sources: Sources) -> None:
    """Feed, badge, the document and its page."""

    def path(where: str, media_type: str, what: str) -> Callable[[Callable[..., Response]], Any]:
        ok = {"description": what, "content": {media_type: {}}}
        answers: dict[int | str, dict[str, Any]] = {
            **{code: _ERRORS[code] for code in (304, 400, 401, 503)},
            200: ok,
        }
        return app.get(where, response_class=Response, response_model=None, responses=answers)

    @path("/feed.atom", feed.MEDIA_TYPE, "Atom.")
    def rotations_feed(request: Request, _: Annotated[Asked, Query()]) -> Response:
        """The latest rotations for feed readers."""
        address = sources.page or str(request.base_url)
        return Response(feed.feed(sources, address.rstrip("/")), media_type=feed.MEDIA_TYPE)

    @path("/badge.svg", badge.MEDIA_TYPE, "A picture.")
    def rotation_badge(_: Annotated[Asked, Query()]) -> Response:
        """The strongest rotation that is on, as a small picture."""
        return Response(badge.badge(sources), media_type=badge.MEDIA_TYPE)

    @app.get("/openapi.json", include_in_schema=False)
    def document() -> Response:
        return json_body(_document(app))

    @app.get("/api", include_in_schema=False)
    def page() -> Response:
        return HTMLResponse(document_page(_document(app)))


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, without the framework's own form of an error: ours is another."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description="Read only. Times are UTC; what is unknown is null; an unknown parameter is an error.",
            routes=app.routes,
        )
        for methods in made["paths"].values():
            for operation in methods.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            made["components"]["schemas"].pop(name, None)
        app.openapi_schema = made
    return app.openapi_schema


class _ShortQueries:
    """A question that is too long is refused before anything reads it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """414, or what the application says."""
        length = len(scope.get("query_string", b"")) + len(scope.get("path", ""))
        if scope["type"] != "http" or length <= LONGEST_QUERY:
            await self._app(scope, receive, send)
            return
        body = error_body(
            "the question is too long", f"{length} characters", f"{LONGEST_QUERY} at most"
        )
        await json_body(body, 414)(scope, receive, send)
