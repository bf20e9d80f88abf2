"""`monitor doctor`: what is wrong, and what mends it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from monitor.commands.context import DEGRADED, context_of
from monitor.model.errors import MonitorError

if TYPE_CHECKING:
    from monitor.commands.context import Context
    from monitor.delivery.mail.smtp import MailServer
    from monitor.ingest.exchange.venue import VenueClient
    from monitor.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """``wrong`` None: ok. ``mend``: the command or key that mends it."""

    what: str
    detail: str
    wrong: bool = False
    mend: str | None = None

    @property
    def words(self) -> str:
        """One line."""
        state = "WRONG" if self.wrong else "ok"
        return f"{self.what:<22} {state:<6} {self.detail}" + (
            f"; mend: {self.mend}" if self.mend else ""
        )


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor", epilog="Example:  monitor doctor")(doctor)


def doctor(ctx: typer.Context) -> None:
    """Config, database, supplies, venues, channels: one line each, ok or what mends it. Exit 3 if something is wrong."""
    context = context_of(ctx)
    settings = context.settings()
    wrong = False
    for finding in _findings(context, settings):
        typer.echo(finding.words)
        wrong = wrong or finding.wrong
    if wrong:
        raise typer.Exit(DEGRADED)


def _findings(context: "Context", settings: "Settings") -> Iterator[Finding]:
    universe = settings.universe
    yield Finding(
        "configuration",
        f"{settings.file}: {len(universe.tokens)} tokens, {len(universe.markets)} markets",
    )
    from monitor.ingest.venues.registry import untested

    for warning in [*settings.warnings, *untested(universe)]:
        yield Finding("configuration", warning)
    yield _database(context, settings)
    yield from _supplies(context, settings)
    yield from asyncio.run(_venues(context, settings))
    yield from _file_venues(settings)
    yield from _channels(settings)


def _database(context: "Context", settings: "Settings") -> Finding:
    try:
        with context.database(settings) as database:
            return Finding("database", database.url_masked)
    except MonitorError as error:
        return Finding("database", str(error), wrong=True, mend=error.remedy)


def _supplies(context: "Context", settings: "Settings") -> Iterator[Finding]:
    """Members without a supply today, and figures that are old."""
    now = context.clock.now()
    dated = {supply.token: supply for supply in settings.supplies if supply.valid_from <= now}
    members = [t.id for t in settings.universe.tokens if settings.universe.sector_of(t.id, now)]
    missing = [token for token in members if token not in dated]
    old = [
        token for token in members if token in dated and (now - dated[token].valid_from).days > 400
    ]
    if missing:
        mend = "tokens.*.supplies, or sources.coingecko"
        yield Finding("supplies", f"none for {', '.join(missing)}", wrong=True, mend=mend)
    else:
        yield Finding("supplies", f"{len(members)} members have a dated supply")
    if old:
        yield Finding(
            "supplies", f"over 400 days old: {', '.join(old)}; look whether they still hold"
        )


async def _venues(context: "Context", settings: "Settings") -> list[Finding]:
    """Each venue is asked for its markets and its time; all at once."""
    from monitor.bootstrap import client_options
    from monitor.ingest.exchange.clients import make_clients

    clients = make_clients(settings.universe, context.clock, client_options(settings))
    try:
        found = await asyncio.gather(*(_venue(client) for client in clients))
    finally:
        await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)
    return [finding for findings in found for finding in findings]


def _file_venues(settings: "Settings") -> Iterator[Finding]:
    """Venues that are never asked."""
    for venue in sorted({m.venue for m in settings.universe.markets if not m.polled}):
        yield Finding(f"venue {venue}", "known from files only (monitor import)")


async def _venue(client: "VenueClient") -> list[Finding]:
    what = f"venue {client.venue}"
    try:
        async with asyncio.timeout(60):
            await client.prepare()
    except MonitorError as error:
        return [
            Finding(
                what, str(error), wrong=True, mend=f"venues.{client.venue}.enabled = false, or wait"
            )
        ]
    except TimeoutError:
        return [
            Finding(
                what, "no answer within 60 s", wrong=True, mend="network, proxy (venues.*.base_url)"
            )
        ]
    findings = [Finding(what, "answers; symbols are known")]
    if client.gone:
        findings = [
            Finding(what, f"{symbol}: {gone}", wrong=True, mend="tokens.*.markets")
            for symbol, gone in client.gone.items()
        ]
    if client.clock_warning:
        findings.append(
            Finding(f"{what} clock", client.clock_warning, wrong=True, mend="this machine's clock")
        )
    return findings


def _channels(settings: "Settings") -> Iterator[Finding]:
    from monitor.bootstrap import ways_of
    from monitor.delivery.mail.setup import mail_server
    from monitor.delivery.registry import channel_faults

    found = [way.channel for way in ways_of(settings)]
    for fault in channel_faults(settings):
        yield Finding("channels", fault, wrong=True, mend="see the README, Signed webhook")
    if not found:
        mend = "MONITOR_ALERTS__SLACK__WEBHOOK"
        yield Finding(
            "channels",
            "none is set up: rotations are stored, nobody is told",
            wrong=True,
            mend=mend,
        )
    for channel in found:
        yield Finding(f"channel {channel}", "set up; try it with: monitor notify test")
    server = mail_server(settings)
    if server is not None:
        yield asyncio.run(_mail(server))


async def _mail(server: "MailServer") -> Finding:
    """As far as the login; no mail is sent."""
    from monitor.delivery.errors import DeliveryFailed
    from monitor.delivery.mail.smtp import probe

    mends = {
        "credentials": "smtp.user, MONITOR_SMTP__PASSWORD",
        "configuration": "smtp.user, smtp.security",
        "tls": "smtp.security, smtp.port, smtp.host",
    }
    try:
        return Finding("mail server", await probe(server))
    except DeliveryFailed as error:
        mend = mends.get(error.kind, "smtp.host, smtp.port")
        return Finding("mail server", str(error), wrong=True, mend=mend)
