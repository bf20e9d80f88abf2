"""`monitor report`: the daily report of a day, as one self-contained HTML file or by mail."""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from monitor.commands.context import DEGRADED, FAILED, context_of
from monitor.commands.inputs import say_no_steps
from monitor.model.errors import MonitorError, shortened

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.commands.context import Context
    from monitor.content.report import ReportFacts
    from monitor.settings.schema import Settings
    from monitor.store.database import Database

EARLIEST = 1970


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
    out: Annotated[
        Path | None, typer.Option(help="File to write [default: report.html; none with --send].")
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Mail it to [report] recipients, once for each date.")
    ] = False,
) -> None:
    """The daily report of a day: as one HTML file that needs nothing else, or by mail. Exit 3: the day has no data."""
    context = context_of(ctx)
    settings = context.settings()
    now = context.clock.now()
    chosen = _chosen(day, now, ZoneInfo(settings.report.timezone))
    if send:
        _refuse_unsendable(settings, chosen, now)
    code = 0
    with context.database(settings) as database:
        if out is not None or not send:
            code = _to_file(database, settings, chosen, now, out or Path("report.html"))
        if send:
            code = max(code, _by_mail(context, settings, database, chosen, now))
    if code:
        raise typer.Exit(code)


def _chosen(text: str | None, now: "datetime", zone: ZoneInfo) -> date:
    """A day that has begun; raises typer.BadParameter else."""
    today = now.astimezone(zone).date()
    if text is None:
        return today - timedelta(days=1)
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"found {shortened(text)!r}, expected a date such as 2025-01-20", param_hint="--date"
        ) from None
    if found > today:
        raise typer.BadParameter(
            f"found {found}, expected a day that has begun (today is {today} in {zone.key})",
            param_hint="--date",
        )
    if found.year < EARLIEST:
        raise typer.BadParameter(
            f"found {found}, expected a day since {EARLIEST}", param_hint="--date"
        )
    return found


def _to_file(
    database: "Database", settings: "Settings", day: date, now: "datetime", out: Path
) -> int:
    from monitor.reporting.compose import day_facts

    facts = day_facts(database, settings, day, now=now)
    write_report(facts, out)
    typer.echo(f"wrote {out}")
    if facts.close is None:
        with database.read() as conn:
            say_no_steps(conn, settings)
        typer.echo(f"{day}: no data: {facts.why_empty}", err=True)
        return DEGRADED
    return 0


def write_report(facts: "ReportFacts", out: Path, *, remedy: str = "--out FILE") -> None:
    """The report with its pictures inside; raises MonitorError where it cannot be written."""
    from monitor.content.report import report_html

    html = report_html(facts)
    try:
        out.write_text(html, encoding="utf-8")
    except OSError as error:
        raise MonitorError(f"{out} cannot be written: {error.strerror}", remedy=remedy) from None


def _refuse_unsendable(settings: "Settings", day: date, now: "datetime") -> None:
    """Raises where there is nobody to send to, no server to send by, or no whole day to send."""
    from monitor.content.wording.figures import stamp
    from monitor.reporting.window import day_window

    if not settings.report.recipients:
        raise MonitorError(
            "the report has no recipients",
            remedy='set recipients = ["desk@example.com"] in [report], then monitor report --send',
        )
    if settings.smtp.host is None:
        raise MonitorError(
            "no mail server is set up", remedy="set MONITOR_SMTP__HOST, then monitor report --send"
        )
    until = day_window(day, ZoneInfo(settings.report.timezone))[1]
    if until > now:
        raise typer.BadParameter(
            f"found {day}, expected a day that is over (it ends {stamp(until)});"
            " without --send the file shows it as it stands",
            param_hint="--date",
        )


def _by_mail(
    context: "Context", settings: "Settings", database: "Database", day: date, now: "datetime"
) -> int:
    """Prints what became of it for each recipient; 0 where all have it, 3 where some, 1 where none."""
    from monitor.bootstrap import channels_of
    from monitor.commands.sending import drain, stored, what_became
    from monitor.content.wording.figures import stamp
    from monitor.delivery.registry import channels_for
    from monitor.delivery.traits import Audience
    from monitor.reporting.schedule import put_on_its_way, report_notice
    from monitor.reporting.window import due_time
    from monitor.store import reports_sent

    opened = channels_of(settings, database, context.clock)
    reports = {name: opened[name] for name in channels_for(Audience.REPORT, opened)}
    if not reports:
        raise MonitorError("no mail server is set up", remedy="set MONITOR_SMTP__HOST")
    recipients = list(dict.fromkeys(settings.report.recipients))
    due = due_time(day, settings.report.time, ZoneInfo(settings.report.timezone))
    notices = [report_notice(day, to, due, now) for to in recipients]
    _, before = put_on_its_way(database, settings, day, recipients, now)
    with database.write() as conn:
        reports_sent.try_again(conn, notices[0].dedup_key, now)
    drain(database, context.clock, reports)
    answers = {to: f"already sent on {stamp(at)}" for to, at in before.items()}
    answers |= {row.notice.recipient: what_became(row, now) for row in stored(database, notices)}
    for to in recipients:
        typer.echo(f"{to}: {answers[to]}")
    missing = sum(answers[to].startswith("not") for to in recipients)
    return 0 if not missing else FAILED if missing == len(recipients) else DEGRADED
