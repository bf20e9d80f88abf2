"""A failure that repeats is logged at a bounded rate, with a count of what was left out."""

import logging

import pytest
import structlog

from monitor.commands.log_bounds import BURST, KINDS, MINUTE_S, LogBounds
from monitor.commands.logs import set_up_logs


def test_so_many_a_minute_and_then_a_count() -> None:
    bounds = LogBounds()
    told = [bounds.passes("kind", float(i) / 100) for i in range(1000)]
    assert told == [0] * BURST + [None] * (1000 - BURST)
    assert bounds.passes("another", 10.0) == 0
    assert bounds.passes("kind", MINUTE_S) == 1000 - BURST
    assert bounds.passes("kind", MINUTE_S + 1) == 0


def test_memory_is_bounded_whatever_is_logged() -> None:
    bounds = LogBounds()
    for i in range(3 * KINDS):
        assert bounds.passes(i, 0.0) == 0
    assert len(bounds._windows) <= KINDS


def test_both_kinds_of_loggers_are_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, before_level = list(root.handlers), root.level
    root.handlers.clear()
    try:
        set_up_logs(level="info", form="json")
        ours, theirs = structlog.get_logger(), logging.getLogger("asyncio")
        for i in range(500):
            ours.error("job failed", job="poll", error="too many open files")
            ours.info("stepped", steps=i)
            theirs.error("socket.accept() out of system resource %s", i)
        told = capsys.readouterr().err
    finally:
        root.handlers[:] = before
        root.setLevel(before_level)
        structlog.reset_defaults()
    assert told.count("job failed") == BURST
    assert told.count("out of system resource") == BURST
    assert told.count("stepped") == 500
