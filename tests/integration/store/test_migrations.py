"""The schema's revisions on both databases."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from monitor.model.errors import SchemaError
from monitor.model.notice import Act
from monitor.store import meta, migrations, notes, outbox
from monitor.store.database import Database, open_database
from monitor.store.tables import metadata
from monitor.store.types import to_us
from tests.integration.store.samples import at, notice


@pytest.fixture
def empty(new_url: Callable[[], str]) -> Iterator[Database]:
    opened = open_database(new_url())
    yield opened
    opened.close()


def test_revisions_are_read_from_their_files_names_as_they_follow_each_other() -> None:
    scripts = ScriptDirectory.from_config(migrations._config())
    in_order = [script.revision for script in scripts.walk_revisions()]
    assert in_order == sorted(migrations._known(), reverse=True)
    assert migrations.head_revision() == scripts.get_current_head()


def test_migrated_schema_is_the_tables_of_the_program(database: Database) -> None:
    with database.read() as conn:
        differences = compare_metadata(MigrationContext.configure(conn), metadata)
    assert differences == []


def test_comparison_notices_a_column_that_the_migrations_lack(database: Database) -> None:
    with database.write() as conn:
        conn.execute(text("ALTER TABLE note DROP COLUMN text"))
    with database.read() as conn:
        differences = compare_metadata(MigrationContext.configure(conn), metadata)
    assert [(d[0], d[2], d[3].name) for d in differences] == [("add_column", "note", "text")]


def test_empty_database_is_refused_with_the_command_to_run(empty: Database) -> None:
    with pytest.raises(SchemaError, match="has no tables yet") as caught:
        migrations.check_schema(empty)
    assert caught.value.remedy == "monitor db upgrade"


def test_upgrade_makes_a_database_that_passes_and_may_be_repeated(empty: Database) -> None:
    assert migrations.current_revision(empty) is None
    migrations.upgrade(empty)
    migrations.upgrade(empty)
    migrations.check_schema(empty)
    assert migrations.current_revision(empty) == migrations.head_revision()


def test_database_of_a_newer_program_is_refused_and_left_alone(database: Database) -> None:
    with database.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for action in (migrations.check_schema, migrations.upgrade):
        with pytest.raises(SchemaError, match="9999") as caught:
            action(database)
        assert caught.value.remedy == "install a newer monitor"
    assert migrations.current_revision(database) == "9999"


def test_database_of_an_older_revision_is_refused_with_the_command_to_run(
    database: Database,
) -> None:
    with database.write() as conn:
        command.downgrade(migrations._config(conn), "0001")
    with pytest.raises(
        SchemaError, match=f"is at schema 0001, this program needs {migrations.head_revision()}"
    ) as caught:
        migrations.check_schema(database)
    assert caught.value.remedy == "monitor db upgrade"


def test_rows_of_the_first_revision_survive_an_upgrade(empty: Database) -> None:
    with empty.write() as conn:
        command.upgrade(migrations._config(conn), "0001")
        meta.put(conn, "last_good_poll", "then")
        notes.add_note(conn, at("2025-01-21T19:00"), "Stargate announced", at("2025-01-22T08:00"))
        conn.execute(text(_FIRST_NOTICE), {"at": _first_time(empty)})
    migrations.upgrade(empty)
    with empty.read() as conn:
        assert meta.get(conn, "last_good_poll") == "then"
        assert notes.read_notes(conn, at("2025-01-21"), at("2025-01-22")) == [
            (at("2025-01-21T19:00"), "Stargate announced")
        ]
        (waiting,) = outbox.waiting(conn, "slack", at("2025-01-22"))
    assert (waiting.notice.text, waiting.notice.act) == ("an old notice", Act.SAY)
    assert (waiting.notice.urgent, waiting.notice.told_in) == (False, None)


_FIRST_NOTICE = """
INSERT INTO outbox (dedup_key, channel, recipient, kind, thread, text, payload, event_at, due_at, attempts)
VALUES ('k', 'slack', '', 'rotation', 't', 'an old notice', '{"body": "b"}', :at, :at, 0)
"""


def _first_time(database: Database) -> object:
    """As the first revision stored a time."""
    moment = at("2025-01-21T19:00")
    return to_us(moment) if database.dialect == "sqlite" else moment


def test_downgrade_gives_back_what_a_digest_told(database: Database) -> None:
    with database.write() as conn:
        outbox.enqueue(conn, [notice("told", told_in="digest")])
        command.downgrade(migrations._config(conn), "0001")
        columns = inspect(conn).get_columns("outbox")
        assert conn.execute(text("SELECT count(*) FROM outbox")).scalar() == 1
    assert {"told_in", "urgent", "act"}.isdisjoint(column["name"] for column in columns)


def test_two_programs_that_start_at_once_migrate_once(new_url: Callable[[], str]) -> None:
    url = new_url()

    def start() -> str | None:
        opened = open_database(url)
        try:
            migrations.upgrade(opened)
            return migrations.current_revision(opened)
        finally:
            opened.close()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: start(), range(4)))
    assert found == [migrations.head_revision()] * 4


def test_failed_upgrade_leaves_nothing_behind(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upgrade_and_fail(config: Config, revision: str) -> None:
        real(config, revision)
        raise RuntimeError("killed here")

    real = command.upgrade
    monkeypatch.setattr("alembic.command.upgrade", upgrade_and_fail)
    with pytest.raises(RuntimeError, match="killed here"):
        migrations.upgrade(empty)
    assert migrations.current_revision(empty) is None


def test_foreign_keys_are_guarded_again_after_an_upgrade(empty: Database) -> None:
    migrations.upgrade(empty)
    if empty.dialect == "sqlite":
        with empty.read() as conn:
            assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    else:
        with empty.read() as conn:
            found = conn.execute(
                text("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated")
            )
            assert found.scalar() == 1


def test_downgrade_of_the_first_revision_empties_the_database(empty: Database) -> None:
    migrations.upgrade(empty)
    with empty.write() as conn:
        command.downgrade(migrations._config(conn), "base")
        tables = compare_metadata(MigrationContext.configure(conn), metadata)
    assert {d[1].name for d in tables if d[0] == "add_table"} == set(metadata.tables)
