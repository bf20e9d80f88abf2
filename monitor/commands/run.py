"""`monitor run`: the daemon."""

import asyncio
from typing import Annotated

import typer

from monitor.commands.context import context_of, log_options_of


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("run", epilog="Example:  monitor run --migrate")(run)


def run(
    ctx: typer.Context,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Bring the schema up to date first.")
    ] = False,
) -> None:
    """Poll, step, alert, report and serve the page until it is told to stop (SIGTERM, Ctrl-C).

    SIGHUP: read the configuration again and go on with it, or say why not.
    """
    from monitor.daemon import run_daemon

    context = context_of(ctx)
    daemon = run_daemon(
        context.settings(),
        context.clock,
        reread=context.settings,
        migrate=migrate,
        log_options=log_options_of(ctx),
    )
    raise typer.Exit(asyncio.run(daemon))
