"""The store on both databases: an SQLite file, and a PostgreSQL server that the tests start themselves."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.store import migrations
from monitor.store.database import Database, open_database
from tests.kit.pgbouncer import PgBouncer, find_pgbouncer
from tests.kit.postgres_server import PostgresServer, started_or_skipped

KINDS = ("sqlite", "postgresql")

os.environ.pop(
    "UV_RUN_RECURSION_DEPTH", None
)  # what is printed does not hang on uv's having run the tests


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server, one for each test process."""
    with started_or_skipped() as server:
        yield server


@pytest.fixture(scope="session")
def pgbouncer(postgres: PostgresServer) -> Iterator[PgBouncer]:
    """In transaction mode, before that server."""
    program = find_pgbouncer()
    if program is None:
        pytest.skip("PgBouncer is not installed (Debian: pgbouncer)")
    pooler = PgBouncer(program, postgres)
    try:
        pooler.start()
        yield pooler
    finally:
        pooler.stop()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    """Name of a database with the current schema, to be copied."""
    name = postgres.create()
    database = open_database(postgres.url(name))
    migrations.upgrade(database)
    database.close()
    return name


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the current schema, to be copied."""
    file = tmp_path_factory.mktemp("template") / "monitor.db"
    database = open_database(f"sqlite:///{file}")
    migrations.upgrade(database)
    database.close()
    return file


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Runs the test once on each database."""
    return str(request.param)


@pytest.fixture
def new_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], str]]:
    """Makes URLs of fresh databases without any table."""
    if database_kind == "sqlite":
        made: list[str] = []

        def new_file() -> str:
            made.append(f"sqlite:///{tmp_path / f'empty{len(made)}.db'}")
            return made[-1]

        yield new_file
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    names: list[str] = []

    def new_database() -> str:
        names.append(server.create())
        return server.url(names[-1])

    yield new_database
    for name in names:
        server.drop(name)


@pytest.fixture
def database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """URL of a fresh database with the current schema."""
    if database_kind == "sqlite":
        file = tmp_path / "monitor.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        yield f"sqlite:///{file}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create(template=request.getfixturevalue("migrated_postgres"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with the current schema, open."""
    opened = open_database(database_url)
    yield opened
    opened.close()
