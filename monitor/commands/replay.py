"""`monitor replay`: the engine over stored history; sends nothing unless told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import DEGRADED, console, context_of, is_narrow, moments, print_json
from monitor.commands.inputs import no_step_error, say_missing

if TYPE_CHECKING:
    from monitor.commands.context import Context
    from monitor.engine import Engine
    from monitor.model.rotation import RotationChange, StepOutput
    from monitor.settings.schema import Settings
    from monitor.store.database import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("replay", epilog="Example:  monitor replay --since 2025-01-01 --until 2025-02-01")(
        replay
    )


def replay(
    ctx: typer.Context,
    since: Annotated[
        str | None, typer.Option(help="Print rotations detected from here on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Stop at this time [default: the end of what is stored].")
    ] = None,
    as_known: Annotated[
        bool,
        typer.Option("--as-known", help="Show the engine only what had been received by then."),
    ] = False,
    changes: Annotated[
        bool, typer.Option("--changes", help="Print every change of state instead.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    notify: Annotated[
        bool, typer.Option("--notify", help="Send what is found to the configured channels.")
    ] = False,
    store: Annotated[
        bool,
        typer.Option(
            "--store",
            help="Keep the steps: sectors --at, why-not, rotations, explain and report answer from them.",
        ),
    ] = False,
) -> None:
    """The engine over stored history: the same fold as live, so the same bars give the same rotations."""
    if store and (notify or as_known):
        raise typer.BadParameter(
            "found beside --notify or --as-known, expected it alone", param_hint="--store"
        )
    context = context_of(ctx)
    settings = context.settings()
    now = context.clock.now()
    start, end = moments(since, until, now)
    with context.history(settings) as database:
        if store:
            found = _stored(context, settings, database, start, end)
        else:
            outputs = list(
                replayed_steps(database, settings, since=start, until=end, as_known=as_known)
            )
            found = [change for output in outputs for change in output.changes]
        if notify:
            from monitor.commands.notify import send_outputs

            send_outputs(context, settings, database, outputs)
        with database.read() as conn:
            is_blind = say_missing(conn, settings, start, end)
    if changes:
        _print_changes(found, settings, as_json=as_json)
    else:
        _print_last(found, settings, as_json=as_json, is_blind=is_blind)
    if is_blind and not found:
        raise typer.Exit(DEGRADED)


def _stored(
    context: "Context",
    settings: "Settings",
    database: "Database",
    since: datetime | None,
    until: datetime | None,
) -> "list[RotationChange]":
    """Step the stored history for good, up to its end or ``until``.

    A store that was never live is stepped anew from its first bar, since nobody was told of what stood there. In a live
    one decisions stand, and only what follows its last step is added.
    """
    from monitor.model.grid import floor_time
    from monitor.pipeline import Pipeline
    from monitor.store import bars, engine_state
    from monitor.store.refold import forget_steps

    width, deadline = settings.engine.interval, settings.engine.deadline
    with database.write() as conn:
        span = bars.time_span(conn, width)
        if span is None:
            raise no_step_error(conn, settings)
        live_from = engine_state.live_from(conn)
        before = engine_state.load_state(conn)
        if live_from is None:
            forget_steps(conn)
    end = span[1] + width if until is None else min(floor_time(until, width), span[1] + width)
    engine = engine_of(settings, live_from=live_from)
    pipeline = Pipeline(database, engine, width, deadline=deadline, clock=context.clock)
    progress = pipeline.catch_up(end + deadline)
    if live_from is not None and before is not None:
        stood = f"{before.last_open + width:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"what was stepped up to {stood} stands: this store is live", err=True)
    typer.echo(f"stored {progress.steps:,} steps", err=True)
    return [c for c in progress.changes if since is None or c.rotation.detected_at >= since]


def replayed_steps(
    database: "Database",
    settings: "Settings",
    *,
    since: datetime | None,
    until: datetime | None,
    as_known: bool,
) -> "Iterator[StepOutput]":
    """Steps in which rotations changed that were detected at or after ``since``, with these changes alone.

    As the fold over the whole store up to ``until`` decides (:func:`monitor.history.steps_of`); its progress is shown.
    Raises MonitorError when no bar of the interval is stored.
    """
    from monitor.commands.progress import progress_bar
    from monitor.history import steps_of
    from monitor.store import bars, engine_state

    with database.read() as conn:
        if bars.time_span(conn, settings.engine.interval) is None:
            raise no_step_error(conn, settings)
        engine = engine_of(settings, live_from=engine_state.live_from(conn))
    with progress_bar("replaying", "intervals") as on_step:
        steps = steps_of(
            database, engine, since=since, until=until, as_known=as_known, on_step=on_step
        )
        for moved in steps:
            changes = tuple(
                c for c in moved.changes if since is None or c.rotation.detected_at >= since
            )
            if changes:
                yield replace(moved.output(), changes=changes)


def engine_of(settings: "Settings", *, live_from: datetime | None = None) -> "Engine":
    """The engine of these settings."""
    from monitor.engine import Engine

    return Engine(
        settings.universe,
        settings.engine.interval,
        analytics=settings.analytics,
        detection=settings.detection,
        live_from=live_from,
    )


def _print_changes(found: "list[RotationChange]", settings: "Settings", *, as_json: bool) -> None:
    from monitor.content.wording.phrases import CHANGE_WORDS, pair_words, score_words
    from monitor.model.rotation_json import change_to_json

    if as_json:
        for change in found:
            print_json(change_to_json(change))
        return
    names = {sector.id: sector.name for sector in settings.universe.sectors}
    out = console()
    for change in found:
        rotation = change.rotation
        out.print(
            f"{change.changed_at:%Y-%m-%d %H:%M}  {CHANGE_WORDS[change.reason]:<17}  {pair_words(rotation.pair, names)}"
            f"  {rotation.severity.value}, score {score_words(rotation)}  {rotation.id}"
        )


def _print_last(
    found: "list[RotationChange]", settings: "Settings", *, as_json: bool, is_blind: bool
) -> None:
    from monitor.commands.rotations import rotation_table
    from monitor.model.rotation_json import rotation_to_json

    last = {change.rotation.id: change.rotation for change in found}
    ordered = sorted(last.values(), key=lambda r: (r.detected_at, r.id))
    if as_json:
        for rotation in ordered:
            print_json(rotation_to_json(rotation))
        return
    out = console()
    if not ordered:
        nothing = "Nothing can be judged in this range: see what is missing."
        out.print(nothing if is_blind else "No rotation in this range.")
        return
    out.print(
        rotation_table(
            ordered,
            {sector.id: sector.name for sector in settings.universe.sectors},
            narrow=is_narrow(out),
        )
    )
