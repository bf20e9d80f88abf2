"""The roles of a database's processes: the daemon that works on it, the one that is next, and those that poll for it."""

from datetime import timedelta

from sqlalchemy import Connection

from monitor.store.database import Database, file_of
from monitor.store.lease_lock import LEASE, LeaseLock
from monitor.store.process import Lock, Process
from monitor.store.process_lock import ProcessLock
from monitor.store.venue_leases import venue_holders

DAEMON = "daemon"
STANDBY = "standby"
POLLER = "poller"


def lock_of(database: Database, role: str, lease: timedelta = LEASE) -> Lock | None:
    """A lease on PostgreSQL, a lock of the operating system on an SQLite file; None where the file has no name here."""
    if database.dialect == "postgresql":
        return LeaseLock(database, role, lease)
    file = file_of(database)
    if file is None:
        return None
    real = file.resolve()  # two names of one file are one lock
    return ProcessLock(real.with_name(f"{real.name}-{role}"))


def running_with_venues(
    database: Database, conn: Connection
) -> tuple[tuple[str, Process, tuple[str, ...] | None], ...]:
    """(role, which process, venues that it asks) of those that are there; no venues where all are one daemon's. Who
    asks venues and is neither daemon nor next is a poller."""
    roles = running(database)
    if database.dialect != "postgresql":
        return tuple((role, process, None) for role, process in roles)
    asks = venue_holders(conn)
    others = [process for process in asks if process not in {found for _, found in roles}]
    return tuple(
        (role, process, asks.get(process, ()))
        for role, process in (*roles, *((POLLER, other) for other in others))
    )


def running(database: Database) -> tuple[tuple[str, Process], ...]:
    """(role, which process) of those that are there."""
    locks = ((role, lock_of(database, role)) for role in (DAEMON, STANDBY))
    found = ((role, lock.holder()) for role, lock in locks if lock is not None)
    return tuple((role, holder) for role, holder in found if holder is not None)
