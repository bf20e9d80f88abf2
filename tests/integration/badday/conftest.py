"""The history that every day begins with, and what a day leaves on which nothing goes wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.badday.day import AT_MOST, SPEED, day
from tests.integration.badday.history import file_copy, made_once, stepped_history
from tests.kit.postgres_server import PostgresServer, started_or_skipped

HURRIED = 2 * SPEED
"""Where nothing goes wrong nothing is waited for but bars."""


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Of all test processes of this run."""
    own = tmp_path_factory.getbasetemp()
    return (own if worker_id == "master" else own.parent) / "bad-days"


@pytest.fixture(scope="session")
def history(shared_folder: Path) -> Path:
    """An SQLite file to be copied."""

    def make(folder: Path) -> None:
        stepped_history(f"sqlite:///{folder / 'monitor.db'}", folder / "monitor.toml")

    return made_once(shared_folder / "history", make) / "monitor.db"


@pytest.fixture(scope="session")
def undisturbed(shared_folder: Path, history: Path) -> str:
    """URL of what a day without a fault leaves."""

    def make(folder: Path) -> None:
        with day(folder, file_copy(history, folder), speed=HURRIED) as found:
            found.until_stepped(AT_MOST)
            found.stopped()
            assert found.operator() == []

    return f"sqlite:///{made_once(shared_folder / 'undisturbed', make) / 'monitor.db'}"


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[PostgresServer]:
    """One that a test may stop, if it starts it again."""
    with started_or_skipped() as server:
        yield server
