"""Who works on an SQLite file: a lock of the operating system, which ends with its process and knows no clock.

Two files lie beside the database: ``NAME-daemon`` is locked by the daemon that works on it, ``NAME-standby`` by the one
that waits for its end. A file says who locked it last; whether that still holds only the lock tells.
"""

import fcntl
import os
from pathlib import Path

import structlog

from monitor.store.errors import StoreError
from monitor.store.process import Process, from_text, to_text

log = structlog.get_logger(__name__)


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
            os.write(descriptor, to_text(me).encode())
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:  # a full disk keeps us from saying who we are, not from working
            log.warning("not said who holds it", file=str(self._file))
        self._descriptor = descriptor
        return True

    def rename(self, me: Process) -> None:
        """Its holder is told as ``me`` from now on; nothing where it is not ours."""
        if self._descriptor is None:
            return
        text = to_text(me).encode()
        try:
            os.pwrite(self._descriptor, text, 0)
            os.ftruncate(self._descriptor, len(text))
        except OSError:
            log.warning("not said who holds it", file=str(self._file))

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
                    return from_text(file.read())
        except OSError:
            return None
        return None
