"""`monitor explain`: why a rotation was flagged."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import console, context_of, print_json
from monitor.commands.inputs import no_such_rotation, say_no_steps

if TYPE_CHECKING:
    from monitor.content.alert import AlertMessage
    from monitor.model.rotation import Rotation
    from monitor.settings.schema import Settings
    from monitor.store.database import Database


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("explain", epilog="Example:  monitor explain rot-7f3a01bc")(explain)


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
    with context.database(settings) as database:
        with database.read() as conn:
            rotation = rotations.get_rotation(conn, rotation_id)
            if rotation is None:
                say_no_steps(conn, settings)
        if rotation is None:
            raise no_such_rotation(rotation_id)
        if as_json:
            verdict = _recomputed(settings, database, rotation)
            print_json(rotation_to_json(rotation) | {"recomputed": verdict})
            return
        _print_facts(rotation, _message(rotation, settings, database), settings)
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


def _print_facts(rotation: "Rotation", message: "AlertMessage", settings: "Settings") -> None:
    from monitor.bootstrap import names_of
    from monitor.commands.why_not import condition_table
    from monitor.content.alert import alert_text, name_of

    out = console()
    out.print(alert_text(message), markup=False)
    out.print()
    evidence = rotation.evidence
    names = names_of(settings)
    pair = (name_of(rotation.from_sector, names), name_of(rotation.to_sector, names))
    out.print(condition_table(evidence.conditions, evidence.window_h, pair))
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
