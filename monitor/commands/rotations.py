"""`monitor rotations`: what was flagged."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import console, context_of, is_narrow, moment, print_json
from monitor.commands.inputs import say_missing, say_no_steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from monitor.model.rotation import Rotation


class StatusChoice(StrEnum):
    """The states of a rotation that may be asked for."""

    open = "open"
    confirmed = "confirmed"
    faded = "faded"
    reversed = "reversed"
    expired = "expired"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("rotations", epilog="Example:  monitor rotations --since 7d --status confirmed")(
        rotations
    )


def rotations(
    ctx: typer.Context,
    since: Annotated[
        str | None, typer.Option(help="Detected at or after: time, date, or a length before now.")
    ] = None,
    status: Annotated[StatusChoice | None, typer.Option(help="Only those in this state.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Rotations that were flagged, in order of detection, each with its state as of now."""
    from monitor.model.rotation import Status
    from monitor.model.rotation_json import rotation_to_json
    from monitor.store import rotations as stored

    context = context_of(ctx)
    settings = context.settings()
    start = moment(since, context.clock.now()) if since else None
    with context.database(settings) as database, database.read() as conn:
        found = stored.list_rotations(
            conn, since=start, status=Status(status.value) if status else None
        )
        if not found and not say_no_steps(conn, settings):
            say_missing(conn, settings, start)
    if as_json:
        for rotation in found:
            print_json(rotation_to_json(rotation))
        return
    names = {sector.id: sector.name for sector in settings.universe.sectors}
    out = console()
    if not found:
        out.print(
            "No rotation"
            + (f" since {start:%Y-%m-%d %H:%M} UTC" if start else " has been flagged yet")
            + "."
        )
        return
    out.print(rotation_table(found, names, narrow=is_narrow(out)))


def rotation_table(
    found: "Sequence[Rotation]", names: "Mapping[str, str]", *, narrow: bool = False
) -> "Table":
    """A row a rotation; fits 100 columns; ``narrow``: 80, without severity and the delay to confirmation."""
    from rich.table import Table

    from monitor.content.wording.figures import percent, pp
    from monitor.content.wording.phrases import pair_words, score_words

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    columns = ("id", "rotation", "state", "severity", "detected (UTC)", "confirmed", "own", "score", "+24 h")  # fmt: skip
    spared = {"severity", "confirmed"} if narrow else set()
    for name in columns:
        if name in spared:
            continue
        if name == "rotation":
            table.add_column(name, min_width=15, overflow="fold")
        else:
            right = name in ("confirmed", "own", "score", "+24 h")
            table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for rotation in found:
        outcome = rotation.outcomes.get("24h")
        cells = (
            rotation.id,
            pair_words(rotation.pair, names),
            rotation.status.value,
            rotation.severity.value,
            f"{rotation.detected_at:%Y-%m-%d %H:%M}",
            _after(rotation),
            pp(rotation.evidence.told_side.own_return),
            score_words(rotation),
            percent(outcome.relative_return) if outcome else "-",
        )
        table.add_row(*(c for name, c in zip(columns, cells, strict=True) if name not in spared))
    return table


def _after(rotation: "Rotation") -> str:
    """How long after detection it was confirmed: ``+5 h``."""
    if rotation.confirmed_at is None:
        return "-"
    hours = (rotation.confirmed_at - rotation.detected_at).total_seconds() / 3600
    return f"+{hours:.0f} h" if hours >= 1 else f"+{60 * hours:.0f} min"
