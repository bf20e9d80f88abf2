"""`monitor db`: schema and data care."""

from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.context import context_of
from monitor.model.grid import format_duration

app = typer.Typer(help="Schema and data care.", no_args_is_help=True, rich_markup_mode=None)


def register(whole: typer.Typer) -> None:
    """Add the verbs."""
    whole.add_typer(app, name="db")


@app.command("upgrade", epilog="Example:  monitor db upgrade")
def upgrade(ctx: typer.Context) -> None:
    """Bring the schema to this program's revision; safe to repeat."""
    from monitor.store import migrations

    context = context_of(ctx)
    with context.database(context.settings(), checked=False, make=True) as database:
        before = migrations.current_revision(database)
        migrations.upgrade(database)
        typer.echo(
            f"schema: {before or 'empty'} -> {migrations.current_revision(database)} ({database.url_masked})"
        )


@app.command("current", epilog="Example:  monitor db current")
def current(ctx: typer.Context) -> None:
    """The schema's revision and this program's."""
    from monitor.store import migrations

    context = context_of(ctx)
    with context.database(context.settings(), checked=False) as database:
        typer.echo(f"database: {migrations.current_revision(database) or 'empty'}")
        typer.echo(f"program:  {migrations.head_revision()}")


@app.command("backup", epilog="Example:  monitor db backup monitor-2026-11-23.db")
def backup(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="Where the copy goes.")]
) -> None:
    """A consistent copy while the daemon runs (SQLite)."""
    from monitor.store.backup import backup as make_backup

    context = context_of(ctx)
    with context.database(context.settings()) as database:
        make_backup(database, file)
    typer.echo(f"wrote {file} ({file.stat().st_size:,} bytes)")


@app.command("copy-to", epilog="Example:  monitor db copy-to postgresql://monitor@db/monitor")
def copy_to(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="Database to fill; must hold no rows.")],
) -> None:
    """Copy everything into another database, for a move between SQLite and PostgreSQL."""
    from monitor.store.backup import copy_to as copy_rows

    context = context_of(ctx)
    with context.database(context.settings()) as database:
        counts = copy_rows(database, url)
    for table, count in counts.items():
        typer.echo(f"{table:<20} {count:>12,}")


@app.command("prune", epilog="Example:  monitor db prune")
def prune(ctx: typer.Context) -> None:
    """Delete what is older than the configured retention, and roll up what is older than schedule.rollup says."""
    from monitor.store.prune import prune_in_turns
    from monitor.store.rollup import roll_up

    context = context_of(ctx)
    settings = context.settings()
    retention = {str(kind): length for kind, length in settings.schedule.retention.items()}
    with context.database(settings) as database:
        counts = prune_in_turns(database, now=context.clock.now(), retention=retention)
        rolled = {str(kind): after for kind, after in settings.schedule.rollup.items()}
        width = settings.engine.interval
        gone = roll_up(database, clock=context.clock, width=width, after=rolled)
    for kind, count in counts.items():
        typer.echo(f"{kind:<20} {count:>12,} rows older than {format_duration(retention[kind])}")
    for kind, count in gone.items():
        typer.echo(f"{kind:<20} {count:>12,} rows rolled up to the hour")
