"""What every verb is handed: where the configuration and the database are, the clock, and how to print."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from monitor.clock import Clock, LiveClock
from monitor.commands.started_as import as_typed
from monitor.model.errors import MonitorError
from monitor.model.grid import parse_moment

if TYPE_CHECKING:
    from rich.console import Console

    from monitor.settings.schema import Settings
    from monitor.store.database import Database

OK, FAILED, WRONG, DEGRADED = 0, 1, 2, 3
"""Exit codes: done, failed, wrong usage or configuration, done in part."""


WIDTH = 100
"""Columns that every table fits whole; a narrower terminal gets fewer."""


@dataclass
class Context:
    """The global options, read once."""

    config_path: Path | None = None
    db_url: str | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    clock: Clock = field(default_factory=LiveClock)

    def settings(self) -> "Settings":
        """The effective settings; raises ConfigError with every fault."""
        from monitor.settings.load import load_settings

        environ = dict(self.environ)
        if self.db_url:
            environ["MONITOR_DATABASE__URL"] = self.db_url
        return load_settings(self.config_path, environ)

    @contextmanager
    def history(self, settings: "Settings") -> "Iterator[Database]":
        """The configured database for a verb that folds or fills its history: the configured supplies are in it."""
        from monitor.reference import ensure_supplies

        with self.database(settings) as database:
            ensure_supplies(database, settings.supplies, self.clock.now())
            yield database

    @contextmanager
    def database(
        self, settings: "Settings", *, checked: bool = True, make: bool = False
    ) -> "Iterator[Database]":
        """The configured database, its schema checked, closed afterwards; none is made unless told (``make``)."""
        from monitor.store.database import check_there, open_database
        from monitor.store.migrations import check_schema

        url = settings.database.url.get_secret_value()
        if not make:
            check_there(url)
        database = open_database(url)
        try:
            if checked:
                check_schema(database)
            yield database
        finally:
            database.close()


def context_of(ctx: typer.Context) -> Context:
    """The global options of this call."""
    found = ctx.find_object(Context)
    if found is None:
        raise TypeError("a verb ran outside the application")
    return found


def log_options_of(ctx: typer.Context) -> list[str]:
    """How this call logs, as the options that say so."""
    given = ctx.parent.params if ctx.parent is not None else {}
    return [
        part
        for name in ("log_level", "log_format")
        if name in given
        for part in (f"--{name.replace('_', '-')}", str(given[name]))
    ]


def moment(text: str, now: datetime) -> datetime:
    """Read ISO 8601, a date alone, or a length such as ``36h`` before now; raises typer.BadParameter else."""
    try:
        return parse_moment(text, now)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def moments(
    since: str | None, until: str | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Both ends of a range, each read as :func:`moment` reads it; raises typer.BadParameter where it ends before it begins."""
    begin, end = (moment(text, now) if text else None for text in (since, until))
    return (begin, end) if begin is None or end is None else in_order(begin, end)


def in_order(begin: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The range as it is; raises typer.BadParameter where it ends before it begins."""
    if begin >= end:
        raise typer.BadParameter(
            f"found {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, expected since < until"
        )
    return begin, end


def print_json(value: Any) -> None:
    """One JSON object a line on standard output, keys in the given order, no NaN."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")


def console(*, stderr: bool = False) -> "Console":
    """Standard output for people: plain and 100 columns wide where it is no terminal."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def is_narrow(out: "Console") -> bool:
    """Whether a table must leave out what can be spared."""
    return out.width < WIDTH


def say_failure(error: MonitorError) -> None:
    """What failed and what to do next, on standard error."""
    typer.echo(f"monitor: {error}", err=True)
    if error.remedy:
        typer.echo(f"next: {as_typed(error.remedy)}", err=True)
