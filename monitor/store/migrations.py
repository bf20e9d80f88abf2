"""The schema's revisions: bring a database up to date, or say why it does not fit this program.

Alembic is needed where the schema moves; every verb that only asks which one there is starts without it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event, inspect, text

import monitor
from monitor.model.errors import SchemaError
from monitor.store.database import Database
from monitor.store.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

_VERSION_TABLE = "alembic_version"


def upgrade(db: Database) -> None:
    """Run all missing revisions in one transaction; safe to repeat, and when two processes start at once."""
    from alembic import command  # noqa: PLC0415  heavy

    with _without_foreign_keys(db), db.write() as conn:
        found = _revision(conn)
        if found is not None and found not in _known():
            raise _newer(db, found)
        command.upgrade(_config(conn), "head")


def current_revision(db: Database) -> str | None:
    """Revision of the database; None where it was never migrated."""
    with db.read() as conn:
        return _revision(conn)


def head_revision() -> str:
    """Revision that this program needs."""
    known = _known()
    if not known:
        raise StoreError(
            f"no migrations in {script_location()}",
            remedy="install the package again: it is incomplete",
        )
    return max(known)


def check_schema(db: Database) -> None:
    """Raises SchemaError, with the command to run, unless the database has exactly this program's schema."""
    found, wanted = current_revision(db), head_revision()
    if found == wanted:
        return
    if found is not None and found not in _known():
        raise _newer(db, found)
    state = "has no tables yet" if found is None else f"is at schema {found}"
    raise SchemaError(
        f"{db.url_masked} {state}, this program needs {wanted}", remedy="monitor db upgrade"
    )


def script_location() -> Path:
    """Where the migrations are: inside the installed package, or beside it in a checkout."""
    package = Path(monitor.__file__).parent
    packed = package / "_alembic"
    return packed if packed.is_dir() else package.parent / "alembic"


def _newer(db: Database, found: str) -> SchemaError:
    return SchemaError(
        f"{db.url_masked} is at schema {found}, which this program does not know (its own is "
        f"{head_revision()})",
        remedy="install a newer monitor",
    )


def _revision(conn: Connection) -> str | None:
    if not inspect(conn).has_table(_VERSION_TABLE):
        return None
    found: str | None = conn.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}"))  # noqa: S608  no input
    return found


def _known() -> set[str]:
    """Numbers of one line of descent, each the start of its file's name."""
    return {file.name.partition("_")[0] for file in (script_location() / "versions").glob("*_*.py")}


def _config(conn: Connection | None = None) -> "Config":
    from alembic.config import Config  # noqa: PLC0415  heavy

    config = Config()
    # ConfigParser would read a percent sign as the start of a name.
    config.set_main_option("script_location", str(script_location()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if conn is not None:
        config.attributes["connection"] = conn
    return config


@contextmanager
def _without_foreign_keys(db: Database) -> Iterator[None]:
    """SQLite rebuilds a table by dropping it, which would take the rows that refer to it along."""
    if db.dialect != "sqlite":
        yield
        return
    db.engine.dispose()  # the pool's next connection is a new one, made with the pragma off

    def off(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA foreign_keys=OFF")

    event.listen(db.engine, "connect", off)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", off)
        db.engine.dispose()
