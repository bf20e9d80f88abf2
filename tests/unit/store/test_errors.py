"""Failures of the drivers in our words."""

import sqlite3

import psycopg.errors
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from monitor.model.errors import MonitorError, SchemaError
from monitor.store.errors import DatabaseBusyError, DatabaseFullError, StoreError, translate

URL = "postgresql+psycopg://monitor:***@db/monitor"


def sqlite_error(name: str, text: str) -> DBAPIError:
    original = sqlite3.OperationalError(text)
    original.sqlite_errorname = name
    return OperationalError("INSERT INTO bar VALUES (?)", ("secret value",), original)


def postgres_error(original: psycopg.Error) -> DBAPIError:
    return OperationalError("INSERT INTO bar VALUES (%s)", ("secret value",), original)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (
            sqlite_error("SQLITE_FULL", "database or disk is full"),
            DatabaseFullError,
            "disk is full",
        ),
        (sqlite_error("SQLITE_BUSY_SNAPSHOT", "database is locked"), DatabaseBusyError, "locked"),
        (sqlite_error("SQLITE_CORRUPT_INDEX", "malformed"), StoreError, "damaged"),
        (sqlite_error("SQLITE_READONLY", "attempt to write"), StoreError, "read-only"),
        (sqlite_error("SQLITE_CANTOPEN", "unable to open"), StoreError, "cannot be opened"),
        (
            sqlite_error("SQLITE_IOERR_WRITE", "disk I/O error"),
            StoreError,
            "failed to read or write",
        ),
        (postgres_error(psycopg.errors.DiskFull("no space")), DatabaseFullError, "disk is full"),
        (
            postgres_error(psycopg.errors.LockNotAvailable("timeout")),
            DatabaseBusyError,
            "write lock",
        ),
        (
            postgres_error(psycopg.errors.DeadlockDetected("dead")),
            DatabaseBusyError,
            "lost against",
        ),
        (postgres_error(psycopg.errors.InvalidPassword("no")), StoreError, "refused the login"),
        (postgres_error(psycopg.errors.InvalidCatalogName("none")), StoreError, "does not exist"),
        (postgres_error(psycopg.errors.InsufficientPrivilege("no")), StoreError, "permission"),
        (postgres_error(psycopg.OperationalError("refused")), StoreError, "does not answer"),
        (sqlite_error("SQLITE_ERROR", "no such table: bar"), SchemaError, "does not fit"),
        (postgres_error(psycopg.errors.UndefinedTable("bar")), SchemaError, "does not fit"),
    ],
)
def test_each_failure_says_what_happened_and_what_to_do(
    error: DBAPIError, kind: type[MonitorError], words: str
) -> None:
    found = translate(error.orig, URL, lost=error.connection_invalidated)
    assert type(found) is kind
    assert words in str(found)
    assert found.remedy
    assert URL in str(found)
    assert "secret value" not in str(found)


def test_an_unforeseen_failure_is_still_ours_and_quotes_the_first_line_only() -> None:
    error = sqlite_error("SQLITE_MISMATCH", "datatype mismatch\nsecond line")
    found = translate(error.orig, URL, lost=error.connection_invalidated)
    assert type(found) is StoreError
    assert str(found) == f"{URL}: the database refused a statement (datatype mismatch)"
