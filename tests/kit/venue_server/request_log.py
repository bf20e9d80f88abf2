"""What was asked of the server, for assertions."""

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from monitor.model.grid import iso

_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request: ``at`` by the simulated clock, ``symbol`` as ccxt unifies it, ``faults`` that spoilt it."""

    at: datetime
    venue: str
    endpoint: str
    path: str
    params: dict[str, str]
    symbol: str | None
    faults: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """JSON-able form."""
        return {**asdict(self), "at": iso(self.at), "faults": list(self.faults)}


class RequestLog:
    """The newest requests and the number of all. Safe between threads."""

    def __init__(self) -> None:
        self._requests: deque[Request] = deque(maxlen=_KEPT)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def add(self, request: Request) -> int:
        """Write one down; gives the number of all so far."""
        with self._lock:
            self._requests.append(request)
            self._counts[request.venue, request.endpoint] += 1
            return self._counts.total()

    def count(self, venue: str | None = None, endpoint: str | None = None) -> int:
        """How many there were, of a venue, of an endpoint."""
        with self._lock:
            return sum(
                number
                for (at, what), number in self._counts.items()
                if venue in (None, at) and endpoint in (None, what)
            )

    def find(
        self, venue: str | None = None, endpoint: str | None = None, symbol: str | None = None
    ) -> list[Request]:
        """The newest requests of a venue, of an endpoint, about a symbol; oldest first."""
        with self._lock:
            requests = list(self._requests)
        return [
            r
            for r in requests
            if venue in (None, r.venue)
            and endpoint in (None, r.endpoint)
            and symbol in (None, r.symbol)
        ]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._requests.clear()
            self._counts.clear()
