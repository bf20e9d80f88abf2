"""The signals that end a run, and the bound by which it has ended."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta

import structlog

log = structlog.get_logger(__name__)

LAST_RESORT = timedelta(seconds=8)
"""After a signal the process ends then in any case: a thread may wait for another process's lock for longer."""


@contextlib.contextmanager
def stops_at_signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set ``stop``, while the block goes on."""

    def asked_to_stop() -> None:
        stop.set()
        _end_at_last()

    loop = asyncio.get_running_loop()
    caught = (signal.SIGTERM, signal.SIGINT)
    for number in caught:
        loop.add_signal_handler(number, asked_to_stop)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


def _end_at_last() -> None:
    """End the process when the bound has passed, however many threads wait: Python itself would wait for each.

    No more is lost than by a kill, of which everything is written to be safe.
    """

    def end() -> None:
        log.warning("stopped", abandoned="work that waited for the database or another service")
        os._exit(0)

    timer = threading.Timer(LAST_RESORT.total_seconds(), end)
    timer.daemon = True
    timer.start()
