"""The two roles of a database's processes: the daemon that works on it, and the one that is next."""

from datetime import timedelta

from monitor.store.database import Database, file_of
from monitor.store.lease_lock import LEASE, LeaseLock
from monitor.store.process import Lock, Process
from monitor.store.process_lock import ProcessLock

DAEMON = "daemon"
STANDBY = "standby"


def lock_of(database: Database, role: str, lease: timedelta = LEASE) -> Lock | None:
    """A lease on PostgreSQL, a lock of the operating system on an SQLite file; None where the file has no name here."""
    if database.dialect == "postgresql":
        return LeaseLock(database, role, lease)
    file = file_of(database)
    if file is None:
        return None
    real = file.resolve()  # two names of one file are one lock
    return ProcessLock(real.with_name(f"{real.name}-{role}"))


def running(database: Database) -> tuple[tuple[str, Process], ...]:
    """(role, which process) of those that are there."""
    locks = ((role, lock_of(database, role)) for role in (DAEMON, STANDBY))
    found = ((role, lock.holder()) for role, lock in locks if lock is not None)
    return tuple((role, holder) for role, holder in found if holder is not None)
