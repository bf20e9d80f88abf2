"""What tests of several processes on one PostgreSQL database share."""

from collections.abc import Iterator

import pytest

from monitor.store.database import Database, open_database
from tests.kit.pgbouncer import PgBouncer
from tests.kit.postgres_server import PostgresServer


@pytest.fixture(params=["server", "pgbouncer"])
def desks(
    request: pytest.FixtureRequest, postgres: PostgresServer, migrated_postgres: str
) -> Iterator[tuple[Database, Database]]:
    """Two processes' views of one database, straight and through PgBouncer."""
    name = postgres.create(template=migrated_postgres)
    url = postgres.url(name)
    if request.param == "pgbouncer":
        pooler: PgBouncer = request.getfixturevalue("pgbouncer")
        url = pooler.url(name)
    pair = open_database(url), open_database(url)
    yield pair
    for database in pair:
        database.close()
    postgres.drop(name)
