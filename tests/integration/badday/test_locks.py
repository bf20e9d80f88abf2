"""Somebody else holds the write lock for a minute, longer than any write of ours waits for it."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from monitor.store.database import WRITE_WAIT_S
from tests.integration.badday.day import HOUR_S, Day, day, file_copy, stepped_history
from tests.kit.postgres_server import PostgresServer
from tests.scenarios.left_behind import Rows, assert_same

pytestmark = pytest.mark.bad_day

HELD_S = 2.0 * WRITE_WAIT_S


def test_a_write_lock_that_another_process_holds_is_told_once_and_healed_once(
    history: Path, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    with day(tmp_path, file_copy(history, tmp_path)) as found:
        holder = sqlite3.connect(tmp_path / "monitor.db", isolation_level=None, timeout=HELD_S)
        holder.execute("BEGIN IMMEDIATE")
        minute_passes(found)
        found.told("another process kept the database locked")
        holder.rollback()
        holder.close()
        found.told_once_and_healed_once("another process kept the database locked")
        assert_same(found.ended_well(), undisturbed)


def test_a_long_transaction_on_postgresql_is_told_once_and_healed_once(
    own_postgres: PostgresServer, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    url = own_postgres.url(own_postgres.create())
    stepped_history(url, tmp_path / "history.toml")
    with day(tmp_path, url) as found:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as holder:
            holder.execute("LOCK TABLE bar, step, outbox IN EXCLUSIVE MODE")  # a backfill by hand
            minute_passes(found)
            found.told("another process kept the write lock")
            holder.rollback()
        found.told_once_and_healed_once("another process kept the write lock")
        assert_same(found.ended_well(), undisturbed)


def minute_passes(found: Day) -> None:
    """A minute of the machine's clock: what waits for a lock waits by that one."""
    found.bars_pass(round(HELD_S / HOUR_S))
