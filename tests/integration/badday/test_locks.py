"""Somebody else holds the write lock for a minute, longer than any write of ours waits for it."""

import sqlite3
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from monitor.store.database import WRITE_WAIT_S
from tests.integration.badday.day import HOUR_S, Day, day
from tests.integration.badday.history import file_copy, stepped_history
from tests.kit.postgres_server import PostgresServer

HELD_S = 2.0 * WRITE_WAIT_S
BY_ANOTHER = "another process kept the database locked"
ON_POSTGRESQL = "another process kept the write lock"


def test_a_write_lock_that_another_process_holds_is_told_once_and_healed_once(
    history: Path, undisturbed: str, tmp_path: Path
) -> None:
    with day(tmp_path, file_copy(history, tmp_path)) as found:
        with found.told_once_and_healed_once(BY_ANOTHER):
            file = tmp_path / "monitor.db"
            holder = sqlite3.connect(file, isolation_level=None, timeout=HELD_S)
            holder.execute("BEGIN IMMEDIATE")
            minute_passes(found)
            found.told(BY_ANOTHER)
            holder.rollback()
            holder.close()
        found.ends_as(undisturbed)


def test_a_restart_and_a_long_transaction_of_postgresql_are_told_once_and_healed_once(
    own_postgres: PostgresServer, undisturbed: str, tmp_path: Path
) -> None:
    url = own_postgres.url(own_postgres.create())
    stepped_history(url, tmp_path / "history.toml")
    with day(tmp_path, url) as found:
        with found.told_once_and_healed_once("the database does not answer"):
            own_postgres.pause()
            found.told("the database does not answer")
            found.bars_pass(3)
            own_postgres.resume()
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with (
            found.told_once_and_healed_once(ON_POSTGRESQL),
            psycopg.connect(plain) as holder,
        ):
            holder.execute("LOCK TABLE bar, step, outbox IN EXCLUSIVE MODE")  # a backfill by hand
            minute_passes(found)
            found.told(ON_POSTGRESQL)
            holder.rollback()
        found.ends_as(undisturbed)


def minute_passes(found: Day) -> None:
    """A minute of the machine's clock: what waits for a lock waits by that one."""
    found.bars_pass(round(HELD_S / HOUR_S))
