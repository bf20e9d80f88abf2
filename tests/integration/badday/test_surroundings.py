"""What a whole daemon depends on goes away for a while."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.badday.day import day, stepped_history
from tests.kit.postgres_server import PostgresServer, find_binaries
from tests.scenarios.left_behind import Rows, assert_same

pytestmark = pytest.mark.bad_day


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """One that a test may stop."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's initdb and postgres are not installed (Debian: postgresql)")
    server = PostgresServer(binaries)
    server.start()
    yield server
    server.stop()


def test_a_restart_of_postgresql_is_told_once_and_healed_once(
    own_postgres: PostgresServer, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    url = own_postgres.url(own_postgres.create())
    stepped_history(url, tmp_path / "history.toml")
    with day(tmp_path, url) as found:
        own_postgres.pause()
        found.told("the database does not answer")
        found.bars_pass(3)
        own_postgres.resume()
        found.told_once_and_healed_once("the database does not answer")
        assert_same(found.ended_well(), undisturbed)
