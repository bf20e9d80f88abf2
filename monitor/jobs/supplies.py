"""Reads supplies from every source that is switched on, and tells the operator which figure is not believed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

import structlog

from monitor.alerting.operator_notice import operator_notice
from monitor.alerting.operators import Operators
from monitor.clock import Clock
from monitor.content.wording.figures import units
from monitor.ingest.chain_supplies import ChainSupplies, chains_of
from monitor.ingest.coingecko import CoinGecko
from monitor.ingest.coinpaprika import CoinPaprika
from monitor.ingest.errors import VenueError
from monitor.ingest.reference_prices import ReferencePrices
from monitor.ingest.supplies_job import Disbelieved, SuppliesStored, read_supplies_into
from monitor.ingest.supply_reading import SupplySource
from monitor.jobs.job import Work
from monitor.settings.schema import Settings
from monitor.settings.tables import ChainName
from monitor.store import outbox
from monitor.store.database import Database

log = structlog.get_logger(__name__)

TOLD_ONCE_IN = timedelta(days=7)
"""A figure that is not believed comes again with every reading."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A source in its turn. ``witness``: its figures bear out the main one's and are never in force themselves."""

    source: SupplySource
    witness: bool = False


def supply_sources(settings: Settings, clock: Clock) -> list[Asked]:
    """Those switched on, in the order in which they are asked: chains and witnesses before the main source."""
    on = {name: table for name, table in settings.sources.items() if table.enabled}
    nodes = {chain: on[chain].base_url for chain in get_args(ChainName) if chain in on}
    found = [Asked(ChainSupplies(chains_of(nodes, clock), clock))] if nodes else []
    if "coinpaprika" in on:
        paprika = CoinPaprika(clock, base_url=on["coinpaprika"].base_url)
        found.append(Asked(paprika, witness="coingecko" in on))
    if "coingecko" in on:
        table = on["coingecko"]
        key = table.api_key.get_secret_value() if table.api_key else None
        found.append(Asked(CoinGecko(clock, plan=table.plan, key=key, base_url=table.base_url)))
    return found


def supplies_read(
    sources: Sequence[Asked],
    database: Database,
    settings: Settings,
    clock: Clock,
    references: ReferencePrices,
    operators: Operators,
    *,
    wake: Callable[[], None],
) -> Work:
    """Each source in its turn, one that fails stops no other; their prices of a coin tell coins apart."""

    def tell(waiting: Sequence[Disbelieved]) -> None:
        now = clock.now()
        notices = [
            operator_notice("supplies", _words(one), now, once_in=TOLD_ONCE_IN) for one in waiting
        ]
        with database.write() as conn:
            outbox.enqueue(conn, [told for n in notices for told in operators.told(n)])

    async def read(asked: Asked) -> SuppliesStored | None:
        name = asked.source.name
        try:
            stored = await read_supplies_into(
                asked.source, database, settings.universe, clock, witness=asked.witness
            )
        except VenueError as error:
            log.warning("supplies not read", source=name, error=str(error))
            return None
        counts = {"new": stored.saved.new, "waiting": len(stored.refused)}
        log.info("supplies read", source=name, **counts, disbelieved=len(stored.disbelieved))
        for left_out in stored.reading.unknown_ids:
            log.warning("supply unknown", source=name, id=left_out)
        if stored.disbelieved:
            await asyncio.to_thread(tell, stored.disbelieved)
            wake()
        return stored

    async def work() -> None:
        prices: dict[str, float] = {}
        for asked in sources:
            stored = await read(asked)
            prices |= stored.reading.prices if stored is not None else {}
        if prices:
            references.note(prices)

    return work


def _words(one: Disbelieved) -> str:
    """The figure, what counts instead, and what would change that."""
    row = one.row
    return (
        f"{row.source} says that {units(row.units)} {row.token} circulate; {units(one.in_force.units)}"
        f" ({one.in_force.source}) go on counting. The new figure waits for a second source, or for a dated one in"
        f" tokens.{row.token}.supplies."
    )
