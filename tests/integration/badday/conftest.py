"""The history that every day begins with, and what a day leaves on which nothing goes wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.badday.day import day, file_copy, stepped_history
from tests.kit.postgres_server import PostgresServer, started_or_skipped
from tests.scenarios.left_behind import Rows


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file to be copied."""
    folder = tmp_path_factory.mktemp("history")
    stepped_history(f"sqlite:///{folder / 'monitor.db'}", folder / "monitor.toml")
    return folder / "monitor.db"


@pytest.fixture(scope="session")
def undisturbed(history: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """Of a day without a fault."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with day(folder, file_copy(history, folder)) as found:
        return found.ended_well()


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[PostgresServer]:
    """One that a test may stop, if it starts it again."""
    with started_or_skipped() as server:
        yield server
