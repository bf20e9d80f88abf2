"""`monitor import` and `monitor export`: bars and supplies in, figures out."""

import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.context import DEGRADED, FAILED, context_of, moments
from monitor.commands.inputs import say_missing, say_no_steps


class Kind(StrEnum):
    """What can be exported."""

    bars = "bars"
    depth = "depth"
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
    app.command("import", epilog=_formats())(import_)
    app.command(
        "export", epilog="Example:  monitor export sectors --since 30d --out sectors.parquet"
    )(export)


def _formats() -> str:
    """Every format with its columns; a paragraph each."""
    from monitor.files.described import DESCRIBED

    told = "\n\n".join(f"{name}: {columns}" for name, columns in DESCRIBED)
    return (
        "Example:  monitor import VIRTUALUSDT-1h-2025-01.zip --check\n\n"
        f"Formats, told apart by content:\n\n{told}\n\n"
        "Times: ISO 8601 with zone, or Unix s, ms, us, ns; what has two readings is refused."
    )


def import_(
    ctx: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="CSV, JSON, Parquet or Feather, also in gzip or zip."
        ),
    ],
    exchange: Annotated[
        str | None, typer.Option(help="Venue of the bars, where the file does not say it.")
    ] = None,
    symbol: Annotated[
        str | None,
        typer.Option(help="Market (VIRTUAL/USDT) of the bars, or token of the supplies."),
    ] = None,
    interval: Annotated[
        str | None, typer.Option(help="Width of the bars (1h), against what the name says.")
    ] = None,
    utc: Annotated[
        bool, typer.Option("--utc", help="Times without a zone are UTC; else they are refused.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Show what is understood, and store nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take bars that disagree with known ones.")
    ] = False,
) -> None:
    """Bars or supplies from files; what fails a check or disagrees with known bars is kept out and told (exit 3)."""
    from monitor.files.importing import Hints, Manner, import_files
    from monitor.model.grid import parse_duration

    context = context_of(ctx)
    settings = context.settings()
    try:
        width = parse_duration(interval) if interval else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--interval") from None
    with context.history(settings) as database:
        report = import_files(
            files,
            database,
            settings.universe,
            settings.engine.interval,
            context.clock,
            hints=Hints(exchange, symbol, width, utc),
            how=Manner(check, replace, _say_rows),
        )
    for line in report.understood if check else ():
        typer.echo(line)
    for line in report.words():
        typer.echo(line, err=line.startswith("refused"))
    if check:
        typer.echo("checked: nothing was stored")
    if report.refused and not report.stored:
        raise typer.Exit(FAILED)
    if report.refused:
        raise typer.Exit(DEGRADED)


def _say_rows(path: Path, rows: int) -> None:
    """A sign of life, each 20,000 bars."""
    typer.echo(f"{path.name}: {rows:,} rows", err=True)


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
    """Stored bars, depth of order books, sector states or rotations as a file with units in the column names."""
    from monitor.files.export import export_file, export_stream

    context = context_of(ctx)
    settings = context.settings()
    now = context.clock.now()
    begin, end = moments(since, until, now)
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
                if kind is Kind.depth:
                    typer.echo("order books are read where schedule.depth is set", err=True)
                elif kind is Kind.bars or not say_no_steps(conn, settings):
                    say_missing(conn, settings, begin)
    where = "standard output" if to_stdout else out
    why = "" if rows else f": no {kind.value} are stored in this range"
    typer.echo(f"wrote {rows:,} rows to {where}{why}", err=to_stdout or not rows)
