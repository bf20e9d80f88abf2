"""`monitor import` and `monitor export`: bars and supplies in, figures out."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.context import DEGRADED, FAILED, context_of, moment
from monitor.commands.inputs import say_missing, say_no_steps


class Kind(StrEnum):
    """What can be exported."""

    bars = "bars"
    sectors = "sectors"
    rotations = "rotations"


def register(app: typer.Typer) -> None:
    """Add both verbs."""
    app.command("import", epilog="Example:  monitor import bars-2025-01.csv.gz supplies.csv")(
        import_
    )
    app.command(
        "export", epilog="Example:  monitor export sectors --since 30d --out sectors.parquet"
    )(export)


def import_(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV, CSV.gz or Parquet.")],
) -> None:
    """Bars or supplies from files; rows that fail a check are reported and kept out (exit 3)."""
    from monitor.files.importing import import_files

    context = context_of(ctx)
    settings = context.settings()
    with context.history(settings) as database:
        report = import_files(
            files, database, settings.universe, settings.engine.interval, context.clock
        )
    for line in report.words():
        typer.echo(line, err=line.startswith("refused"))
    if report.refused and not report.stored:
        raise typer.Exit(FAILED)
    if report.refused:
        raise typer.Exit(DEGRADED)


def export(
    ctx: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What to write.")],
    out: Annotated[
        Path, typer.Option(help="File; its suffix (.csv, .parquet, .json) is the format.")
    ],
    since: Annotated[str | None, typer.Option(help="From here on.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to here.")] = None,
) -> None:
    """Stored bars, sector states or rotations as a file with units in the column names."""
    from monitor.files.importing import export_file

    context = context_of(ctx)
    settings = context.settings()
    now = context.clock.now()
    with context.database(settings) as database:
        rows = export_file(
            kind.value,
            out,
            database,
            width=settings.engine.interval,
            since=moment(since, now) if since else None,
            until=moment(until, now) if until else None,
        )
        if not rows:
            with database.read() as conn:
                if kind is Kind.bars or not say_no_steps(conn, settings):
                    say_missing(conn, settings, moment(since, now) if since else None)
    typer.echo(f"wrote {rows:,} rows to {out}")
