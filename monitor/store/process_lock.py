"""Who works on an SQLite file: a lock of the operating system, which ends with its process and knows no clock.

Two files lie beside the database: ``NAME-daemon`` is locked by the daemon that works on it, ``NAME-standby`` by the one
that waits for its end. A file says who locked it last; whether that still holds only the lock tells.
"""

import fcntl
import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import structlog

import monitor
from monitor.model.grid import iso
from monitor.store.database import Database, file_of
from monitor.store.errors import StoreError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Process:
    """A process that works on the database or waits to; ``since``: ISO time at which it began to."""

    host: str
    pid: int
    version: str
    since: str

    @property
    def words(self) -> str:
        """``process 4711 on desk1, version 0.1.0, since 2026-11-26T02:00:00Z``."""
        return f"process {self.pid} on {self.host}, version {self.version}, since {self.since}"


def this_process(now: datetime) -> Process:
    """This one, which begins now."""
    return Process(socket.gethostname(), os.getpid(), monitor.__version__, iso(now))


class ProcessLock:
    """One lock file; :meth:`take` it, and :meth:`give_back`. A process that is killed has given it back."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor: int | None = None

    def take(self, me: Process) -> bool:
        """Whether it is ours; never waits."""
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(
                f"{self._file}: cannot be opened ({error.strerror})",
                remedy="give this user write permission on the database's directory",
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, json.dumps(asdict(me)).encode())
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:  # a full disk keeps us from saying who we are, not from working
            log.warning("not said who holds it", file=str(self._file))
        self._descriptor = descriptor
        return True

    def give_back(self) -> None:
        """The next may take it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> Process | None:
        """Who holds it now; None where nobody does."""
        try:
            with self._file.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return _process(file.read())
        except OSError:
            return None
        return None


def daemon_lock(database: Database) -> ProcessLock | None:
    """Held by the daemon that works on the file; None where there is no file."""
    return _beside(database, "daemon")


def standby_lock(database: Database) -> ProcessLock | None:
    """Held by the daemon that is next."""
    return _beside(database, "standby")


def running(database: Database) -> tuple[tuple[str, Process], ...]:
    """("daemon" or "standby", which process) of an SQLite file; nothing on a server."""
    locks = (("daemon", daemon_lock(database)), ("standby", standby_lock(database)))
    found = ((role, lock.holder()) for role, lock in locks if lock is not None)
    return tuple((role, holder) for role, holder in found if holder is not None)


def _beside(database: Database, role: str) -> ProcessLock | None:
    file = file_of(database)
    if file is None:
        return None
    real = file.resolve()  # two names of one file are one lock
    return ProcessLock(real.with_name(f"{real.name}-{role}"))


def _process(text: bytes) -> Process:
    try:
        return Process(**json.loads(text))
    except (ValueError, TypeError):  # it has just been locked and is being written
        return Process("this machine", 0, "unknown", "unknown")
