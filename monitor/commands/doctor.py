"""`monitor doctor`: what is wrong, and what mends it."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from monitor.commands.context import DEGRADED, context_of
from monitor.commands.doctor_finding import Finding
from monitor.model.errors import MonitorError

if TYPE_CHECKING:
    from monitor.commands.context import Context
    from monitor.delivery.mail.smtp import MailServer
    from monitor.settings.schema import Settings


LITTLE_ROOM = 1_000_000_000
"""Bytes free under which a disk is said to be short."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor", epilog="Example:  monitor doctor")(doctor)


def doctor(ctx: typer.Context) -> None:
    """Config, database, supplies, venues, channels: one line each, ok or what mends it. Exit 3 if something is wrong."""
    context = context_of(ctx)
    settings = context.settings()
    wrong = False
    width = min(shutil.get_terminal_size().columns, 120)
    for finding in _findings(context, settings):
        typer.echo(finding.words(width))
        wrong = wrong or finding.wrong
    if wrong:
        raise typer.Exit(DEGRADED)


def _findings(context: "Context", settings: "Settings") -> Iterator[Finding]:
    universe = settings.universe
    yield Finding(
        "configuration",
        f"{settings.file}: {len(universe.tokens)} tokens, {len(universe.markets)} markets",
    )
    from monitor.bootstrap import config_faults
    from monitor.commands.doctor_venues import venue_findings
    from monitor.ingest.venues.registry import untested

    for warning in [*settings.warnings, *untested(universe)]:
        yield Finding("configuration", warning)
    for fault in config_faults(settings):
        yield Finding(fault.subject, fault.text, wrong=True, mend=fault.mend)
    yield from _database(context, settings)
    network = list(_network(os.environ))
    yield from network
    yield from _supplies(context, settings)
    if any(finding.wrong for finding in network):
        yield Finding("venues", "not asked until proxy and certificates can be used", wrong=True)
    else:
        yield from _once_where_there_is_no_network(asyncio.run(venue_findings(context, settings)))
    yield from _file_venues(settings)
    yield from _channels(settings)


def _database(context: "Context", settings: "Settings") -> Iterator[Finding]:
    """Whether it answers, can be read while it is written, and has room."""
    from monitor.commands.status import size_words
    from monitor.store.database import lacks_wal
    from monitor.store.size import read_size

    try:
        with context.database(settings) as database:
            yield Finding("database", database.url_masked)
            if lacks_wal(database):
                yield Finding(
                    "database",
                    "WAL is not available here (a network mount?): a reader makes the daemon wait, and it gives up"
                    " after 30 s",
                    wrong=True,
                    mend="database.url: a file on a local disk, or PostgreSQL",
                )
            with database.read() as conn:
                size = read_size(database, conn, context.clock.now())
            short = size.free is not None and (
                size.free < LITTLE_ROOM or (size.days_left is not None and size.days_left < 30)
            )
            mend = "schedule.retention, monitor db prune, or a larger disk" if short else None
            yield Finding("room", size_words(size), wrong=short, mend=mend)
    except MonitorError as error:
        yield Finding("database", str(error), wrong=True, mend=error.remedy)


def _network(environ: Mapping[str, str]) -> Iterator[Finding]:
    """What goes another way than straight out, and whom it trusts."""
    from monitor.network import network_faults

    faults = list(network_faults())
    for name, text in faults:
        what = "proxy" if name.endswith("_PROXY") else "certificates"
        mend = (
            f"{name}: http://host:port"
            if what == "proxy"
            else f"{name}: a readable file of PEM certificates"
        )
        yield Finding(what, f"{name} {text}", wrong=True, mend=mend)
    wrong = {name for name, _ in faults}
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        if environ.get(name) and name.upper() not in wrong:
            host = urlsplit(environ[name]).hostname or environ[name].partition(":")[0]
            spared = environ.get("NO_PROXY") or environ.get("no_proxy") or "nothing"
            yield Finding("proxy", f"{name} leads over {host}; NO_PROXY spares {spared}")
            break
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if environ.get(name) and name not in wrong:
            yield Finding("certificates", f"{name} names {environ[name]}")


def _once_where_there_is_no_network(found: Sequence[Finding]) -> Iterator[Finding]:
    """A machine without a network has one fault, not one a venue."""
    asked = {f.what for f in found if f.what.startswith("venue ")}
    deaf = {f.what for f in found if f.unreachable}
    if len(asked) > 1 and deaf == asked:
        yield Finding(
            "network",
            f"none of {len(asked)} venues can be reached from here",
            wrong=True,
            mend="network, DNS, firewall, or HTTPS_PROXY",
        )
        return
    yield from found


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


def _file_venues(settings: "Settings") -> Iterator[Finding]:
    """Venues that are never asked."""
    for venue in sorted({m.venue for m in settings.universe.markets if not m.polled}):
        yield Finding(f"venue {venue}", "known from files only (monitor import)")


def _channels(settings: "Settings") -> Iterator[Finding]:
    from monitor.bootstrap import ways_of
    from monitor.delivery.mail.setup import mail_server

    found = [way.channel for way in ways_of(settings)]
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
    yield from _slack(settings)
    server = mail_server(settings)
    if server is not None:
        yield asyncio.run(_mail(server))


def _slack(settings: "Settings") -> Iterator[Finding]:
    """The token is asked who it is; of a webhook only the form can be looked at without posting."""
    from monitor.delivery.slack.setup import looks_like_webhook, who_am_i

    slack = settings.alerts.slack
    for name in ("webhook", "operator_webhook"):
        held = getattr(slack, name)
        if held is not None and not looks_like_webhook(held.get_secret_value()):
            yield Finding(
                f"slack {name}",
                "is not of the form https://hooks.slack.com/services/T.../B.../...: right only for a server of your own",
            )
    if slack.bot_token is not None:
        yield asyncio.run(_token(who_am_i(settings)))


async def _token(asked: Awaitable[str]) -> Finding:
    from monitor.delivery.errors import DeliveryFailed

    try:
        return Finding("slack token", await asked)
    except DeliveryFailed as error:
        mend = "MONITOR_ALERTS__SLACK__BOT_TOKEN"
        return Finding("slack token", str(error), wrong=True, mend=mend)


async def _mail(server: "MailServer") -> Finding:
    """As far as the login; no mail is sent."""
    from monitor.delivery.errors import DeliveryFailed
    from monitor.delivery.mail.smtp import probe

    mends = {
        "credentials": "smtp.user, MONITOR_SMTP__PASSWORD",
        "configuration": "smtp.user, smtp.security",
        "tls": "smtp.security, smtp.port, smtp.host",
        "timeout": 'smtp.host, smtp.port, or smtp.security = "tls": a port that speaks TLS from the first byte greets nobody',
    }
    try:
        return Finding("mail server", await probe(server))
    except DeliveryFailed as error:
        mend = mends.get(error.kind, "smtp.host, smtp.port")
        return Finding("mail server", str(error), wrong=True, mend=mend)
