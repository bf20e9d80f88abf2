"""What a verb says of inputs that it lacks: on standard error, each with the way to get it."""

from datetime import datetime
from typing import TYPE_CHECKING

import typer

from monitor.commands.started_as import as_typed
from monitor.model.errors import MonitorError, shortened

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.settings.schema import Settings


def say_missing(
    conn: "Connection",
    settings: "Settings",
    since: datetime | None = None,
    until: datetime | None = None,
) -> bool:
    """Print what is missing; whether that forbids any judgement."""
    from monitor.reporting.missing_inputs import missing_inputs

    found = missing_inputs(conn, settings.universe, settings.engine.interval, since, until)
    for item in found:
        typer.echo(f"missing: {item.what}\n   next: {as_typed(item.remedy)}", err=True)
    return any(item.vital for item in found)


def say_no_steps(conn: "Connection", settings: "Settings") -> bool:
    """Print why nothing was stepped yet; False where something was."""
    from monitor.reporting.missing_inputs import no_steps
    from monitor.store import steps

    if steps.latest_step(conn) is not None:
        return False
    found = no_steps(conn, settings.engine.interval)
    typer.echo(f"missing: {found.what}\n   next: {as_typed(found.remedy)}", err=True)
    return True


def no_step_error(
    conn: "Connection", settings: "Settings", at: datetime | None = None
) -> MonitorError:
    """For a verb that answers from steps and has none."""
    from monitor.reporting.missing_inputs import no_steps

    found = no_steps(conn, settings.engine.interval, at)
    return MonitorError(found.what, remedy=found.remedy)


def no_such_rotation(rotation_id: str) -> MonitorError:
    """For a verb that was asked for a rotation that is not stored."""
    return MonitorError(
        f"no rotation has the id {shortened(rotation_id)!r}", remedy="monitor rotations"
    )
