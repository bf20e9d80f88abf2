"""Who works on a database, as others are told."""

import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol

import monitor
from monitor.model.grid import iso


@dataclass(frozen=True, slots=True)
class Process:
    """A process that works on the database or waits to. ``since``: ISO time at which it began to; ``engine``: fingerprint
    of its bounds and parameters."""

    host: str
    pid: int
    version: str
    since: str
    engine: str = ""

    @property
    def words(self) -> str:
        """``process 4711 on desk1, version 0.1.0, since 2026-11-26T02:00:00Z``."""
        return f"process {self.pid} on {self.host}, version {self.version}, since {self.since}"

    def differs_from(self, other: "Process") -> bool:
        """Whether the two would decide differently: another program, or an engine of other settings."""
        return (self.version, self.engine) != (other.version, other.engine)


class Lock(Protocol):
    """The right to one role, held by one process at a time."""

    def take(self, me: Process) -> bool:
        """Whether it is ours; never waits for its holder."""
        ...

    def rename(self, me: Process) -> None:
        """Its holder is told as ``me`` from now on; nothing where it is not ours."""
        ...

    def give_back(self) -> None:
        """The next may take it."""
        ...

    def holder(self) -> Process | None:
        """Who holds it now; None where nobody does."""
        ...


def this_process(now: datetime, engine: str = "") -> Process:
    """This one, which begins now."""
    return Process(socket.gethostname(), os.getpid(), monitor.__version__, iso(now), engine)


def to_text(process: Process) -> str:
    """As it is stored."""
    return json.dumps(asdict(process))


def from_text(text: str | bytes) -> Process:
    """The inverse; a process without a name where the text is none (yet)."""
    try:
        return Process(**json.loads(text))
    except (ValueError, TypeError):
        return Process("this machine", 0, "unknown", "unknown")
