"""A monitor's database opened for reading, by its address or by the configuration."""

import os
from pathlib import Path

from monitor.clock import LiveClock
from monitor.engine import Engine
from monitor.frames.reader import Monitor
from monitor.settings.load import load_settings
from monitor.store import engine_state
from monitor.store.database import open_database
from monitor.store.migrations import check_schema


def open_monitor(url: str | None = None, config: Path | str | None = None) -> Monitor:
    """The database at ``url``, or the configured one; sectors, tokens and the interval are the configuration's.

    ``config`` as `monitor --config`. Raises ConfigError with every fault of the configuration, StoreError where there
    is no such database (none is made), and SchemaError with the command to run where its schema is another.
    """
    environ = dict(os.environ)
    if url is not None:
        environ["MONITOR_DATABASE__URL"] = url
    settings = load_settings(Path(config) if config is not None else None, environ)
    database = open_database(settings.database.url.get_secret_value(), read_only=True)
    try:
        check_schema(database)
        with database.read() as conn:
            live_from = engine_state.live_from(conn)
    except BaseException:
        database.close()
        raise
    engine = Engine(
        settings.universe,
        settings.engine.interval,
        analytics=settings.analytics,
        detection=settings.detection,
        live_from=live_from,
    )
    return Monitor(database, engine, LiveClock())
