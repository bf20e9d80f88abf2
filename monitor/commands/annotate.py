"""`monitor annotate`: a dated note, shown on charts and in reports."""

from typing import Annotated

import typer

from monitor.commands.context import context_of, moment

LONGEST = 200


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "annotate", epilog='Example:  monitor annotate 2025-01-21T22:00:00Z "Stargate announced"'
    )(annotate)


def annotate(
    ctx: typer.Context,
    at: Annotated[
        str,
        typer.Argument(metavar="T", help="When it happened: time, date, or a length before now."),
    ],
    text: Annotated[str, typer.Argument(help="What happened, in a few words.")],
) -> None:
    """Note a catalyst; the monitor itself never guesses causes."""
    from monitor.store import notes

    if not text.strip() or len(text) > LONGEST:
        raise typer.BadParameter(
            f"found {len(text)} characters, expected 1 to {LONGEST}", param_hint="TEXT"
        )
    context = context_of(ctx)
    now = context.clock.now()
    when = moment(at, now)
    with context.database(context.settings()) as database, database.write() as conn:
        notes.add_note(conn, when, " ".join(text.split()), now)
    typer.echo(f"noted at {when:%Y-%m-%d %H:%M} UTC")
