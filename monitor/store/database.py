"""Opening the database and its two kinds of transaction: a reading snapshot, and the one writer."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from monitor.model.errors import SchemaError
from monitor.model.passwords import has_bare_at
from monitor.store.driver_options import check_options, split_options
from monitor.store.errors import DatabaseBusyError, StoreError, translate
from monitor.store.turns import Turns
from monitor.store.wal import MOST_BYTES, Wal

log = structlog.get_logger(__name__)

WRITE_WAIT_S: float = 30
"""How long a writer waits for another's lock before it gives up; a reader too, where a table is locked whole."""
TURN_WAITS = 1.2
"""So many times as long for another thread of ours: whoever is before us and waits for a lock is done by then, and knows of whom."""

LOCK_NUMBER = 7_463_219_851  # of the PostgreSQL advisory lock that makes one writer of many
_WRITES = "monitor_writes"  # execution option of a connection whose transaction writes
_SECRET_QUERY = ("password", "sslpassword")


class Database:
    """One database, used from any thread. Made by :func:`open_database`, ended by :meth:`close`."""

    def __init__(self, engine: Engine, url_masked: str, *, read_only: bool = False) -> None:
        self.engine = engine
        self.read_only = read_only
        self.url_masked = url_masked
        self.dialect = engine.dialect.name
        file = file_of(self)
        self._file = _stamp_of(file)
        self._wal = Wal(engine, file) if file is not None else None
        if self.dialect == "sqlite":
            # a new connection would make an empty file in the place of one that is gone, and discard its log
            event.listen(engine, "do_connect", lambda *_: self.see_file())
        self._writer = Turns()
        self._kept_out: tuple[float, DatabaseBusyError] | None = None
        self._writing_thread: int | None = None
        self.guard: Callable[[Connection], None] | None = None
        """Called at the beginning of each write(), when the lock is held; what it raises ends the transaction."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database throughout and cannot write."""
        options: dict[str, Any] = {_WRITES: False}
        if self.dialect == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        if self.read_only:
            self.see_file()
        with self._transaction(options) as conn:
            if self.dialect == "postgresql":  # a table that is locked whole keeps readers out too
                conn.execute(
                    text("SELECT set_config('lock_timeout', :wait, true)"),
                    {"wait": f"{WRITE_WAIT_S}s"},
                )
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one writing transaction: commits at the end, rolls back on any error.

        Other writers, of this process or another, wait; raises DatabaseBusyError after ``WRITE_WAIT_S``
        for a lock and a fifth more for a thread. Does not nest:
        a second ``write()`` of the same thread raises RuntimeError instead of waiting for itself.
        """
        if self.read_only:
            raise StoreError(f"{self.url_masked}: opened for reading alone")
        me = threading.get_ident()
        if self._writing_thread == me:
            raise RuntimeError("this thread already writes; pass its connection on instead")
        self.see_file()
        began = time.monotonic()
        if not self._writer.acquire(TURN_WAITS * WRITE_WAIT_S):
            raise self._busy_since(began)
        self._writing_thread = me
        try:
            with self._transaction({_WRITES: True}) as conn:
                self._lock(conn)
                if self.guard is not None:
                    self.guard(conn)
                yield conn
            if self._wal is not None:
                self._keep_wal_small(self._wal)
        except DatabaseBusyError as error:
            self._kept_out = (time.monotonic(), error)
            raise
        finally:
            self._writing_thread = None
            self._writer.release()

    def _busy_since(self, began: float) -> DatabaseBusyError:
        """Why our turn did not come: whoever was before us may have waited for another process all the time."""
        kept_out = self._kept_out
        if kept_out is not None and kept_out[0] >= began:
            error = kept_out[1]
            return DatabaseBusyError(str(error), remedy=error.remedy, cause=error.cause)
        return DatabaseBusyError(
            f"{self.url_masked}: another thread kept writing for more than {TURN_WAITS * WRITE_WAIT_S:g} s",
            remedy="try again",
        )

    def see_file(self) -> None:
        """Raises StoreError where the SQLite file is another one than was opened: what is written would be lost.

        Every writing transaction looks first, and so does every new connection.
        """
        file = file_of(self)
        if file is None:
            return
        now = _stamp_of(file)
        if self._file is None:  # it was made by the first connection
            self._file = now
        elif now != self._file:
            raise StoreError(
                f"{self.url_masked}: the file was {'replaced' if now else 'deleted'} while it was in use; nothing more"
                " is written",
                remedy="stop the monitor, put the file back (a backup where it is gone), start it again",
            )

    @contextmanager
    def write_beside(self) -> Iterator[Connection]:
        """A short writing transaction of rows that are nobody else's on PostgreSQL: it does not wait for the one writer."""
        with self._transaction({_WRITES: True}) as conn:
            yield conn

    def _keep_wal_small(self, wal: Wal) -> None:
        """What was written is safe by now: a log that cannot be emptied is no failure of the write."""
        try:
            wal.keep_small()
        except (sqlite3.Error, DBAPIError, StoreError) as error:
            log.warning("the log beside the database was not emptied", error=type(error).__name__)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _lock(self, conn: Connection) -> None:
        if self.dialect == "postgresql":
            conn.execute(
                text(
                    "SELECT set_config('lock_timeout', :wait, true),"
                    " set_config('idle_in_transaction_session_timeout', :idle, true)"
                ),
                # a machine that fell silent in the middle must not hold the lock for ever
                {"wait": f"{WRITE_WAIT_S}s", "idle": f"{2 * WRITE_WAIT_S}s"},
            )
            conn.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK_NUMBER})

    @contextmanager
    def _transaction(self, options: dict[str, Any]) -> Iterator[Connection]:
        try:
            with self.engine.connect() as conn:
                conn.execution_options(**options)
                with conn.begin():
                    yield conn
        except DBAPIError as error:
            raise translate(
                error.orig, self.url_masked, lost=error.connection_invalidated
            ) from None
        except self.engine.dialect.loaded_dbapi.Error as error:
            # bulk work goes by the driver's own cursor
            raise translate(error, self.url_masked, lost=False) from None


