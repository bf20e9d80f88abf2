"""`monitor backfill`: history from the venues; resumable, repairs gaps only."""

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self

import typer

from monitor.commands.context import DEGRADED, FAILED, console, context_of, in_order, moment
from monitor.commands.started_as import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.progress import TaskID

    from monitor.commands.context import Context
    from monitor.ingest.backfill import BackfillReport
    from monitor.ingest.exchange.remote import FetchProcess
    from monitor.settings.schema import Settings
    from monitor.store.database import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("backfill", epilog="Example:  monitor backfill --since 30d --venue bybit")(backfill)


def backfill(
    ctx: typer.Context,
    since: Annotated[str, typer.Option(help="From here on: time, date, or a length before now.")],
    until: Annotated[str | None, typer.Option(help="Up to here [default: now].")] = None,
    venue: Annotated[
        list[str] | None, typer.Option(help="Only this venue; may be given more than once.")
    ] = None,
    token: Annotated[
        list[str] | None, typer.Option(help="Only this token; may be given more than once.")
    ] = None,
) -> None:
    """Fetch what is missing; what was done is kept when it is broken off, and never fetched again."""
    from monitor.ingest.exchange.remote import FetchProcess

    context = context_of(ctx)
    with FetchProcess() as process:  # it loads its half of the program meanwhile
        settings = context.settings()
        now = context.clock.now()
        start, end = in_order(moment(since, now), moment(until, now) if until else now)
        _known(venue or [], {m.venue for m in settings.universe.markets if m.polled}, "--venue")
        _known(token or [], {known.id for known in settings.universe.tokens}, "--token")
        with context.database(settings) as database:
            try:
                wanted = Wanted(start, end, venue or [], token or [])
                report = asyncio.run(_run(context, settings, database, process, wanted))
            except KeyboardInterrupt:
                typer.echo(
                    "\nbroken off; what was fetched is stored. Give the same command again to go on.",
                    err=True,
                )
                raise typer.Exit(FAILED) from None
    for line in report.words():
        typer.echo(line)
    typer.echo(f"{report.new:,} new bars; next: {as_typed('monitor run')}")
    if report.failed:
        raise typer.Exit(DEGRADED if report.new else FAILED)


class Wanted(NamedTuple):
    """What is to be fetched; no venues or tokens: all."""

    since: "datetime"
    until: "datetime"
    venues: "Sequence[str]"
    tokens: "Sequence[str]"


def _known(given: "Sequence[str]", known: set[str], option: str) -> None:
    for name in given:
        if name not in known:
            raise typer.BadParameter(
                f"found {name!r}, expected one of {', '.join(sorted(known))}", param_hint=option
            )


async def _run(
    context: "Context",
    settings: "Settings",
    database: "Database",
    process: "FetchProcess",
    wanted: Wanted,
) -> "BackfillReport":
    from monitor.ingest.backfill import backfill as fetch
    from monitor.ingest.exchange.clients import client_options, make_clients
    from monitor.process import spare_the_program
    from monitor.reference import sync_supplies

    with database.write() as conn:
        sync_supplies(conn, settings.supplies, context.clock.now())
    clients = make_clients(
        settings.universe, context.clock, client_options(settings), connect=process.connect
    )
    spare_the_program()
    try:
        with Bars() as bars:
            return await fetch(
                clients,
                database,
                settings.universe,
                context.clock,
                settings.engine.interval,
                **wanted._asdict(),
                progress=bars,
            )
    finally:
        await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)


class Bars:
    """A progress bar a market under way, on standard error; nothing where that is no terminal."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        shown = console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=shown,
            transient=True,
            disable=not shown.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def start(self, market_id: str, bars_wanted: int) -> None:
        """A market is begun."""
        self._tasks[market_id] = self._progress.add_task(market_id, total=bars_wanted)

    def advance(self, market_id: str, bars_done: int) -> None:
        """That many more of its bars were asked for."""
        self._progress.advance(self._tasks[market_id], bars_done)

    def finish(self, market_id: str, outcome: str) -> None:
        """It is over, or its venue was given up before it was begun."""
        del outcome  # the report says it
        task = self._tasks.pop(market_id, None)
        if task is not None:
            self._progress.remove_task(task)
