"""`monitor status`: what the daemon knows, with gaps in words."""

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.context import DEGRADED, console, context_of, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.api.status import Known
    from monitor.model.bars import VenueHealth
    from monitor.settings.schema import Settings
    from monitor.store.size import Size
    from monitor.store.trade_sums import TradeGaps


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("status", epilog="Example:  monitor status --json")(status)


def status(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Machine output.")] = False,
) -> None:
    """What the daemon knows: venues, tokens, the outbox, each in words. Exit 3 when something is amiss."""
    from monitor.api.status import status_json, what_is_known

    context = context_of(ctx)
    settings = context.settings()
    with context.database(settings) as database:
        known = what_is_known(database, settings.engine.interval, context.clock.now())
    if as_json:
        print_json(status_json(known, settings.universe, settings.engine.interval))
    else:
        _print_words(known, settings)
    if any(v.state not in ("up", "disabled") for v in known.venues) or known.outbox.failed:
        raise typer.Exit(DEGRADED)


def _print_words(known: "Known", settings: "Settings") -> None:
    from monitor.content.wording.figures import age_words
    from monitor.model.rates import assumed_rates, silent_rates

    out = console()

    def line(text: str) -> None:
        out.print(text, markup=False)

    line(f"database   {known.database}, schema {known.schema or 'empty'}")
    line(f"size       {size_words(known.size)}")
    for role, process, venues in known.processes:
        asked = "" if venues is None else f", asks {', '.join(venues) or 'no venue'}"
        line(f"{role:<10} {process.words}{asked}")
    line(f"last poll  {known.last_good_poll or 'never'}")
    for words in step_words(known):
        line(words)
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
    assumed = assumed_rates(settings.universe)
    if assumed:
        line(f"rates      {', '.join(assumed)} counted as 1 dollar: no market watches the rate")
    silent = silent_rates(settings.universe, known.heard)
    if silent:
        line(f"rates      {', '.join(silent)} counted as 1 dollar: no price of it for 24 h")
    line("")
    for venue in known.venues:
        line(venue_words(venue))
    _print_gaps(known, settings, line)


def _print_gaps(known: "Known", settings: "Settings", line: "Callable[[str], None]") -> None:
    """What was not seen, and what was not believed."""
    from monitor.api.status import rows_of

    rows = rows_of(known, settings.universe, settings.engine.interval)
    unheard = [row.token for row in rows if row.is_never_seen]
    with_gaps = [(row.token, row.gaps) for row in rows if row.gaps and not row.is_never_seen]
    if known.venues and (unheard or with_gaps):
        line("")
    if unheard:
        line(f"never seen on any market: {', '.join(unheard)}")
    for token, gaps in with_gaps:
        line(f"{token}: " + "; ".join(gaps))
    for unseen in known.trade_gaps:
        line(trade_gap_words(unseen))
    for venue_id, market, reason, count, last_at, detail in known.refused:
        line(
            f"kept out: {count} x {reason} of {market or venue_id}, last {last_at:%Y-%m-%d %H:%M} UTC: {detail}"
        )


def step_words(known: "Known") -> list[str]:
    """The last step and its age; while a long catch-up is on, how far it is."""
    from monitor.content.wording.catching_up import catching_up
    from monitor.content.wording.figures import age_words

    words = ["last step  never"]
    if known.last_step:
        age = (known.at - known.last_step.close_time).total_seconds()
        close = f"{known.last_step.close_time:%Y-%m-%d %H:%M} UTC"
        words = [f"last step  {close}, {age_words(age)} ago"]
    if known.behind is not None and known.reached is not None:
        told = catching_up(known.behind.percent(known.reached), known.reached, known.behind.until)
        words.append(f"           {told}" + ("" if known.processes else "; no daemon runs now"))
    return words


def trade_gap_words(gaps: "TradeGaps") -> str:
    """``gate:ARC/USDT: trades fell out between two answers in 3 bars of the last 24 h, 4 min of them``."""
    from monitor.content.wording.figures import age_words

    in_bars = "1 bar" if gaps.bars == 1 else f"{gaps.bars} bars"
    return (
        f"{gaps.market_id}: trades fell out between two answers in {in_bars} of the last 24 h,"
        f" {age_words(gaps.seconds)} of {'it' if gaps.bars == 1 else 'them'}"
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
    """``gate: down since 2025-01-20 03:10 UTC, answers HTTP 503 Service Unavailable, next try 09:45 UTC``."""
    if venue.state == "up":
        return f"{venue.venue}: up"
    words = f"{venue.venue}: {venue.state.value} since {venue.since:%Y-%m-%d %H:%M} UTC"
    if venue.error:
        words += f", {venue.error.removeprefix(f'{venue.venue}: ')}"
    if venue.next_try:
        words += f", next try {venue.next_try:%H:%M} UTC"
    return words
