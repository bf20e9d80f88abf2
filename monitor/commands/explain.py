"""`monitor explain` and `monitor why-not`: why a rotation was flagged, or none was."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import console, context_of, moment, print_json
from monitor.commands.inputs import no_step_error, say_missing, say_no_steps
from monitor.model.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from monitor.content.alert import AlertMessage
    from monitor.model.rotation import Condition, Rotation
    from monitor.settings.schema import Settings
    from monitor.store.database import Database

LOOK_BACK = timedelta(hours=2)


def register(app: typer.Typer) -> None:
    """Add both verbs."""
    app.command("explain", epilog="Example:  monitor explain rot-7f3a01bc")(explain)
    app.command(
        "why-not", epilog="Example:  monitor why-not ai-agents memes --at 2025-01-18T12:00:00Z"
    )(why_not)


def explain(
    ctx: typer.Context,
    rotation_id: Annotated[
        str, typer.Argument(metavar="ID", help="A rotation's id, or its first characters.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Machine output.")] = False,
) -> None:
    """Full reasons of one rotation, recomputed from stored inputs."""
    from monitor.model.rotation_json import rotation_to_json
    from monitor.store import rotations

    context = context_of(ctx)
    settings = context.settings()
    with context.history(settings) as database:
        with database.read() as conn:
            rotation = rotations.get_rotation(conn, rotation_id)
            if rotation is None:
                say_no_steps(conn, settings)
        if rotation is None:
            raise MonitorError(
                f"no rotation has the id {rotation_id!r}", remedy="monitor rotations"
            )
        if as_json:
            verdict = _recomputed(settings, database, rotation)
            print_json(rotation_to_json(rotation) | {"recomputed": verdict})
            return
        _print_facts(rotation, _message(rotation, settings, database))
        console().print(_recomputed(settings, database, rotation), markup=False)


def _recomputed(settings: "Settings", database: "Database", rotation: "Rotation") -> str:
    """The fold once more over what was known then, up to what was decided last of flagging it: the same, or what differs."""
    from monitor.commands.replay import replayed_steps
    from monitor.model.rotation_json import rotation_to_json
    from monitor.store import rotations

    begin, end = rotation.detected_at, rotation.confirmed_at or rotation.detected_at
    with database.read() as conn:
        told = rotations.list_changes(conn, since=begin, until=end + timedelta(microseconds=1))
    steps = replayed_steps(database, settings, since=begin, until=end, as_known=True)
    again = [change for output in steps for change in output.changes]
    stored, found = (
        [rotation_to_json(c.rotation) for c in changes if c.rotation.id == rotation.id]
        for changes in (told, again)
    )
    if not (stored and found):
        return "recomputed from stored inputs: not flagged (other parameters, or its inputs are no longer stored)"
    differing = sorted(key for key in stored[-1] if stored[-1][key] != found[-1][key])
    if not differing:
        return "recomputed from stored inputs: same result"
    return "recomputed from stored inputs: differs in " + ", ".join(differing)


def _print_facts(rotation: "Rotation", message: "AlertMessage") -> None:
    from monitor.content.alert import alert_text

    out = console()
    out.print(alert_text(message), markup=False)
    out.print()
    out.print(condition_table(rotation.evidence.conditions))
    out.print()
    until = rotation.evidence.at or rotation.detected_at
    out.print(f"inputs: {rotation.evidence.window_h} h to {until:%Y-%m-%d %H:%M} UTC")
    out.print(f"parameters: {rotation.parameters}", markup=False)


def _message(rotation: "Rotation", settings: "Settings", database: "Database") -> "AlertMessage":
    """The alert's facts as they would be told of its last change, and what stood around it then."""
    from monitor.alerting.retold import retold
    from monitor.bootstrap import enricher_of

    with database.read() as conn:
        return retold(conn, rotation, enricher_of(settings))


def condition_table(conditions: "Sequence[Condition]") -> "Table":
    """Each condition with its value, its bound, and whether it was met."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("condition")
    for name in ("value", "bound"):
        table.add_column(name, justify="right")
    table.add_column("")
    for condition in conditions:
        table.add_row(
            condition.name,
            "unknown" if condition.value is None else f"{condition.value:+.4f}",
            f"{condition.bound:+.4f}",
            "met" if condition.met else "not met",
        )
    return table


def why_not(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help="Sector that would have lost.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Sector that would have gained.")],
    at: Annotated[
        str | None, typer.Option(help="Time, or a length before now [default: the last step].")
    ] = None,
) -> None:
    """Why no rotation was flagged then: each condition, its value, its bound."""
    from monitor.store import steps

    context = context_of(ctx)
    settings = context.settings()
    for sector in (source, target):
        if not settings.universe.has(sector):
            known = ", ".join(s.id for s in settings.universe.watched)
            raise typer.BadParameter(f"found {sector!r}, expected one of {known}")
    then = moment(at, context.clock.now()) if at else None
    with context.database(settings) as database, database.read() as conn:
        step = steps.latest_step(conn) if then is None else steps.step_at(conn, then)
        if step is None:
            raise no_step_error(conn, settings, then)
        found = steps.readings(
            conn,
            from_sector=source,
            to_sector=target,
            since=step.close_time - LOOK_BACK,
            until=step.close_time + timedelta(microseconds=1),
        )
        if not found:
            say_missing(conn, settings, None, step.close_time)
            raise MonitorError(
                f"nothing is stored of {source} to {target} then",
                remedy="detection.pairs (not watched), schedule.retention.readings (pruned), or what is missing above",
            )
        if not any(c.value is not None for c in found[-1].conditions):
            say_missing(conn, settings, None, step.close_time)
    reading = found[-1]
    out = console()
    met = sum(c.met for c in reading.conditions)
    out.print(
        f"{source} to {target} at {reading.at:%Y-%m-%d %H:%M} UTC, best window {reading.window_h} h:"
        f" {met} of {len(reading.conditions)} conditions met"
    )
    out.print(condition_table(reading.conditions))
