"""`monitor import` and `monitor export`: bars and supplies in, figures out."""

import sys
from enum import StrEnum
from functools import partial
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


class Format(StrEnum):
    """How it is written."""

    csv = "csv"
    csv_gz = "csv.gz"
    parquet = "parquet"
    arrow = "arrow"
    json = "json"


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
        Path,
        typer.Option(
            help="File; its suffix (.csv, .csv.gz, .parquet, .arrow, .json) is the format. - is standard output."
        ),
    ],
    since: Annotated[str | None, typer.Option(help="From here on.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to here.")] = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="In place of the suffix [for -: csv].")
    ] = None,
) -> None:
    """Stored bars, sector states or rotations as a file with units in the column names."""
    from monitor.files.export import export_file, export_stream

    context = context_of(ctx)
    settings = context.settings()
    now = context.clock.now()
    begin, end = moment(since, now) if since else None, moment(until, now) if until else None
    to_stdout = str(out) == "-"
    with context.database(settings) as database:
        write = (
            partial(export_stream, out=sys.stdout.buffer)
            if to_stdout
            else partial(export_file, out=out)
        )
        rows = write(
            kind=kind.value,
            database=database,
            width=settings.engine.interval,
            since=begin,
            until=end,
            form=form.value if form else None,
        )
        if not rows:
            with database.read() as conn:
                if kind is Kind.bars or not say_no_steps(conn, settings):
                    say_missing(conn, settings, begin)
    where = "standard output" if to_stdout else out
    why = "" if rows else f": no {kind.value} are stored in this range"
    typer.echo(f"wrote {rows:,} rows to {where}{why}", err=to_stdout or not rows)
