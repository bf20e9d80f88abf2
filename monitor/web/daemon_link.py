"""What the daemon and its page's process say to each other: a line of JSON each, over the child's standard streams.

The daemon tells what the database cannot: a fault of the store itself, its counters, its memory. The page answers each
line, so that a page that hangs is noticed, and ends when the lines end, so that a killed daemon leaves no page behind.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

LONGEST_LINE = 1 << 20
"""Bytes; the counters of some hundred pairs and channels are a fraction of it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the daemon stands. ``fault``: what is wrong with it, in words; ``counters``: in Prometheus's text form."""

    fault: str | None = None
    counters: str = ""
    rss_bytes: int | None = None

    def line(self) -> bytes:
        """As the daemon sends it."""
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass
class DaemonLink:
    """The page's end. ``standing``: as the daemon told it last; of a page that runs alone nothing is known."""

    standing: Standing = field(default_factory=Standing)

    async def follow(self, ended: Callable[[], None]) -> None:
        """Read what the daemon tells until it ends; each line is answered."""
        reader = asyncio.StreamReader(limit=LONGEST_LINE)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            self.standing = Standing(**json.loads(line))
            answer("alive")
        ended()


def answer(what: str) -> None:
    """A line to the daemon: ``alive`` or ``serving``."""
    try:
        sys.stdout.write(json.dumps({"page": what}) + "\n")
        sys.stdout.flush()
    except OSError:  # nobody is there to read it; the end of standard input ends this process
        return


def read_answer(line: bytes) -> dict[str, Any] | None:
    """A line of the page; None for what is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "page" in found else None
