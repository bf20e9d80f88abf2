"""`monitor report`: a day as one self-contained HTML file."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from monitor.commands.context import context_of
from monitor.model.errors import MonitorError


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("report", epilog="Example:  monitor report --date 2025-01-20 --out report.html")(
        report
    )


def report(
    ctx: typer.Context,
    day: Annotated[
        str | None,
        typer.Option("--date", help="Day in the report's time zone [default: yesterday]."),
    ] = None,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("report.html"),
) -> None:
    """Rotations, charts, sectors and members of a day, as one HTML file that needs nothing else."""
    from monitor.content.range_report import range_report
    from monitor.reporting import gather_range

    context = context_of(ctx)
    settings = context.settings()
    zone = ZoneInfo(settings.report.timezone)
    now = context.clock.now()
    chosen = _day(day) if day else now.astimezone(zone).date() - timedelta(days=1)
    since = datetime.combine(chosen, time(), tzinfo=zone).astimezone(UTC)
    until = datetime.combine(chosen + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
    if since > now:
        raise typer.BadParameter(
            f"found {chosen}, expected a day that has begun", param_hint="--date"
        )
    with context.database(settings) as database:
        facts = gather_range(
            database,
            settings.universe,
            since=since,
            until=until,
            title=f"Sectors on {chosen:%d %B %Y} ({zone.key})",
            data=f"Bars of {settings.engine.interval} from {', '.join(sorted(settings.venues))};"
            f" configuration {settings.digest()}.",
        )
    if not facts.series:
        facts_text = "no interval of this day has been stepped"
        typer.echo(f"{chosen}: {facts_text}", err=True)
    try:
        out.write_text(range_report(facts), encoding="utf-8")
    except OSError as error:
        raise MonitorError(
            f"{out} cannot be written: {error.strerror}", remedy="--out FILE"
        ) from None
    typer.echo(f"wrote {out}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"found {text!r}, expected a date such as 2025-01-20", param_hint="--date"
        ) from None
