"""What `monitor doctor` finds at the venues: whether they answer, their clocks, our markets there and what to write for them."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitor.commands.doctor_finding import Finding
from monitor.model.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.commands.context import Context
    from monitor.ingest.exchange.venue import VenueClient
    from monitor.ingest.market_proposals import Candidate, GoneMarket, Proposals
    from monitor.ingest.validation.plausibility import Known
    from monitor.settings.schema import Settings


async def venue_findings(context: "Context", settings: "Settings") -> list[Finding]:
    """Each venue is asked for its markets and its time; all at once. Then for prices, where markets are to be proposed."""
    from monitor.ingest.exchange.clients import client_options, make_clients
    from monitor.ingest.market_proposals import Proposals, possible_markets

    universe, now = settings.universe, context.clock.now()
    clients = make_clients(
        universe,
        context.clock,
        client_options(settings),
        possible=possible_markets(universe, now),
    )
    try:
        answered = await asyncio.gather(*(_answer(client) for client in clients))
        proposals = Proposals(
            universe, clients, _newest(context, settings), settings.engine.interval, now
        )
        known = [client for client, fault in zip(clients, answered, strict=True) if fault is None]
        found = await asyncio.gather(*(_venue(client, proposals) for client in known))
    finally:
        await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)
    of_venue = dict(zip((client.venue for client in known), found, strict=True))
    return [
        finding
        for client, fault in zip(clients, answered, strict=True)
        for finding in ([fault] if fault is not None else of_venue[client.venue])
    ]


def _newest(context: "Context", settings: "Settings") -> "Mapping[str, Known]":
    """Stored bars' closes; none of a database that cannot be read, of which a finding of its own tells."""
    from monitor.ingest.bar_writer import newest_bars

    try:
        with context.database(settings) as database:
            return newest_bars(database, settings.engine.interval)
    except MonitorError:
        return {}


async def _answer(client: "VenueClient") -> Finding | None:
    """Why it cannot be used; None where its markets are known."""
    from monitor.ingest.errors import VenueUnreachable

    what = f"venue {client.venue}"
    try:
        async with asyncio.timeout(60):
            await client.prepare()
    except MonitorError as error:
        return Finding(
            what,
            str(error),
            wrong=True,
            mend=error.remedy or f"venues.{client.venue}.enabled = false, or wait",
            unreachable=isinstance(error, VenueUnreachable),
        )
    except TimeoutError:
        return Finding(
            what,
            "no answer within 60 s",
            wrong=True,
            mend="network, proxy (venues.*.base_url)",
            unreachable=True,
        )
    return None


async def _venue(client: "VenueClient", proposals: "Proposals") -> list[Finding]:
    what = f"venue {client.venue}"
    proposed = await proposals.of_venue(client.venue)
    findings = [_gone(what, gone) for gone in proposed.gone]
    findings = findings or [Finding(what, "answers; symbols are known")]
    if client.clock_warning:
        findings.append(
            Finding(f"{what} clock", client.clock_warning, wrong=True, mend="this machine's clock")
        )
    return [*findings, *_further(client.venue, proposed.further, proposed.more)]


def _gone(what: str, gone: "GoneMarket") -> Finding:
    from monitor.settings.market_line import market_line

    key = f"tokens.{gone.market.token}.markets"
    detail = "; ".join([str(gone.reason), *gone.strangers])
    lines = [] if gone.ended is None else [market_line(gone.ended)]
    mend = f"{key}, its line with an end if it is delisted" if lines else key
    if gone.instead is not None:
        symbol = gone.instead.market.symbol
        detail += f"; {symbol} is listed, {gone.instead.words}"
        mend = f"{key}, both lines if it trades as {symbol} now" if lines else key
        lines.append(market_line(gone.instead.market))
    return Finding(what, detail, wrong=True, mend=mend, lines=tuple(lines))


def _further(venue: str, further: "tuple[Candidate, ...]", more: int) -> Iterator[Finding]:
    """Hints: a configuration that leaves a market out is none the worse."""
    from monitor.settings.market_line import market_line

    what = "further market"
    for candidate in further:
        market = candidate.market
        yield Finding(
            what,
            f"{venue} lists {market.symbol}, {candidate.words}; to read it too, add to tokens.{market.token}.markets:",
            lines=(market_line(market),),
        )
    if more:
        yield Finding(what, f"{venue} lists {more} more coins of ours, which were not looked at")
