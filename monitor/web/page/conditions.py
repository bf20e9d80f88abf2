"""The conditions of a rotation over time: of a pair as they were judged, of a single sector as far as each step tells."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.detection.rules import rule_of
from monitor.model.grid import floor_time
from monitor.model.rotation import MARKET, Condition, PairReading, Rotation
from monitor.model.state import SectorState
from monitor.store import closes, readings, steps
from monitor.web.page.ranges import DRAWN

AROUND = timedelta(hours=24)
"""So much before detection and after the end is shown of the conditions."""
WINDOW_H = 24
"""Of what a sector's state tells of itself."""


def readings_of(conn: Connection, rotation: Rotation, width: timedelta) -> list[PairReading]:
    """What was seen from a day before detection to a day after the end, at no more than some hundred moments.

    A rotation of a single sector has no readings: they are what the states of all sectors tell of its conditions.
    """
    last = closes.last_close(conn)
    if last is None:
        return []
    since = rotation.detected_at - AROUND
    until = min(last, (rotation.closed_at or last) + AROUND)
    every = width * max(1, math.ceil((until - since) / width / DRAWN))
    first = floor_time(since, every)
    moments = [first + k * every for k in range((until - first) // every + 1)]
    if MARKET in rotation.pair:
        return _single_sided(conn, rotation, moments)
    return readings.readings_on(
        conn, from_sector=rotation.from_sector, to_sector=rotation.to_sector, moments=moments
    )


def condition_titles(
    rotation: Rotation, found: Sequence[PairReading], pair: tuple[str, str]
) -> dict[str, str]:
    """Condition -> its words and unit, in the order in which they are judged."""
    units = {"return": "%", "share": "%", "pp": "pp", "z": "z", "usd": "USD"}
    window = f" in {WINDOW_H} h" if MARKET in rotation.pair else ""
    titles: dict[str, str] = {}
    for reading in found:
        for c in reading.conditions:
            unit = units.get(c.unit or "", "")
            named = named_condition(c, pair) + window
            titles.setdefault(c.name, f"{named}, {unit}" if unit else named)
    return titles


def named_condition(condition: Condition, pair: tuple[str, str]) -> str:
    """Its words with the names of both sides."""
    rule = rule_of(condition.name)
    words = rule.words if rule else condition.name.replace("_", " ")
    return words.replace("{from}", pair[0]).replace("{to}", pair[1])


def not_drawn(rotation: Rotation, found: Sequence[PairReading], pair: tuple[str, str]) -> list[str]:
    """Conditions that no step keeps a value of."""
    drawn = {c.name for reading in found for c in reading.conditions}
    return [named_condition(c, pair) for c in rotation.evidence.conditions if c.name not in drawn]


def _single_sided(
    conn: Connection, rotation: Rotation, moments: Sequence[datetime]
) -> list[PairReading]:
    sector = rotation.to_sector if rotation.from_sector == MARKET else rotation.from_sector
    by_close = steps.states_on(conn, moments)
    found = []
    for at in sorted(by_close):
        states = {state.id: state for state in by_close[at] if state.share is not None}
        if sector not in states:
            continue
        conditions = tuple(
            _judged(c, _value(c.name, states[sector], others))
            for others in [[s for name, s in states.items() if name != sector]]
            for c in rotation.evidence.conditions
            if c.name in _TOLD
        )
        found.append(
            PairReading(
                rotation.from_sector,
                rotation.to_sector,
                at,
                WINDOW_H,
                score=None,
                qualified=all(c.met for c in conditions),
                conditions=conditions,
                price_witness=None,
                volume_witness=None,
                flow_witness=None,
            )
        )
    return found


_TOLD = ("from_own_return", "to_own_return", "behind_others", "ahead_of_others", "breadth_from")


def _value(name: str, state: SectorState, others: Sequence[SectorState]) -> float | None:
    """As :mod:`monitor.detection.seen` has it over 24 h."""
    if name == "breadth_from":
        return state.breadth_behind / state.breadth_of if state.breadth_of else None
    own = _own(state)
    if own is None or name in ("from_own_return", "to_own_return"):
        return own
    rest = [found for s in others if (found := _own(s)) is not None]
    if not rest:
        return None
    furthest = min(rest) if name == "behind_others" else max(rest)
    return (1 + own) / (1 + furthest) - 1


def _own(state: SectorState) -> float | None:
    """The return that is left when the market's part is taken out of it, as conditions are held against it: a quotient,
    where figures tell the difference in points."""
    if state.return_24h is None or state.market_part_24h is None:
        return None
    return (1 + state.return_24h) / (1 + state.market_part_24h) - 1


def _judged(told: Condition, value: float | None) -> Condition:
    rule = rule_of(told.name)
    at_most = rule is not None and rule.at_most
    met = value is not None and (value <= told.bound if at_most else value >= told.bound)
    unit = told.unit or (rule.unit if rule else None)
    return Condition(told.name, value, told.bound, met, unit)
