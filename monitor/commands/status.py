"""`monitor status`: what the daemon knows, with gaps in words."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.commands.context import DEGRADED, console, context_of, print_json
from monitor.commands.sectors import age_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.model.bars import VenueHealth
    from monitor.model.state import MarketStep
    from monitor.settings.schema import Settings
    from monitor.store.database import Database
    from monitor.store.outbox import OutboxStats
    from monitor.store.process_lock import Process
    from monitor.store.size import Size


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says of the daemon's work."""

    at: datetime
    database: str
    schema: str | None
    last_good_poll: str | None
    last_step: "MarketStep | None"
    venues: "tuple[VenueHealth, ...]"
    last_bars: "Mapping[str, datetime]"
    outbox: "OutboxStats"
    refused: tuple[tuple[Any, ...], ...]
    rss_mb: float | None
    size: "Size"
    processes: "tuple[tuple[str, Process], ...]"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("status", epilog="Example:  monitor status --json")(status)


def status(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Machine output.")] = False,
) -> None:
    """What the daemon knows: venues, tokens, the outbox, each in words. Exit 3 when something is amiss."""
    context = context_of(ctx)
    settings = context.settings()
    with context.database(settings) as database:
        known = what_is_known(database, settings, context.clock.now())
    if as_json:
        print_json(status_json(known, settings))
    else:
        _print_words(known, settings)
    if any(v.state not in ("up", "disabled") for v in known.venues) or known.outbox.failed:
        raise typer.Exit(DEGRADED)


def what_is_known(database: "Database", settings: "Settings", now: datetime) -> Known:
    """Read it, in one snapshot."""
    from monitor.store import bars, meta, migrations, outbox, quarantine, steps, venue_health
    from monitor.store.process_lock import running
    from monitor.store.size import read_size
    from monitor.web.readiness import LAST_GOOD_POLL

    revision = migrations.current_revision(database)
    with database.read() as conn:
        rss = meta.get(conn, "rss_mb")
        return Known(
            at=now,
            database=database.url_masked,
            schema=revision,
            last_good_poll=meta.get(conn, LAST_GOOD_POLL),
            last_step=steps.latest_step(conn),
            venues=tuple(venue_health.read_health(conn)),
            last_bars=bars.last_bar_times(conn, settings.engine.interval),
            outbox=outbox.pending_stats(conn, now),
            refused=tuple(tuple(row) for row in quarantine.counts(conn)),
            rss_mb=float(rss) if rss else None,
            size=read_size(database, conn, now),
            processes=running(database),
        )


def status_json(known: Known, settings: "Settings") -> dict[str, Any]:
    """The stable object of `status --json`."""
    from monitor.model.grid import iso

    return {
        "at": iso(known.at),
        "database": known.database,
        "schema": known.schema,
        "last_good_poll": known.last_good_poll,
        "last_step": iso(known.last_step.close_time) if known.last_step else None,
        "venues": [
            {
                "id": venue.venue,
                "state": venue.state.value,
                "last_success": iso(venue.last_success) if venue.last_success else None,
                "consecutive_failures": venue.consecutive_failures,
                "error": venue.error,
            }
            for venue in known.venues
        ],
        "tokens": [
            {"id": token, "sector": sector, "age_s": age, "gaps": gaps}
            for token, sector, age, gaps in token_rows(known, settings)
        ],
        "outbox": {
            "pending": known.outbox.pending,
            "failed": known.outbox.failed,
            "oldest_s": known.outbox.oldest_s,
        },
        "rss_mb": known.rss_mb,
        "size": {
            "bytes": known.size.bytes,
            "growth_a_day": known.size.growth_a_day,
            "free": known.size.free,
            "days_left": known.size.days_left,
        },
        "processes": [{"role": role, **asdict(found)} for role, found in known.processes],
    }


def token_rows(
    known: Known, settings: "Settings"
) -> list[tuple[str, str | None, float | None, list[str]]]:
    """(token, sector now, seconds since the close of its newest bar, gaps of polled markets in words), sorted by id."""
    rows = []
    width = settings.engine.interval
    for token in sorted(settings.universe.tokens, key=lambda t: t.id):
        listed = [m for m in token.markets if m.listed_at(known.at)]
        closes = {m: known.last_bars[m.id] + width for m in listed if m.id in known.last_bars}
        age = (known.at - max(closes.values())).total_seconds() if closes else None
        gaps = []
        for market in (m for m in listed if m.polled):
            if market not in closes:
                gaps.append(f"{market.id}: never seen")
            elif (late := (known.at - closes[market]).total_seconds()) > 3 * width.total_seconds():
                gaps.append(f"{market.id}: silent for {age_words(late)}")
        rows.append((token.id, settings.universe.sector_of(token.id, known.at), age, gaps))
    return rows


def _print_words(known: Known, settings: "Settings") -> None:
    out = console()

    def line(text: str) -> None:
        out.print(text, markup=False)

    line(f"database   {known.database}, schema {known.schema or 'empty'}")
    line(f"size       {size_words(known.size)}")
    for role, process in known.processes:
        line(f"{role:<10} {process.words}")
    line(f"last poll  {known.last_good_poll or 'never'}")
    if known.last_step:
        age = (known.at - known.last_step.close_time).total_seconds()
        line(f"last step  {known.last_step.close_time:%Y-%m-%d %H:%M} UTC, {age_words(age)} ago")
    else:
        line("last step  never")
    box = known.outbox
    line(
        f"outbox     {box.pending} waiting"
        + (
            f", the oldest for {age_words(box.oldest_s)}"
            if box.oldest_s is not None and box.pending
            else ""
        )
        + (f", {box.failed} refused for good" if box.failed else "")
    )
    line("")
    for venue in known.venues:
        line(venue_words(venue))
    silent = [(token, gaps) for token, _, _, gaps in token_rows(known, settings) if gaps]
    if silent:
        line("")
    for token, gaps in silent:
        line(f"{token}: " + "; ".join(gaps))
    for venue_id, market, reason, count, last_at, detail in known.refused:
        line(
            f"kept out: {count} x {reason} of {market or venue_id}, last {last_at:%Y-%m-%d %H:%M} UTC: {detail}"
        )


def size_words(size: "Size") -> str:
    """``118.0 MB, grows 4.1 MB a day; 53.0 GB free on its disk, full in 34 years``."""
    words = byte_words(size.bytes)
    if size.growth_a_day is None:
        words += ", growth not known yet (a day must pass)"
    elif size.growth_a_day > 0:
        words += f", grows {byte_words(size.growth_a_day)} a day"
    else:
        words += ", does not grow"
    if size.free is not None:
        words += f"; {byte_words(size.free)} free on its disk"
    days = size.days_left
    if days is not None:
        words += f", full in {days / 365:.0f} years" if days > 730 else f", full in {days:.0f} days"
    return words


def byte_words(count: float) -> str:
    """``4.1 MB``."""
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 1000:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} TB"


def venue_words(venue: "VenueHealth") -> str:
    """``gate: down since 03:10, 503 from the exchange, next try 09:45``."""
    if venue.state == "up":
        return f"{venue.venue}: up"
    words = f"{venue.venue}: {venue.state.value} since {venue.since:%Y-%m-%d %H:%M} UTC"
    if venue.error:
        words += f", {venue.error}"
    if venue.next_try:
        words += f", next try {venue.next_try:%H:%M} UTC"
    return words
