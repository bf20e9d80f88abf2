"""`monitor why-not`: why no rotation was flagged then."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import console, context_of, moment
from monitor.commands.inputs import no_step_error, say_missing
from monitor.model.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from monitor.detection.why_not import WhyNot
    from monitor.model.rotation import Condition
    from monitor.settings.schema import Settings

ANY = "*"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "why-not", epilog="Example:  monitor why-not ai-agents memes --at 2025-01-18T12:00:00Z"
    )(why_not)


def why_not(
    ctx: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="Sector that would have lost; '*': any.")
    ],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="Sector that would have gained; '*': any.")
    ],
    at: Annotated[
        str | None, typer.Option(help="Time, or a length before now [default: the last step].")
    ] = None,
) -> None:
    """Why no rotation was flagged then: what lacked, what had not lasted, what stood in the way."""
    context = context_of(ctx)
    settings = context.settings()
    watched = [sector.id for sector in settings.universe.watched]
    for sector in (source, target):
        if sector not in (ANY, *watched):
            raise typer.BadParameter(
                f"found {sector!r}, expected one of {', '.join(watched)}, or '*'"
            )
    then = moment(at, context.clock.now()) if at else None
    pairs = [
        (a, b)
        for a in watched
        for b in watched
        if a != b and source in (ANY, a) and target in (ANY, b)
    ]
    if not pairs:
        raise typer.BadParameter(f"found {source!r} on both sides, expected two sectors")
    with context.database(settings) as database, database.read() as conn:
        found = _judged(conn, settings, pairs, then)
    names = {sector.id: sector.name for sector in settings.universe.sectors}
    ranked = sorted(
        found, key=lambda w: (len(w.lacking), -(w.reading.score or 0.0), w.reading.from_sector)
    )
    for verdict in ranked:
        _print(verdict, names)


def _judged(
    conn: "Connection",
    settings: "Settings",
    pairs: "Sequence[tuple[str, str]]",
    then: datetime | None,
) -> "list[WhyNot]":
    from monitor.detection.why_not import why_not as judged
    from monitor.store import rotations, steps

    width = settings.engine.interval
    step = steps.latest_step(conn) if then is None else steps.step_at(conn, then)
    if step is None:
        raise no_step_error(conn, settings, then)
    close = step.close_time
    just_after = close + timedelta(microseconds=1)
    longest = timedelta(minutes=settings.detection.persist_min) + 3 * width
    changes = rotations.list_changes(
        conn, since=close - timedelta(hours=settings.detection.max_age_h + 24), until=just_after
    )
    found = []
    for a, b in pairs:
        readings = steps.readings(
            conn, from_sector=a, to_sector=b, since=close - longest, until=just_after
        )
        if readings:
            found.append(judged(readings, changes, settings.detection, width))
    if not found or not any(c.value is not None for w in found for c in w.reading.conditions):
        say_missing(conn, settings, None, close)
    if not found:
        words = " or ".join(f"{a} to {b}" for a, b in pairs)
        raise MonitorError(
            f"nothing is stored of {words} then",
            remedy="detection.pairs (not watched), schedule.retention.readings (pruned), or what is missing above",
        )
    return found


def _print(verdict: "WhyNot", names: "Mapping[str, str]") -> None:
    from monitor.content.alert import name_of

    out = console()
    reading = verdict.reading
    pair = (name_of(reading.from_sector, names), name_of(reading.to_sector, names))
    met = len(reading.conditions) - len(verdict.lacking)
    out.print(
        f"{pair[0]} → {pair[1]} at {reading.at:%Y-%m-%d %H:%M} UTC, best window {reading.window_h} h:"
        f" {met} of {len(reading.conditions)} conditions met",
        markup=False,
    )
    for line in condition_lines(reading.conditions, reading.window_h, pair):
        out.print(line, markup=False)
    for line in _reasons(verdict):
        out.print(line, markup=False)


def _reasons(w: "WhyNot") -> "list[str]":
    """What stood in the way beside the conditions."""
    from monitor.content.wording.figures import stamp
    from monitor.model.grid import format_duration as span

    if w.on is not None:
        since = w.on.confirmed_at or w.on.detected_at
        word = "confirmed" if w.on.confirmed_at else "open"
        return [f"not flagged anew: already on as {w.on.id} ({word} since {stamp(since)})"]
    told = []
    if not w.lacking and w.lasted < w.needs:
        told.append(f"lasting: all of it for {span(w.lasted)}, needs {span(w.needs)} to open")
    if w.lasted_confirming < w.needs_confirming:
        told.append(
            f"to confirm: score {w.confirms_at:.1f} or more for {span(w.needs_confirming)};"
            f" so far {span(w.lasted_confirming)} (more while a sector has under 14 days of history)"
        )
    if w.cooling_until is not None:
        told.append(
            f"cooldown: the pair was confirmed lately and opens anew from {stamp(w.cooling_until)}"
        )
    return told


def condition_lines(
    conditions: "Sequence[Condition]", window_h: int, pair: tuple[str, str]
) -> "list[str]":
    """Each condition in words and units, its bound, and whether it was met."""
    from monitor.content.wording.phrases import condition_words

    return [
        f"  {'met    ' if condition.met else 'not met'}  {condition_words(condition, window_h, pair)}"
        for condition in conditions
    ]
