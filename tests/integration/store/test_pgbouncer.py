"""The store behind PgBouncer in transaction mode: each transaction may meet another connection of the server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from monitor.store import bars, meta, migrations
from monitor.store.database import Database, check_url, open_database
from monitor.store.errors import StoreError
from monitor.store.knowledge import issue_time
from tests.integration.store.samples import at
from tests.kit.pgbouncer import SERVER_CONNECTIONS, PgBouncer
from tests.kit.postgres_server import PostgresServer

HOUR = timedelta(hours=1)
NOON = at("2025-01-19T12:00")
OFTEN = 40
"""More runs of a statement than psycopg's threshold, on more clients than there are connections."""


@pytest.fixture
def name(postgres: PostgresServer) -> Iterator[str]:
    made = postgres.create()
    yield made
    postgres.drop(made)


def work(database: Database, client: int) -> None:
    """Write and read as the daemon does, over and over."""
    for turn in range(OFTEN):
        with database.write() as conn:
            issue_time(conn, NOON)
            meta.put(conn, f"client {client}", str(turn))
        with database.read() as conn:
            assert meta.get(conn, f"client {client}") == str(turn)
            assert conn.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
            assert conn.exec_driver_sql("SHOW TIME ZONE").scalar() == "UTC"
            bars.last_bar_times(conn, HOUR)


def test_many_clients_share_few_connections(pgbouncer: PgBouncer, name: str) -> None:
    clients = [open_database(pgbouncer.url(name)) for _ in range(2 * SERVER_CONNECTIONS)]
    try:
        migrations.upgrade(clients[0])
        migrations.check_schema(clients[-1])
        with ThreadPoolExecutor(len(clients)) as pool:
            for done in [pool.submit(work, db, k) for k, db in enumerate(clients)]:
                done.result()
    finally:
        for database in clients:
            database.close()


def test_options_of_the_driver_stand_in_the_url(postgres: PostgresServer, name: str) -> None:
    asked = "&application_name=desk&options=-c%20work_mem%3D7MB&prepare_threshold=0"
    database = open_database(postgres.url(name) + asked)
    with database.read() as conn:
        assert conn.exec_driver_sql("SHOW application_name").scalar() == "desk"
        assert conn.exec_driver_sql("SHOW work_mem").scalar() == "7MB"
        prepared = conn.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements")
        assert prepared.scalar()
    database.close()


def test_nothing_is_prepared_unless_asked_for(postgres: PostgresServer, name: str) -> None:
    database = open_database(postgres.url(name))
    with database.read() as conn:
        for _ in range(OFTEN):
            found = conn.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar()
    assert found == 0
    database.close()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("prepare_threshold=often", "prepare_threshold: found 'often', expected a whole number"),
        ("sslmod=require", r"found the option 'sslmod'.*did you mean sslmode\?"),
    ],
)
def test_a_wrong_option_is_named_without_a_connection(option: str, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        check_url(f"postgresql://user@127.0.0.1:9/name?{option}")
