"""Failures of the database in words a person can act on; no password, no row of data in any of them."""

from monitor.model.errors import MonitorError, SchemaError


class StoreError(MonitorError):
    """The database refused or could not be reached."""


class DatabaseBusyError(StoreError):
    """Another writer held the database for too long; trying again later may do."""


class DatabaseFullError(StoreError):
    """The disk under the database has no room; nothing of the transaction was stored."""


_SQLITE: tuple[tuple[str, type[MonitorError], str, str], ...] = (
    # (start of the SQLite error name, class, what happened, what to do)
    (
        "SQLITE_FULL",
        DatabaseFullError,
        "the disk is full; nothing of this transaction was stored",
        "free space on the disk (`monitor db prune` frees pages inside the file), then start again",
    ),
    (
        "SQLITE_BUSY",
        DatabaseBusyError,
        "another process kept the database locked for too long",
        "end the other writer (only one `monitor run` a database), then try again",
    ),
    (
        "SQLITE_LOCKED",
        DatabaseBusyError,
        "a table is locked by another statement",
        "try again",
    ),
    (
        "SQLITE_CORRUPT",
        StoreError,
        "the database file is damaged",
        "restore the latest `monitor db backup`, or delete the file and run `monitor backfill`",
    ),
    (
        "SQLITE_NOTADB",
        StoreError,
        "the file is not an SQLite database",
        "set database.url to another file",
    ),
    (
        "SQLITE_READONLY",
        StoreError,
        "the database is read-only for this user",
        "give this user write permission on the file and on its directory",
    ),
    (
        "SQLITE_CANTOPEN",
        StoreError,
        "the database file cannot be opened or made",
        "make its directory and give this user write permission on it, or change database.url",
    ),
    (
        "SQLITE_IOERR",
        StoreError,
        "the disk failed to read or write",
        "check the disk and its free space; network file systems are not supported",
    ),
)

_POSTGRES: tuple[tuple[str, type[MonitorError], str, str], ...] = (
    # (start of the SQLSTATE, class, what happened, what to do)
    (
        "53100",
        DatabaseFullError,
        "the server's disk is full; nothing of this transaction was stored",
        "free space on the server's disk, then start again",
    ),
    (
        "55P03",
        DatabaseBusyError,
        "another process kept the write lock for too long",
        "end the other writer (only one `monitor run` a database), then try again",
    ),
    ("40", DatabaseBusyError, "the transaction lost against another one", "try again"),
    (
        "25006",
        StoreError,
        "the database is read-only",
        "set database.url to the primary server, with a role that may write",
    ),
    ("28", StoreError, "the server refused the login", "check user and password in database.url"),
    (
        "3D000",
        StoreError,
        "the database does not exist on the server",
        "create it (createdb), then run `monitor db upgrade`",
    ),
    (
        "42501",
        StoreError,
        "the role lacks a permission",
        "grant it CREATE on the schema and all rights on its tables",
    ),
    (
        "XX00",
        StoreError,
        "the server reports damaged data",
        "look at the server's log; restore a pg_dump",
    ),
    ("53", StoreError, "the server is out of resources", "look at the server's log"),
)

_NO_SUCH_TABLE = ("no such table", "no such column", "has no column named")


def translate(original: BaseException | None, url_masked: str, *, lost: bool) -> MonitorError:
    """The error of ours for one of a driver.

    ``url_masked`` names the database without its password; ``lost``: the connection is known to be gone.
    """
    text = _first_line(original)
    sqlite_name = getattr(original, "sqlite_errorname", None)
    sqlstate = getattr(original, "sqlstate", None)
    if sqlstate in {"42P01", "42703"} or any(words in text for words in _NO_SUCH_TABLE):
        return SchemaError(
            f"{url_masked}: the schema does not fit this program: {text}",
            remedy="monitor db upgrade",
        )
    for table, code in ((_SQLITE, sqlite_name), (_POSTGRES, sqlstate)):
        for start, kind, what, remedy in table:
            if code is not None and code.startswith(start):
                return _said(kind, f"{url_masked}: {what}", text, remedy)
    if lost or (sqlite_name is None and sqlstate is None):
        return _said(
            StoreError,
            f"{url_masked}: the database does not answer",
            text,
            "check that the server runs and that database.url names it",
        )
    return StoreError(f"{url_masked}: the database refused a statement ({text})")


def _said(kind: type[MonitorError], what: str, text: str, remedy: str) -> MonitorError:
    """The driver says the same in many words: what a connection ended with, and why the next one could not be made."""
    return kind(f"{what} ({text})", remedy=remedy, cause=what)


def _first_line(original: BaseException | None) -> str:
    return (str(original).strip().splitlines() or [type(original).__name__])[0][:300]
