"""What a whole daemon depends on goes away for a while."""

from pathlib import Path

import pytest

from tests.integration.badday.day import day, file_copy, stepped_history
from tests.kit.postgres_server import PostgresServer
from tests.scenarios.left_behind import Rows, assert_same

pytestmark = pytest.mark.bad_day


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


def test_a_port_that_is_taken_costs_the_page_alone_and_is_told_once_and_healed_once(
    history: Path, undisturbed: dict[str, Rows], tmp_path: Path
) -> None:
    with day(tmp_path, file_copy(history, tmp_path), port_taken=True) as found:
        found.told_once_and_healed_once("the page is not served")
        assert_same(found.ended_well(), undisturbed)
