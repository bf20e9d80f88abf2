"""The paths of the page: HTML, the charts' JSON, CSV, and what they load; nothing is loaded from elsewhere."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Route

from monitor.model.state import MarketStep
from monitor.store import steps
from monitor.store.outside import outside_at
from monitor.web.page import data_tables, outside_tables, rotation_tables, sector_tables
from monitor.web.page.asked import Asked, WrongPageError, asked_of
from monitor.web.page.condition_charts import condition_charts
from monitor.web.page.conditions import condition_titles, readings_of
from monitor.web.page.level_charts import level_charts
from monitor.web.page.market import market_page, moved_table, standing_table
from monitor.web.page.relative import trails
from monitor.web.page.relative_charts import pressure_chart, relative_chart
from monitor.web.page.rotation import (
    find,
    life_table,
    named_pair,
    rotation_page,
    told_table,
    unknown_page,
)
from monitor.web.page.scene import by_rank, name_of, read_scene
from monitor.web.page.tables import Table, to_csv
from monitor.web.page.templating import render, static_text
from monitor.web.readiness import readiness
from monitor.web.surroundings import Surroundings

KEPT = "public, max-age=31536000, immutable"
OF_A_ROTATION = ("life", "told")
_TYPES = {"page.css": "text/css", "page.js": "text/javascript"}


def page_routes(around: Surroundings) -> list[Route]:
    """All paths that are for people and answered from the store."""
    pages = _Pages(around)
    return [
        Route("/", pages.page),
        Route("/charts/{name}.json", pages.chart),
        Route("/csv/{key}.csv", pages.csv),
    ]


def loaded_routes() -> list[Route]:
    """What a page loads; it is the same as long as the program is."""
    return [Route("/static/bokeh.min.js", _bokeh), Route("/static/{name}", _static)]


class _Pages:
    """One method a path."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def page(self, request: Request) -> Response:
        """The market, or with ``?rotation=ID`` that rotation whole."""
        asked_id = request.query_params.get("rotation")
        if asked_id is not None:
            return self._rotation(asked_id)
        try:
            asked = asked_of(request.query_params, self._around.universe)
        except WrongPageError as error:
            return _html(render("wrong.html", why=str(error)), 400)
        return self._market(asked)

    def _market(self, asked: Asked) -> Response:
        around, now = self._around, self._around.clock.now()
        found = readiness(
            around.database,
            now,
            width=around.width,
            deadline=around.deadline,
            storage_fault=around.link.standing.fault,
        )
        with around.database.read() as conn:
            return _html(market_page(conn, around, asked, now, found.reasons))

    def _rotation(self, asked: str) -> Response:
        around, now = self._around, self._around.clock.now()
        with around.database.read() as conn:
            found = find(conn, asked)
            if found is None:
                return _html(unknown_page(asked, now), 404)
            return _html(rotation_page(conn, around, found, now))

    def chart(self, request: Request) -> Response:
        """What BokehJS draws; 404 with the reason where there is nothing to draw."""
        name = request.path_params["name"]
        draw = {
            "levels": self._levels,
            "relative": self._relative,
            "pressure": self._pressure,
            "conditions": self._conditions,
        }.get(name)
        try:
            asked = asked_of(request.query_params, self._around.universe)
        except WrongPageError as error:
            return PlainTextResponse(str(error), status_code=400)
        rotation = request.query_params.get("rotation", "")[:60]
        if draw is None:
            return PlainTextResponse("no such chart", status_code=404)
        with self._around.database.read() as conn:
            step = steps.latest_step(conn)
            found = None if step is None else draw(conn, step, asked, rotation)
            unknown = name == "conditions" and find(conn, rotation) is None
        if unknown:
            return PlainTextResponse(_no_table("life", rotation, stepped=True), status_code=404)
        if found is None:
            return PlainTextResponse("Too little is stored to draw this.", status_code=404)
        return JSONResponse(found)

    def _levels(self, conn: Connection, step: MarketStep, asked: Asked, _: str) -> Any:
        around = self._around
        scene = read_scene(conn, around.universe, step, asked.range, around.width)
        return level_charts(scene, asked.scheme) if len(scene.at) > 1 else None

    def _relative(self, conn: Connection, step: MarketStep, asked: Asked, _: str) -> Any:
        found = trails(conn, self._around.universe, step)
        return relative_chart(found, asked.scheme) if any(t.dots for t in found) else None

    def _pressure(self, _: Connection, step: MarketStep, asked: Asked, __: str) -> Any:
        watched = {s.id: s for s in self._around.universe.watched}
        states = [
            (name_of(watched[s.id]), watched[s.id].color, s)
            for s in step.sectors
            if s.id in watched
        ]
        return pressure_chart(states, asked.scheme)

    def _conditions(self, conn: Connection, _: MarketStep, asked: Asked, rotation_id: str) -> Any:
        rotation = find(conn, rotation_id)
        found = readings_of(conn, rotation, self._around.width) if rotation else []
        if rotation is None or len(found) < 2:
            return None
        pair = named_pair(rotation, self._around.enricher.names)
        marks = [(rotation.detected_at, "detected")]
        marks += [(at, "ended") for at in [rotation.closed_at] if at is not None]
        return condition_charts(found, condition_titles(rotation, found, pair), marks, asked.scheme)

    def csv(self, request: Request) -> Response:
        """A table of the page for programs."""
        key = request.path_params["key"]
        try:
            asked = asked_of(request.query_params, self._around.universe)
        except WrongPageError as error:
            return PlainTextResponse(str(error), status_code=400)
        rotation = request.query_params.get("rotation", "")
        with self._around.database.read() as conn:
            table = self._table(conn, key, asked, rotation)
            stepped = steps.latest_step(conn) is not None
        if table is None:
            return PlainTextResponse(_no_table(key, rotation, stepped=stepped), status_code=404)
        return Response(
            to_csv(table),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{table.key}.csv"'},
        )

    def _table(self, conn: Connection, key: str, asked: Asked, rotation_id: str) -> Table | None:
        around, now = self._around, self._around.clock.now()
        names = {s.id: name_of(s) for s in around.universe.sectors}
        if key == "rotations":
            return rotation_tables.rotation_table(conn, asked, names)
        if key == "quarantine":
            return data_tables.quarantine_table(conn, now)
        if key == "revisions":
            return data_tables.revision_table(conn, around.width, now)
        if key in OF_A_ROTATION:
            rotation = find(conn, rotation_id)
            make = life_table if key == "life" else told_table
            return None if rotation is None else make(conn, rotation)
        step = steps.latest_step(conn)
        return None if step is None else self._of_step(conn, key, asked, step)

    def _of_step(self, conn: Connection, key: str, asked: Asked, step: MarketStep) -> Table | None:
        around = self._around
        sectors = {s.id: s for s in by_rank(around.universe)}
        of_sector = key.removeprefix("tokens-")
        if key.startswith("tokens-") and of_sector in sectors:
            known = sector_tables.supplies_in_force(conn, step.tokens, step.close_time)
            return sector_tables.token_table(sectors[of_sector], step, known)
        makers: dict[str, Callable[[], Table | None]] = {
            "beside": lambda: sector_tables.beside_table(step, sectors),
            "sectors": lambda: sector_tables.sector_table(step, sectors),
            "moved": lambda: moved_table(
                read_scene(conn, around.universe, step, asked.range, around.width)
            ),
            "standing": lambda: standing_table(step, around, trails(conn, around.universe, step)),
            "activity": lambda: outside_tables.activity_table(
                outside_at(conn, step), around.universe
            ),
            "references": lambda: outside_tables.reference_table(outside_at(conn, step), sectors),
            "coverage": lambda: data_tables.grid_table(
                data_tables.read_grid(conn, around.universe, around.width, step.close_time)
            ),
        }
        make = makers.get(key)
        return make() if make else None


def _no_table(key: str, rotation: str, *, stepped: bool) -> str:
    """Why there is none, in words."""
    if key in OF_A_ROTATION:
        return f"no rotation has the id {rotation[:40]!r}; /csv/rotations.csv lists them"
    if not stepped:
        return "no interval has been stepped yet; monitor backfill --since 30d, then monitor run"
    return f"no table is called {key[:40]!r}"


def _html(text: str, status: int = 200) -> Response:
    """A page that the way back in a browser does not show as it was: old figures must not look live."""
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


def _static(request: Request) -> Response:
    """A file of ours."""
    name = request.path_params["name"]
    if name not in _TYPES:
        return PlainTextResponse("not found", status_code=404)
    return Response(static_text(name), media_type=_TYPES[name], headers={"Cache-Control": KEPT})


def _bokeh(_: Request) -> Response:
    """The charts' library, as its own wheel brought it."""
    found = importlib.util.find_spec("bokeh")
    if found is None or found.origin is None:
        return PlainTextResponse("bokeh is not installed", status_code=404)
    file = Path(found.origin).parent / "server" / "static" / "js" / "bokeh.min.js"
    return FileResponse(file, media_type="text/javascript", headers={"Cache-Control": KEPT})
