"""The signals that end a run, and the bound by which it has ended."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import FrameType

import structlog

log = structlog.get_logger(__name__)

_NUMBERS = (signal.SIGTERM, signal.SIGINT)
LAST_RESORT = timedelta(seconds=7)
"""After a signal the process ends then in any case: a thread may wait for another process's lock for longer."""
LAST_WORDS = timedelta(seconds=0.5)
"""So long it may take to say so: whoever reads the log may read no more."""


@contextlib.contextmanager
def stops_at_signals(
    stop: asyncio.Event, *, at_last: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """SIGTERM and SIGINT set ``stop``, while the block goes on. ``at_last``: done by the last resort, in a thread.

    The bound begins with the signal, not when the loop comes round to it: on a busy machine it may have more to do first.
    """
    loop = asyncio.get_running_loop()

    def asked_to_stop(_number: int, _frame: FrameType | None) -> None:
        _end_at_last(at_last)
        loop.call_soon_threadsafe(stop.set)

    before = {number: signal.signal(number, asked_to_stop) for number in _NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_at_last(at_last: Callable[[], None]) -> None:
    """End the process when the bound has passed, however many threads wait: Python itself would wait for each.

    No more is lost than by a kill, of which everything is written to be safe.
    """

    def say() -> None:
        log.warning("stopped", abandoned="work that waited for the database or another service")

    def end() -> None:
        words = threading.Thread(target=say, daemon=True)
        words.start()
        words.join(LAST_WORDS.total_seconds())
        try:
            at_last()
        finally:
            os._exit(0)

    timer = threading.Timer(LAST_RESORT.total_seconds(), end)
    timer.daemon = True
    timer.start()
