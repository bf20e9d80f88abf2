"""The clients of all venues that a universe trades on, made for one event loop."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.clock import Clock
from monitor.ingest.exchange.ccxt_client import CcxtClient
from monitor.ingest.exchange.venue import VenueClient
from monitor.model.errors import ConfigError
from monitor.model.universe import Market, Universe
from monitor.network import network_faults
from monitor.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """What may be set for a venue; None leaves the venue's own value."""

    enabled: bool = True
    base_url: str | None = None
    timeout: timedelta = timedelta(seconds=10)
    rate_limit_ms: float | None = None
    settle: timedelta | None = None


def client_options(settings: Settings) -> dict[str, ClientOptions]:
    """Of the venues' tables."""
    return {
        venue: ClientOptions(
            enabled=table.enabled,
            base_url=table.base_url,
            timeout=table.timeout,
            rate_limit_ms=table.rate_limit_ms,
            settle=table.settle,
        )
        for venue, table in settings.venues.items()
    }


def make_clients(
    universe: Universe,
    clock: Clock,
    options: Mapping[str, ClientOptions],
    perpetuals: Sequence[Market] = (),
) -> list[VenueClient]:
    """One client for each enabled venue that has markets to poll, by venue id. Nothing is asked yet.

    ``perpetuals``: what is asked beside the bars of the universe's markets.

    Market tables are loaded one after another (they are large). Raises ConfigError for a venue that ccxt does not know,
    and for a proxy or certificates that cannot be used.
    """
    if faults := [f"{name} {text}" for name, text in network_faults()]:
        raise ConfigError(faults)
    gate = asyncio.Lock()
    clients = []
    markets = dict.fromkeys((*universe.markets, *perpetuals))
    for venue in sorted({market.venue for market in markets if market.polled}):
        chosen = options.get(venue, ClientOptions())
        if not chosen.enabled:
            continue
        connection = CcxtClient(
            venue,
            [market for market in markets if market.venue == venue],
            clock,
            base_url=chosen.base_url,
            timeout=chosen.timeout,
            rate_limit_ms=chosen.rate_limit_ms,
            load_gate=gate,
        )
        clients.append(VenueClient(connection, clock, settle=chosen.settle))
    return clients
