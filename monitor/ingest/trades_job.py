"""One asking for the recent trades of the main markets, summed by bar into the store; a venue that fails stops no other."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from monitor.clock import Clock
from monitor.ingest.beside_bars import Read, ask_venues
from monitor.ingest.exchange.venue import VenueClient
from monitor.ingest.last_prices import Prices, last_prices
from monitor.ingest.trades_choice import TradesChoice
from monitor.model.trades import RecentTrades
from monitor.model.universe import Market
from monitor.store.database import Database
from monitor.store.trade_sums import add_trades
from monitor.store.venue_leases import VenueRights

TradesRead = Read[RecentTrades]


async def read_trades_into(
    clients: Sequence[VenueClient],
    choice: TradesChoice,
    database: Database,
    clock: Clock,
    rights: VenueRights,
    *,
    deadline: timedelta,
    paused: Collection[str] = (),
) -> TradesRead:
    """Ask every venue of ours for the trades of its markets of ``choice``; ``paused`` and ``deadline`` as in :func:`ask_venues`."""
    now = clock.now()
    prices = await asyncio.to_thread(last_prices, database, now)
    markets = await asyncio.to_thread(choice.markets, database, prices, now)
    found = TradesRead()

    async def take(client: VenueClient, market: Market) -> None:
        good, refusals = await client.fetch_trades(market, _price(market, prices))
        found.refusals.extend(refusals)
        if good:
            found.readings.append(RecentTrades(market.id, tuple(good)))

    await ask_venues(
        "trades",
        clients,
        markets,
        take,
        found,
        partial(_save, choice.width),
        database,
        clock,
        rights,
        deadline=deadline,
        paused=paused,
    )
    return found


def _price(market: Market, prices: Prices) -> float | None:
    """The token's last one in the market's quote currency and unit."""
    usd, rate = prices.of_token.get(market.token), prices.rate(market.quote)
    return None if usd is None or not rate else usd * market.multiplier / rate


def _save(
    width: timedelta, conn: Connection, answers: Sequence[RecentTrades], at: datetime
) -> None:
    add_trades(conn, answers, width=width, received_at=at)
