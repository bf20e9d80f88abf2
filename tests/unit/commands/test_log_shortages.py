"""Lines of a machine that is short of something: words, and no traceback."""

import errno
import logging
import sys
from io import StringIO

import pytest

from monitor.commands import log_shortages
from monitor.shortages import shortage

NO_FILE = OSError(errno.EMFILE, "Too many open files")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NO_FILE, "no file descriptor is left"),
        (MemoryError(), "no memory is left"),
        (RuntimeError("can't start new thread"), "no thread can be started"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
    ],
)
def test_what_is_short_is_named(error: Exception, words: str) -> None:
    assert words in str(shortage(error))


def test_it_is_found_behind_what_it_caused_and_nothing_else_is_taken_for_it() -> None:
    outer = RuntimeError("the venue could not be asked")
    outer.__cause__ = NO_FILE
    assert "no file descriptor" in str(shortage(outer))
    assert shortage(ConnectionRefusedError(errno.ECONNREFUSED, "refused")) is None
    assert shortage(None) is None


def test_a_line_of_ours_says_why_instead_of_a_traceback() -> None:
    event = log_shortages.of_ours(None, "error", {"event": "job failed", "exc_info": NO_FILE})
    assert set(event) == {"event", "why"}
    kept = log_shortages.of_ours(None, "error", {"event": "job failed", "exc_info": KeyError("x")})
    assert "exc_info" in kept
    try:
        bytearray(sys.maxsize)
    except MemoryError:
        event = log_shortages.of_ours(None, "error", {"event": "job failed", "exc_info": True})
    assert event["why"] == "no memory is left"


def test_a_librarys_line_is_one_line() -> None:
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(log_shortages.of_libraries)
    try:
        raise NO_FILE
    except OSError:
        record = logging.LogRecord(
            "asyncio", logging.ERROR, "f", 1, "accept() failed\nsocket: %s", ("x",), sys.exc_info()
        )
    handler.handle(record)
    (line,) = out.getvalue().splitlines()
    assert line.startswith("accept() failed: no file descriptor is left")
