"""Where Alembic meets our tables.

`monitor db upgrade` hands over its connection. For a developer's `alembic revision --autogenerate` or `alembic check`
the database is named by MONITOR_DATABASE__URL.
"""

import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from monitor.store.database import open_database
from monitor.store.tables import metadata
from monitor.store.types import UtcDateTime


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write our time type by its own name in a new revision."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen_context.imports.add("from monitor.store.types import UtcDateTime")
        return "UtcDateTime()"
    return False


def run(connection: Connection) -> None:
    """Run the revisions in the connection's transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite alters a table by building it anew.
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_alone() -> None:
    """Run for a developer's command, on the database that the environment names."""
    url = os.environ.get("MONITOR_DATABASE__URL")
    if not url:
        raise SystemExit("set MONITOR_DATABASE__URL to the database to compare with or to migrate")
    database = open_database(url)
    try:
        with database.write() as connection:
            run(connection)
    finally:
        database.close()


if context.is_offline_mode():
    raise SystemExit("SQL scripts are not written here: run `monitor db upgrade` on the database")
handed_over = context.config.attributes.get("connection")
if handed_over is None:
    run_alone()
else:
    run(handed_over)
