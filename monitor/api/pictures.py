"""Sectors and tokens at one time, and one sector over time."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from monitor.api.errors import NotStoredError
from monitor.api.sources import Sources
from monitor.api.times import grid, moment, time_range
from monitor.model.grid import format_duration, iso
from monitor.model.state import SectorState, TokenState
from monitor.model.step_json import sector_to_json, step_to_json, token_to_json
from monitor.store import steps
from monitor.store.assumed import rates_assumed_at
from monitor.store.outside import outside_at

Json = dict[str, Any]
WEEK = timedelta(days=7)


def sectors(sources: Sources, at: str | None = None) -> Json:
    """Every sector with its tokens, as of the last step or of the step at that time."""
    with sources.database.read() as conn:
        step = sources.step(conn, moment(at, sources.clock.now(), "at"))
        outside = outside_at(conn, step)
        assumed = rates_assumed_at(conn, sources.universe, step.width, step.close_time)
    return {"as_of": iso(step.close_time)} | step_to_json(step, outside, assumed)


def sector_states(sources: Sources, at: str | None = None) -> tuple[str, Mapping[str, SectorState]]:
    """(close, sector -> state): what the table of :func:`sectors` is made of."""
    with sources.database.read() as conn:
        step = sources.step(conn, moment(at, sources.clock.now(), "at"))
    return iso(step.close_time), {state.id: state for state in step.sectors}


def tokens(sources: Sources, sector: str | None = None, at: str | None = None) -> Json:
    """Every token, or one sector's, as of the last step or of the step at that time."""
    close, found = token_states(sources, sector, at)
    listed = [token_to_json(token) | {"sector": token.sector} for token in found]
    return {"as_of": close, "at": close, "sector": sector, "tokens": listed}


def token_states(
    sources: Sources, sector: str | None = None, at: str | None = None
) -> tuple[str, list[TokenState]]:
    """(close, states): what the table of :func:`tokens` is made of."""
    if sector is not None:
        sources.check_sector(sector)
    with sources.database.read() as conn:
        step = sources.step(conn, moment(at, sources.clock.now(), "at"))
    if not step.tokens:
        raise NotStoredError(
            f"the tokens of the step at {iso(step.close_time)} are no longer kept",
            expected="a later time, or a longer schedule.retention.tokens",
        )
    chosen = [t for t in step.tokens if sector is None or t.sector == sector]
    return iso(step.close_time), chosen


def series(
    sources: Sources,
    sector: str,
    since: str | None = None,
    until: str | None = None,
    every: str | None = None,
) -> Json:
    """One sector's figures over time; a range without ``every`` is thinned where it has too many points."""
    length, points = series_states(sources, sector, since, until, every)
    with sources.database.read() as conn:
        as_of = sources.as_of(conn)
    told = [{"at": at} | _without_tokens(state) for at, state in points]
    begin, end = time_range(since, until, sources.clock.now(), WEEK)
    return {
        "as_of": as_of,
        "sector": sector,
        "since": iso(begin),
        "until": iso(end),
        "every": format_duration(length),
        "points": told,
    }


def series_states(
    sources: Sources,
    sector: str,
    since: str | None = None,
    until: str | None = None,
    every: str | None = None,
) -> tuple[timedelta, list[tuple[str, SectorState]]]:
    """(between two points, points): what the table of :func:`series` is made of. Only what is stored counts as long."""
    sources.check_sector(sector)
    begin, end = time_range(since, until, sources.clock.now(), WEEK)
    with sources.database.read() as conn:
        span = steps.span(conn)
        if span is None:
            sources.step(conn, None)
            return sources.width, []
        begin, end = max(begin, span[0]), min(end, span[1] + timedelta(microseconds=1))
        length = grid(every, max(end - begin, timedelta(0)), sources.width)
        found = steps.sector_series(
            conn, begin, end, every=None if length == sources.width else length
        )
    return length, [(iso(at), state) for at, state in found if state.id == sector]


def _without_tokens(state: SectorState) -> Json:
    record = sector_to_json(state)
    del record["tokens"]
    return record
