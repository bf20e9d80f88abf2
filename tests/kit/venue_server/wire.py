"""What every venue's wire has in common: questions, answers, routes and the text of numbers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.kit.venue_server.faults import Fault, FaultKind
from tests.kit.venue_server.listing import Listing
from tests.kit.venue_server.row_faults import Row, disorder
from tests.kit.venue_server.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Question:
    """One request: path, query (or what the body holds), and the faults that spoil it."""

    path: str
    params: Mapping[str, str]
    faults: tuple[Fault, ...] = ()

    def integer(self, name: str) -> int | None:
        """A parameter as a whole number; None where absent, ValueError where it is something else."""
        value = self.params.get(name, "")
        return int(value) if value else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: ``body`` is JSON-able, or text that is sent as it is."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class Refused(Exception):  # noqa: N818  an answer on its way, no failure
    """The venue refuses the question with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Route:
    """Where a path leads: its endpoint's common name (for faults and the log) and who answers."""

    endpoint: str
    handler: Callable[[Question], Answer]


class Venue(ABC):
    """One venue's wire format. ``unit_ms``: its candles count time in that many milliseconds."""

    id: str
    unit_ms = 1

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.routes: Mapping[str, Route] = self.make_routes()

    @abstractmethod
    def make_routes(self) -> Mapping[str, Route]:
        """Every path that it serves."""

    @abstractmethod
    def trouble(self, kind: FaultKind, retry_after: float | None) -> Answer:
        """The venue's own words for maintenance, an internal error, a rate limit, a ban and a blocked region."""

    @abstractmethod
    def listing_of(self, question: Question) -> Listing | None:
        """The market that the question is about; None where it names none or an unknown one."""

    def headers(self, endpoint: str) -> Mapping[str, str]:
        """Headers that go with every answer of an endpoint."""
        return {}

    def path_of(self, path: str, params: Mapping[str, str]) -> str:
        """The path that a question is told by; one address with many kinds of questions makes more of it."""
        return path

    def route(self, path: str) -> Route | None:
        """Where a path leads; None for one that it does not serve."""
        return self.routes.get(path)

    def answer(self, question: Question) -> Answer:
        """The answer to a question; 404 on a path that it does not serve."""
        route = self.route(question.path)
        if route is None:
            return Answer({"error": f"no such path: {question.path}"}, 404)
        try:
            return route.handler(question)
        except Refused as refused:
            return refused.answer

    def wire_rows(
        self,
        question: Question,
        rows: Sequence[Row],
        encode: Callable[[Row], Any],
        *,
        newest_first: bool = False,
    ) -> list[Any]:
        """Rows in the venue's form and order, put in disorder by the faults."""
        ordered = list(reversed(rows)) if newest_first else list(rows)
        return disorder([encode(row) for row in ordered], question.faults)


def text(value: Any) -> Any:
    """A number as venues write it: its shortest exact decimal digits, without an exponent. Else unchanged."""
    if isinstance(value, float):
        digits = repr(value)
        return np.format_float_positional(value, trim="0") if "e" in digits else digits
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


MINUTE = 60_000
MINUTES = {
    "1m": 1,
    "3m": 3,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "2h": 120,
    "4h": 240,
    "6h": 360,
    "8h": 480,
    "12h": 720,
    "1d": 1440,
}
CLOUD_PAGE = (
    "<!DOCTYPE html><html><head><title>{title}</title></head><body><center><h1>{title}</h1></center>"
    "<hr><center>cloud edge</center></body></html>"
)


def page(title: str, status: int) -> Answer:
    """A page of the network in front of a venue."""
    return Answer(CLOUD_PAGE.format(title=title), status, content_type="text/html")
