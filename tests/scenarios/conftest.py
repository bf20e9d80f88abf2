"""The server that scenarios on PostgreSQL start themselves."""

from collections.abc import Iterator

import pytest

from tests.kit.postgres_server import PostgresServer, find_binaries


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's initdb and postgres are not installed (Debian: postgresql)")
    server = PostgresServer(binaries)
    server.start()
    yield server
    server.stop()
