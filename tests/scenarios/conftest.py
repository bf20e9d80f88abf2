"""The server that scenarios on PostgreSQL start themselves."""

from collections.abc import Iterator

import pytest

from tests.kit.postgres_server import PostgresServer, started_or_skipped


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with started_or_skipped() as server:
        yield server
