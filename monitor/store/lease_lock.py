"""Who works on a PostgreSQL database: a row with an end, renewed by its holder, judged by the server's time alone.

Every taking raises the row's fence. A holder's writing transactions look for their own fence first and keep the row from
being taken until they end, so that a process which was out for longer than its lease (stopped, cut off) stores nothing
more, and learns it. No lock outlives its transaction: this holds behind PgBouncer in transaction mode too.
"""

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import Connection, inspect, text

from monitor.clock import monotonic
from monitor.model.errors import MonitorError, SchemaError
from monitor.store import lease_rows
from monitor.store.database import Database
from monitor.store.errors import StoreError
from monitor.store.process import Process, from_text, to_text

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=20)
"""So long after its last sign a process counts as gone."""
RENEWALS = 4
"""Signs in the length of a lease."""


def has_leases(database: Database) -> bool:
    """Whether the schema knows leases: one that an older program made does not."""
    return inspect(database.engine).has_table("lease")


def check_not_moved(conn: Connection, database: Database, schema: str) -> None:
    """Raises SchemaError where another program has moved the schema on from ``schema``."""
    found = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found != schema:
        raise SchemaError(
            f"{database.url_masked}: the schema is {found} now, this program was started on {schema}",
            remedy="install the version that moved it, then start again",
        )


class LeaseLostError(StoreError):
    """Another process has taken over; nothing of this transaction was stored."""


class LeaseLock:
    """One lease by its name. Not shared between threads, but for its keeper and :meth:`check`."""

    def __init__(self, database: Database, name: str, length: timedelta = LEASE) -> None:
        self._database = database
        self._name = name
        self._length_s = length.total_seconds()
        self._fence: int | None = None
        self._ended = threading.Event()
        self._sure_until = 0.0  # of this machine's own measure

    def take(self, me: Process) -> bool:
        """Whether it is ours: taken now, or renewed. A row that a writing transaction of its holder keeps is not taken."""
        asked = monotonic()
        with self._database.write_beside() as conn:
            if self._fence is not None and self._renewed(conn):
                return True
            fence = lease_rows.take(conn, self._name, to_text(me), self._length_s)
        self._fence = fence  # when it is committed
        if fence is None:
            return False
        self._sure_until = asked + self._length_s
        return True

    def rename(self, me: Process) -> None:
        """Its holder is told as ``me`` from now on; nothing where the lease is not ours."""
        with self._database.write_beside() as conn:
            lease_rows.rename(conn, self._name, self._fence, to_text(me))

    def keep(self, on_lost: Callable[[], None]) -> None:
        """Renew it in a thread of its own, whatever else waits, until it is given back; ``on_lost`` is called there."""

        def kept() -> None:
            while not self._ended.wait(self._length_s / RENEWALS):
                try:
                    with self._database.write_beside() as conn:
                        renewed = self._renewed(conn)
                except MonitorError as error:  # nobody else can take it meanwhile either
                    log.warning("lease not renewed", lease=self._name, error=str(error))
                    continue
                if not renewed and not self._ended.is_set():
                    log.error("lease lost", lease=self._name, holder=self._holder_words())
                    on_lost()
                    return

        threading.Thread(target=kept, name=f"lease {self._name}", daemon=True).start()

    def is_sure(self) -> bool:
        """Whether by this machine's own measure the lease cannot have run out yet."""
        return self._fence is not None and monotonic() < self._sure_until

    @property
    def is_given_back(self) -> bool:
        """Whether we ended it ourselves."""
        return self._ended.is_set()

    def check(self, conn: Connection, schema: str) -> None:
        """In a writing transaction: raises LeaseLostError unless the lease is ours until this transaction ends, and
        SchemaError where another program has moved the schema on from ``schema``."""
        if not lease_rows.keep(conn, self._name, self._fence):
            raise LeaseLostError(
                f"{self._database.url_masked}: another process has taken over; nothing more is written by this one",
                remedy="start it again: it waits as a standby",
            )
        check_not_moved(conn, self._database, schema)

    def give_back(self) -> None:
        """At once for others; where the server does not answer, when it runs out."""
        self._ended.set()
        if self._fence is None:
            return
        try:
            with self._database.write_beside() as conn:
                lease_rows.free(conn, self._name, self._fence)
        except MonitorError as error:
            log.warning("lease not given back", lease=self._name, error=str(error))
        self._fence = None

    def holder(self) -> Process | None:
        """Who holds it now; None where nobody does."""
        with self._database.read() as conn:
            found = lease_rows.run(
                conn,
                f"SELECT holder FROM lease WHERE name = :name AND NOT {lease_rows.IS_OVER}",  # noqa: S608
                name=self._name,
            ).scalar()
        return None if found is None else from_text(found)

    def _renewed(self, conn: Connection) -> bool:
        asked = monotonic()
        if not lease_rows.renew(conn, self._name, self._fence, self._length_s):
            return False
        self._sure_until = asked + self._length_s
        return True

    def _holder_words(self) -> str:
        try:
            holder = self.holder()
        except MonitorError:
            return "unknown"
        return holder.words if holder else "nobody now"
