"""Answers kept for a moment: many readers who ask the same at once cost as much as one."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.responses import Response

from monitor.clock import Clock

FRESH = timedelta(seconds=5)
"""A page says how old its figures are to the minute; five seconds hide nothing."""
MOST = 64
"""Answers that are kept at once: what is asked for in ever new words takes no more memory."""


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: Response | None = None
    made_at: datetime | None = None


class AnswerCache:
    """Used from any thread. One thread makes an answer, others who ask for it meanwhile wait and get the same."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Response]) -> Response:
        """The answer, made anew where none is fresh; what fails is not kept."""
        with self._lock:
            kept = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        with kept.lock:
            now = self._clock.now()
            fresh = kept.made_at is not None and timedelta(0) <= now - kept.made_at < FRESH
            if kept.answer is None or not fresh:
                kept.answer, kept.made_at = make(), now
            found = kept.answer
        return Response(found.body, found.status_code, media_type=found.headers.get("content-type"))
