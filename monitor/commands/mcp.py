"""`monitor mcp`: read-only tools for assistants."""

from typing import Annotated

import typer

from monitor.commands.context import context_of
from monitor.model.errors import MonitorError


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("mcp", epilog="Example:  monitor mcp    (an assistant starts it; see README)")(mcp)


def mcp(
    ctx: typer.Context,
    port: Annotated[
        int | None,
        typer.Option(
            help="Over HTTP at 127.0.0.1:PORT/mcp [default: over stdio].", min=1, max=65535
        ),
    ] = None,
) -> None:
    """Read-only tools for assistants (Model Context Protocol) on the stored data, over stdio or local HTTP."""
    try:
        from monitor.assistants import mcp_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise MonitorError(
            "the tools for assistants are not installed",
            remedy="pip install 'sector-rotation-monitor[mcp]'",
        ) from None
    from monitor.bootstrap import sources_of
    from monitor.store.database import open_database
    from monitor.store.migrations import check_schema

    context = context_of(ctx)
    settings = context.settings()
    database = open_database(settings.database.url.get_secret_value(), read_only=True)
    try:
        check_schema(database)
        server = mcp_server(sources_of(settings, database, context.clock))
        if port is None:
            server.run("stdio")
        else:
            typer.echo(f"http://127.0.0.1:{port}/mcp", err=True)
            server.run("streamable-http", host="127.0.0.1", port=port)
    finally:
        database.close()
