"""The answers that are tables, as rows with units in the columns' names."""

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from monitor.api.coverage import coverage
from monitor.api.flags import rotations_page
from monitor.api.http.asked import (
    AskedAt,
    AskedConditions,
    AskedRange,
    AskedRotations,
    AskedSeries,
    AskedTokens,
)
from monitor.api.http.bodies import csv_body
from monitor.api.judged import readings_of
from monitor.api.pictures import sector_states, series_states, token_states
from monitor.api.sources import Sources
from monitor.model import rotation_columns
from monitor.model.grid import iso
from monitor.model.rotation import PairReading
from monitor.model.step_columns import SECTORS, SPLIT, TOKENS, sector_row, token_row

_FIGURES = [*SECTORS, *SPLIT]
_COVERAGE = ["market", "venue", "token", "sector", "polled", "heard_fraction", "blind_spells"]
_CONDITIONS = ["at", "window_h", "score", "qualified", "condition", "value", "bound", "unit", "met"]


def sectors_csv(sources: Sources, asked: AskedAt) -> Response:
    """A row a sector."""
    close, states = sector_states(sources, asked.at)
    rows = [{"at": close, "sector": name, **sector_row(s)} for name, s in states.items()]
    return csv_body(["at", "sector", *_FIGURES], rows, close)


def tokens_csv(sources: Sources, asked: AskedTokens) -> Response:
    """A row a token."""
    close, states = token_states(sources, asked.sector, asked.at)
    rows = [{"at": close, "token": t.id, "sector": t.sector, **token_row(t)} for t in states]
    return csv_body(["at", "token", "sector", *TOKENS], rows, close)


def series_csv(sources: Sources, asked: AskedSeries) -> Response:
    """A row a point."""
    _, points = series_states(sources, asked.sector, asked.since, asked.until, asked.every)
    rows = [{"at": at, "sector": state.id, **sector_row(state)} for at, state in points]
    last = points[-1][0] if points else None
    return csv_body(["at", "sector", *_FIGURES], rows, last)


def rotations_csv(sources: Sources, asked: AskedRotations) -> Response:
    """A row a rotation; the header X-Next carries the cursor of what is left."""
    as_of, found, after = rotations_page(sources, **asked.filters)
    rows = map(rotation_columns.rotation_row, found)
    answer = csv_body(rotation_columns.COLUMNS, rows, as_of)
    answer.headers["X-Next"] = after or ""
    return answer


def conditions_csv(sources: Sources, asked: AskedConditions) -> Response:
    """A row a condition and step."""
    _, _, found = readings_of(sources, asked.source, asked.target, asked.since, asked.until)
    last = iso(found[-1].at) if found else None
    return csv_body(_CONDITIONS, _condition_rows(found), last)


def coverage_csv(sources: Sources, asked: AskedRange) -> Response:
    """A row a market."""
    found = coverage(sources, asked.since, asked.until)
    return csv_body(_COVERAGE, found["markets"], found["as_of"])


def _condition_rows(found: list[PairReading]) -> Iterator[dict[str, Any]]:
    for reading in found:
        for condition in reading.conditions:
            yield {
                "at": iso(reading.at),
                "window_h": reading.window_h,
                "score": reading.score,
                "qualified": reading.qualified,
                "condition": condition.name,
                "value": condition.value,
                "bound": condition.bound,
                "unit": condition.unit,
                "met": condition.met,
            }
