"""A process that reads OKX' trades of VIRTUAL into a database until it is killed.

`python -m tests.integration.ingest.trades_reader URL FILE NOW` prints a line after each reading; its clock is an hour ahead
of NOW, so that no trade is of the future.
"""

import asyncio
import sys
from datetime import datetime, timedelta

from monitor.clock import ManualClock
from monitor.ingest.exchange.ccxt_client import CcxtClient
from monitor.ingest.exchange.venue import VenueClient
from monitor.ingest.trades_choice import TradesChoice
from monitor.ingest.trades_job import read_trades_into
from monitor.model.universe import Market, Membership, Sector, Token, Universe
from monitor.store.database import open_database
from monitor.store.venue_leases import AllVenues


async def main(url: str, file: str, now: str) -> None:
    """Reads without an end."""
    clock = ManualClock(datetime.fromisoformat(now) + timedelta(hours=1))
    market = Market("okx", "VIRTUAL/USDT", "virtual")
    watched = Universe(
        (Sector("ai", "AI", (Membership("virtual"),)),), (Token("virtual", "Virtual", (market,)),)
    )
    connection = CcxtClient(
        "okx", [market], clock, base_url=url, timeout=timedelta(seconds=60), rate_limit_ms=1
    )
    client = VenueClient(connection, clock)
    await client.prepare()
    choice = TradesChoice(watched, ("ai",), timedelta(minutes=5))
    database = open_database(f"sqlite:///{file}")
    for turn in range(10_000):  # its parent kills it long before
        await read_trades_into(
            [client],
            choice,
            database,
            clock,
            AllVenues(),
            deadline=timedelta(seconds=60),
        )
        print(f"read {turn}", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
