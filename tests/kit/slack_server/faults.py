"""Scripted faults of the Slack-shaped server."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any


class SlackFaultKind(StrEnum):
    """What goes wrong with a call."""

    STATUS = "status"  # HTTP status and body
    ERROR = "error"  # a documented error, in the way of the method that was called
    RATE_LIMITED = "rate_limited"  # retry_after
    STALL = "stall"  # not accepted, no answer for ``seconds``
    SLOW = "slow"  # accepted, answered after ``seconds``
    RESET = "reset"  # not accepted, the connection breaks
    RESET_AFTER = "reset_after"  # ACCEPTED, then the connection breaks: unknown to the caller
    STALL_AFTER = "stall_after"  # ACCEPTED, then no answer for ``seconds``
    HALF_JSON = "half_json"  # ACCEPTED, half an answer


BEFORE = frozenset(
    {
        SlackFaultKind.STATUS,
        SlackFaultKind.ERROR,
        SlackFaultKind.RATE_LIMITED,
        SlackFaultKind.STALL,
        SlackFaultKind.RESET,
    }
)


@dataclass(slots=True)
class SlackFault:
    """One fault. ``method``: ``webhook``, ``upload`` or a Web API method (None: all); ``channel``: an id (None: all).

    ``skip`` calls are let through first, then ``left`` are spoilt (None: all).
    """

    kind: SlackFaultKind
    method: str | None = None
    channel: str | None = None
    left: int | None = 1
    skip: int = 0
    status: int = 500
    body: str = "internal_error"
    error: str = "internal_error"
    retry_after: float | None = None
    seconds: float = 30.0

    def __post_init__(self) -> None:
        self.kind = SlackFaultKind(self.kind)

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "SlackFault":
        """From a JSON object; raises ValueError naming what is unknown."""
        unknown = set(entry) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"found {sorted(unknown)}, expected {[f.name for f in fields(cls)]}")
        return cls(**entry)


class SlackFaults:
    """The faults that are on. Safe between threads."""

    def __init__(self) -> None:
        self._faults: list[SlackFault] = []
        self._lock = threading.Lock()

    def add(self, kind: SlackFaultKind | str, method: str | None = None, **options: Any) -> None:
        """Switch one on; ``options`` are the fields of :class:`SlackFault`."""
        self.put(SlackFault(SlackFaultKind(kind), method, **options))

    def put(self, fault: SlackFault) -> None:
        """Switch this one on."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Switch all off."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, channel: str | None) -> SlackFault | None:
        """The first fault that spoils this call; it counts it."""
        with self._lock:
            for fault in self._faults:
                fits = fault.method in (None, method) and fault.channel in (None, channel)
                if not fits or fault.left == 0:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.left is not None:
                    fault.left -= 1
                return fault
        return None
