"""No failure fills the disk: of the same line only so many a minute are written, and the next one says how many were not."""

import logging
import threading
from collections.abc import Hashable, MutableMapping
from dataclasses import dataclass
from typing import Any

import structlog

from monitor.clock import monotonic

BURST = 20
"""Lines of one kind a minute. What is polled or sent has a kind each venue and channel; what fails in a loop has one."""
MINUTE_S = 60.0
KINDS = 1_000
"""So many are told apart; beyond that all are forgotten and counted anew."""
_FREE = frozenset({"info", "debug"})
"""Levels that tell of work done, whose rate is that of the work."""


@dataclass(slots=True)
class _Window:
    since: float
    written: int = 0
    dropped: int = 0


class LogBounds:
    """Counts by kind of line; used from any thread."""

    def __init__(self) -> None:
        self._windows: dict[Hashable, _Window] = {}
        self._lock = threading.Lock()

    def passes(self, kind: Hashable, now: float) -> int | None:
        """How many of that kind were left out before this one; None where this one is left out too."""
        with self._lock:
            if kind not in self._windows and len(self._windows) >= KINDS:
                self._windows.clear()
            window = self._windows.setdefault(kind, _Window(now))
            dropped = 0
            if now - window.since >= MINUTE_S:
                dropped, self._windows[kind] = window.dropped, _Window(now)
                window = self._windows[kind]
            if window.written >= BURST:
                window.dropped += 1
                return None
            window.written += 1
            return dropped

    def of_ours(
        self, _logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """A structlog processor; raises DropEvent."""
        if method in _FREE:
            return event
        told = (event.get(name) for name in ("event", "job", "venue", "channel", "error"))
        dropped = self.passes((method, *map(str, told)), monotonic())
        if dropped is None:
            raise structlog.DropEvent
        if dropped:
            event["left_out_before"] = dropped
        return event

    def of_libraries(self, record: logging.LogRecord) -> bool:
        """A filter of the standard library's handlers."""
        dropped = self.passes((record.name, record.levelno, record.msg), monotonic())
        if dropped:
            record.msg = f"{record.msg} ({dropped} more like it were left out)"
        return dropped is not None