def open_database(url: str, *, read_only: bool = False) -> Database:
    """Open ``sqlite:///file.db`` or ``postgresql://user:password@host/name`` and see that it answers.

    ``read_only``: no SQLite file is made, and nothing is written through it. Raises StoreError, without the password, where the URL is wrong or the database does not answer.
    """
    parsed = _parse(url)
    masked = mask_url(parsed)
    if parsed.get_backend_name() == "sqlite":
        if read_only and not Path((parsed.database or "").removeprefix("file:")).exists():
            raise StoreError(
                f"{masked}: there is no such file", remedy="monitor db upgrade, or another address"
            )
        engine = _sqlite_engine(parsed, masked)
    else:
        engine = _postgresql_engine(parsed)
    database = Database(engine, masked, read_only=read_only)
    try:
        with database.read() as conn:
            conn.execute(text("SELECT 1"))
        database.see_file()
    except BaseException:
        database.close()
        raise
    return database


def check_there(url: str) -> None:
    """Raises SchemaError where the SQLite file that the URL names was never made; makes nothing.

    A file whose directory is missing is left to :func:`open_database`, which says so.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() != "sqlite":
        return
    file = Path((parsed.database or "").removeprefix("file:").partition("?")[0])
    if file.name and file.parent.is_dir() and not file.exists():
        raise SchemaError(
            f"{mask_url(parsed)}: there is no such database yet", remedy="monitor db upgrade"
        )


def file_of(database: Database) -> Path | None:
    """The file of an SQLite database; None for another, and for one that is named by a ``file:`` address."""
    name = database.engine.url.database or ""
    if database.dialect != "sqlite" or not name or name.startswith("file:"):
        return None
    return Path(name).absolute()


def lacks_wal(database: Database) -> bool:
    """Whether this is an SQLite file that cannot be read while it is written: some network mounts allow no more."""
    if database.dialect != "sqlite":
        return False
    with database.read() as conn:
        return str(conn.exec_driver_sql("PRAGMA journal_mode").scalar_one()).lower() != "wal"


def check_url(url: str) -> None:
    """Raises StoreError, without the password, for a URL that :func:`open_database` does not take; opens nothing."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        _check_file(parsed, mask_url(parsed))
    else:
        _postgresql_engine(parsed)


def _stamp_of(file: Path | None) -> tuple[int, int] | None:
    """What tells one file from another of its name."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found is not None else None


def mask_url(url: URL) -> str:
    """The URL as it may be shown: without passwords."""
    return url.difference_update_query(_SECRET_QUERY).render_as_string(hide_password=True)


def _parse(url: str) -> URL:
    if has_bare_at(url):
        raise StoreError(
            "database.url: found an @ inside the password, which would end it there",
            remedy="write each @ of the password as %40",
        )
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):
        raise StoreError(
            "database.url: found something that is no database URL, expected sqlite:///FILE or "
            "postgresql://USER@HOST/NAME",
            remedy="monitor config check",
        ) from None
    if parsed.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
        return _from_home(parsed)
    raise StoreError(
        f"database.url: found the kind {parsed.drivername!r}, expected sqlite or postgresql",
        remedy="monitor config check",
    )


def _check_file(url: URL, masked: str) -> None:
    name = url.database or ""
    if name in {"", ":memory:"} or "mode=memory" in name:
        raise StoreError(
            f"{masked}: found a database in memory, expected a file: connections would not share it",
            remedy="use sqlite:///monitor.db",
        )
    directory = Path(name.removeprefix("file:")).absolute().parent
    if not directory.is_dir():
        raise StoreError(
            f"{masked}: the directory {directory} does not exist", remedy=f"mkdir -p {directory}"
        )


def _from_home(url: URL) -> URL:
    """``~`` at the beginning of an SQLite file's path is the user's own directory, as a shell has it."""
    name = url.database or ""
    if not name.startswith("~"):
        return url
    try:
        return url.set(database=str(Path(name).expanduser()))
    except RuntimeError:
        raise StoreError(
            f"database.url: found {name!r}, which names no user's directory here, expected a path",
            remedy="write the whole path, with four slashes: sqlite:////var/lib/monitor/monitor.db",
        ) from None


def _sqlite_engine(url: URL, masked: str) -> Engine:
    _check_file(url, masked)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": WRITE_WAIT_S})
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: Any, _record: Any) -> None:
    # The driver would begin transactions by its own rules; _sqlite_begin does it by ours.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={WRITE_WAIT_S * 1000}",
        "journal_mode=WAL",  # readers and the writer do not wait for each other
        # A killed process loses nothing; after a power cut the last commits may be gone, the file is whole.
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        f"journal_size_limit={MOST_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(conn: Connection) -> None:
    writes = conn.get_execution_options().get(_WRITES)
    # A reader that would write fails here as it does on PostgreSQL, not now and then by lock order.
    conn.exec_driver_sql(f"PRAGMA query_only={'ON' if writes is False else 'OFF'}")
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql_engine(url: URL) -> Engine:
    plain, arguments = split_options(url)
    engine = create_engine(plain, hide_parameters=True, pool_pre_ping=True, connect_args=arguments)
    check_options(plain, engine.dialect.dbapi)
    event.listen(engine, "connect", _postgresql_connect)
    return engine


def _postgresql_connect(connection: Any, _record: Any) -> None:
    # Times outside the years 1 to 9999 in the server's own zone could not be read back.
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()
