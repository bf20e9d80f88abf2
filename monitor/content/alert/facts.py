"""What stands around a rotation when it is told and is no part of it. What is unknown is left out of the message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from monitor.model.json_form import Json, from_json, to_json
from monitor.model.order_book import SectorBooks
from monitor.model.rotation import RotationChange
from monitor.model.rotation_json import change_from_json


@dataclass(frozen=True, slots=True)
class Among:
    """Place of a rotation's score among the strongest scores of rotations in the 30 days before, of how many with it;
    1 is the strongest. ``whole``: whether the record is that long."""

    place: int
    of: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Told:
    """An own return, a fraction, and the hours that it is over."""

    own: float
    window_h: int


class PastFlags(NamedTuple):
    """Flags of the same pair before this one, and how many of them were confirmed."""

    flagged: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """``names``: sector id -> name. ``spark``: the losing sector's index over the 24 h before. ``notes``: (time, text) of
    the last 24 h. ``venues``: (answering, set up); ``missing``: those that do not answer. ``page``: address of the page.
    ``ends_at``: (score, hours): under this score for so long, it ends. ``critical_at``: the score that makes it critical.
    ``since``: sector -> simple return of its index
    from detection until now; ``own_since``: the own part of it. ``also_from``: other sectors that lost to the same
    destination within a day. ``banner``: whose figures these are, where they must not pass for live data.
    ``ends_level``: the own move, a fraction, at which that is about so; between two sectors that of *from* less that of
    *to*. ``among``: its rank. ``told_before``: the own move that an earlier message told. ``won_back``: of what *from*
    had lost, by the rotation that reversed this one.
    ``assumed``: quotes of either side's markets that counted as one dollar though another quote is worth something else.
    ``headlines``: (time, feed, title) of what was in the news around the start, candidates and no causes.
    ``launch_caps``: token -> its market cap in USD when it joined, and now. ``books``: sector -> what stood in its order
    books in the hour to ``books_at``.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    spark: str = ""
    notes: tuple[tuple[datetime, str], ...] = ()
    past: PastFlags | None = None
    venues: tuple[int, int] | None = None
    missing: tuple[str, ...] = ()
    interval: str = ""
    page: str = ""
    ends_at: tuple[float, float] | None = None
    since: Mapping[str, float] = field(default_factory=dict)
    own_since: Mapping[str, float] = field(default_factory=dict)
    also_from: tuple[str, ...] = ()
    banner: str = ""
    critical_at: float | None = None
    launch_caps: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    ends_level: float | None = None
    among: Among | None = None
    told_before: Told | None = None
    won_back: Told | None = None
    headlines: tuple[tuple[datetime, str, str], ...] = ()
    books: Mapping[str, SectorBooks] = field(default_factory=dict)
    books_at: datetime | None = None
    assumed: tuple[str, ...] = ()


def facts_to_json(around: AlertFacts) -> Json:
    """A JSON-able form for a notice's payload."""
    record: Json = to_json(around)
    return record


def facts_from_json(data: Json) -> AlertFacts:
    """The inverse of :func:`facts_to_json`; what a payload of an earlier version lacks is unknown."""
    return from_json(data, AlertFacts)


Payload = Mapping[str, Any]


def parse_change(payload: Payload) -> RotationChange:
    """The change that is told; KeyError where the payload is of another kind."""
    return change_from_json(payload["change"])


def told_facts(payload: Payload) -> tuple[RotationChange, AlertFacts]:
    """The change and what stands around it."""
    return parse_change(payload), facts_from_json(payload.get("around") or {})


def first_facts(payload: Payload) -> tuple[RotationChange, AlertFacts] | None:
    """The facts that the parent message was posted with; None where none are given."""
    first = payload.get("first")
    return told_facts(first) if first else None
