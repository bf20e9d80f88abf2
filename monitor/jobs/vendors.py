"""Reads vendors' figures from every source that is switched on, and tells the operator which figure is not believed."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from monitor.alerting.operator_notice import operator_notice
from monitor.alerting.operators import Operators
from monitor.clock import Clock
from monitor.ingest.coingecko_categories import CoinGeckoCategories
from monitor.ingest.defillama import DefiLlama, Protocol
from monitor.ingest.dune import Dune, DuneQuery
from monitor.ingest.errors import VenueError
from monitor.ingest.sosovalue import SoSoValue
from monitor.ingest.vendor_job import VendorStored, read_vendor_into
from monitor.ingest.vendor_source import VendorSource
from monitor.jobs.job import Work
from monitor.jobs.supplies import TOLD_ONCE_IN
from monitor.model.vendor_reading import VendorFigure
from monitor.settings.schema import Settings
from monitor.settings.tables import SourceTable
from monitor.store import outbox
from monitor.store.database import Database

log = structlog.get_logger(__name__)


def activity_sources(settings: Settings, clock: Clock) -> list[VendorSource]:
    """Of the daily activity of tokens' protocols."""
    on = _switched_on(settings)
    tokens = settings.tables.tokens
    found: list[VendorSource] = []
    if "defillama" in on:
        protocols = {
            token: Protocol(table.defillama, table.fee_rate)
            for token, table in tokens.items()
            if table.defillama is not None
        }
        found.append(DefiLlama(clock, protocols, base_url=on["defillama"].base_url))
    table = on.get("dune")
    key = _key(table) if table is not None else None
    if table is not None and key is not None:
        queries = [
            DuneQuery(token, q.query, VendorFigure(f"daily_{q.figure}"), q.day, q.value)
            for token, table in sorted(tokens.items())
            for q in table.dune
        ]
        found.append(Dune(clock, queries, key=key, base_url=table.base_url))
    return found


def reference_sources(settings: Settings, clock: Clock) -> list[VendorSource]:
    """Of sectors as others have them."""
    on = _switched_on(settings)
    sectors = settings.tables.sectors
    found: list[VendorSource] = []
    categories = {s.id: s.coingecko for s in sectors if s.coingecko is not None}
    if "coingecko" in on and categories:
        table = on["coingecko"]
        found.append(
            CoinGeckoCategories(
                clock, categories, plan=table.plan, key=_key(table), base_url=table.base_url
            )
        )
    soso = on.get("sosovalue")
    key = _key(soso) if soso is not None else None
    if soso is not None and key is not None and soso.changes is not None:
        names = {s.id: s.sosovalue for s in sectors if s.sosovalue is not None}
        found.append(SoSoValue(clock, names, key=key, changes=soso.changes, base_url=soso.base_url))
    return found


def vendors_read(
    sources: Sequence[VendorSource],
    database: Database,
    clock: Clock,
    operators: Operators,
    *,
    wake: Callable[[], None],
) -> Work:
    """Each source in its turn; one that fails stops no other, and nothing but what is shown beside ours."""

    def tell(stored: VendorStored) -> None:
        now = clock.now()
        notices = [
            operator_notice(
                "vendor-figures", _words(refusal.venue, refusal.detail), now, once_in=TOLD_ONCE_IN
            )
            for refusal in stored.refused[:3]
        ]
        with database.write() as conn:
            outbox.enqueue(conn, [told for n in notices for told in operators.told(n)])

    async def read(source: VendorSource) -> None:
        try:
            stored = await read_vendor_into(source, database, clock)
        except VenueError as error:
            log.warning("figures not read", source=source.name, error=str(error))
            return
        saved = stored.saved
        counts = {"new": saved.new, "revised": saved.revised, "refused": len(stored.refused)}
        log.info("figures read", source=source.name, **counts)
        for missing in stored.reading.missing:
            log.warning("figure unknown", source=source.name, what=missing)
        if stored.refused:
            await asyncio.to_thread(tell, stored)
            wake()

    async def work() -> None:
        for source in sources:
            await read(source)

    return work


def _switched_on(settings: Settings) -> dict[str, SourceTable]:
    return {str(name): table for name, table in settings.sources.items() if table.enabled}


def _key(table: SourceTable) -> str | None:
    return table.api_key.get_secret_value() if table.api_key else None


def _words(source: str, detail: str) -> str:
    return f"a figure of {source} is not believed and not shown: {detail}."
