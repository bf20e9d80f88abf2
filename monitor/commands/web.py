"""`monitor web`: the page, in a process of its own."""

import asyncio
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import context_of

if TYPE_CHECKING:
    from monitor.clock import Clock
    from monitor.settings.schema import Settings
    from monitor.store.database import Database

NICER = 15
"""Polling and stepping come first where readers and the daemon want the processor at the same time."""

TURN_S = 0.0005
"""So long a thread that works out an answer keeps the interpreter while another waits for it: whoever asks for what is known
already does not wait for whoever asks for what is not."""

AT_ONCE = 8
"""Answers that are worked on at the same time; others wait. Each holds a connection and what it reads."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("web", epilog="Example:  monitor web --port 8788")(web)


def web(
    ctx: typer.Context,
    port: Annotated[int | None, typer.Option(help="Instead of the configured web.port.")] = None,
    beside_daemon: Annotated[
        int | None,
        typer.Option(
            "--beside-daemon", hidden=True, help="Number of the socket that the daemon opened."
        ),
    ] = None,
) -> None:
    """Serve the page alone, on the same database, until it is told to stop (SIGTERM, Ctrl-C). It changes nothing."""
    from monitor.store.database import open_database
    from monitor.store.migrations import check_schema

    if beside_daemon is not None:
        os.nice(NICER)
    sys.setswitchinterval(TURN_S)
    context = context_of(ctx)
    settings = context.settings()
    database = open_database(settings.database.url.get_secret_value(), read_only=True)
    try:
        check_schema(database)
        asyncio.run(
            _serve(
                settings, context.clock, database, port or settings.web.port, beside=beside_daemon
            )
        )
    finally:
        database.close()


async def _serve(
    settings: "Settings", clock: "Clock", database: "Database", port: int, *, beside: int | None
) -> None:
    """``beside``: a socket of the daemon that started this process, tells it how it stands, and is told what becomes of
    it."""
    from anyio import to_thread

    from monitor.api.http import api_app
    from monitor.bootstrap import enricher_of, sources_of, ways_of
    from monitor.web.app import make_app
    from monitor.web.daemon_link import DaemonLink, answer
    from monitor.web.listener import PageNotServedError
    from monitor.web.serve import serve, serve_at
    from monitor.web.surroundings import Surroundings

    to_thread.current_default_thread_limiter().total_tokens = AT_ONCE
    stop, link = asyncio.Event(), DaemonLink()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    token = settings.web.token.get_secret_value() if settings.web.token else None
    app = make_app(
        Surroundings(
            database=database,
            universe=settings.universe,
            clock=clock,
            width=settings.engine.interval,
            deadline=settings.engine.deadline,
            enricher=enricher_of(settings),
            link=link,
            token=token,
            channels=[str(way.channel) for way in ways_of(settings)],
        ),
        api_app(sources_of(settings, database, clock)),
    )

    if beside is not None:
        following = asyncio.create_task(link.follow(stop.set))
        await serve_at(
            socket.socket(fileno=beside), app, stop=stop, serving=lambda: answer("serving")
        )
        following.cancel()
        return

    def refused(error: PageNotServedError) -> None:
        raise error

    await serve(
        app,
        host=settings.web.host,
        port=port,
        clock=clock,
        stop=stop,
        refused=refused,
        serving=lambda: typer.echo(f"http://{settings.web.host}:{port}/", err=True),
    )
