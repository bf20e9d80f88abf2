"""The clients of all venues that a universe trades on, made for one event loop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.clock import Clock
from monitor.ingest.exchange.ccxt_client import check_known, connect_all
from monitor.ingest.exchange.plan import ConnectionPlan
from monitor.ingest.exchange.venue import Connection, VenueClient
from monitor.model.errors import ConfigError
from monitor.model.universe import Market, Universe
from monitor.network import VENUE_TIMEOUT, network_faults
from monitor.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """What may be set for a venue; None leaves the venue's own value."""

    enabled: bool = True
    base_url: str | None = None
    timeout: timedelta = VENUE_TIMEOUT
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
    *,
    possible: Sequence[Market] = (),
    connect: Callable[[Sequence[ConnectionPlan]], Sequence[Connection]] | None = None,
) -> list[VenueClient]:
    """One client for each enabled venue that has markets to poll, by venue id. Nothing is asked yet.

    ``perpetuals``: what is asked beside the bars of the universe's markets. ``possible``: markets that are looked for in the
    tables that are loaded all the same. ``connect``: makes the connections; by default they
    are this process's own.

    Market tables are loaded one after another (they are large). Raises ConfigError for a venue that ccxt does not know,
    and for a proxy or certificates that cannot be used.
    """
    if faults := [f"{name} {text}" for name, text in network_faults()]:
        raise ConfigError(faults)
    markets = dict.fromkeys((*universe.markets, *perpetuals))
    plans, settles = [], []
    for venue in sorted({market.venue for market in markets if market.polled}):
        chosen = options.get(venue, ClientOptions())
        if not chosen.enabled:
            continue
        check_known(venue)
        ours = tuple(market for market in markets if market.venue == venue)
        plans.append(
            ConnectionPlan(
                venue,
                ours,
                chosen.base_url,
                chosen.timeout,
                chosen.rate_limit_ms,
                tuple(market for market in possible if market.venue == venue),
            )
        )
        settles.append(chosen.settle)
    connections = connect(plans) if connect is not None else connect_all(plans, clock)
    return [
        VenueClient(connection, clock, settle=settle)
        for connection, settle in zip(connections, settles, strict=True)
    ]
