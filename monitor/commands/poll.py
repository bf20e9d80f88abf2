"""`monitor poll`: one cycle, then exit."""

import asyncio
from typing import TYPE_CHECKING

import typer

from monitor.commands.context import DEGRADED, FAILED, context_of

if TYPE_CHECKING:
    from monitor.commands.context import Context
    from monitor.ingest.poll_report import PollReport
    from monitor.settings.schema import Settings
    from monitor.store.database import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("poll", epilog="Example (cron):  */5 * * * *  sleep 5; monitor poll")(poll)


def poll(ctx: typer.Context) -> None:
    """One cycle for cron: ask the venues, step what is due, send what is due, exit.

    Vendors are not asked: supplies are those of the configuration, of imported files and of an earlier `monitor run`.
    """
    context = context_of(ctx)
    settings = context.settings()
    from monitor.standby.turn import at_once, turn_of

    with context.database(settings) as database, turn_of(database, settings, context.clock) as turn:
        at_once(turn)
        turn.keep(_ended)
        turn.fence(_ended)
        report, words = asyncio.run(_cycle(context, settings, database))
    typer.echo(words)
    if not report.is_good:
        raise typer.Exit(FAILED)
    if report.failures or report.refused:
        raise typer.Exit(DEGRADED)


def _ended() -> None:
    """What is written after another process took over fails by itself."""


async def _cycle(
    context: "Context", settings: "Settings", database: "Database"
) -> "tuple[PollReport, str]":
    from monitor.daemon.assemble import assemble, begin
    from monitor.service_manager import ServiceManager

    beginning = begin(settings, context.clock, database)
    parts = assemble(
        settings, context.clock, database, asyncio.Event(), beginning, ServiceManager({})
    )
    try:
        now = context.clock.now()
        report = await parts.polling.ask(now)
        progress = await asyncio.to_thread(parts.pipeline.catch_up, now)
        sent = await parts.sender.drain()
        over = await parts.polling.read_over()
    finally:
        await parts.close()
    venues = "; ".join(venue.words for venue in report.venues)
    if over is not None:
        venues += "\nread over: " + "; ".join(venue.words for venue in over.venues)
    waiting = f", waiting for {len(progress.waiting_for)} market(s)" if progress.waiting_for else ""
    return (
        report,
        f"{venues}\nstepped {progress.steps}{waiting}; {len(progress.changes)} change(s); sent {sent}",
    )
