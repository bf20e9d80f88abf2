"""Markets by their small number in bar and coverage rows."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from monitor.store.sql import insert
from monitor.store.tables import market


def numbers(conn: Connection) -> dict[str, int]:
    """market_id -> number, of all markets that were ever stored."""
    return dict(conn.execute(select(market.c.market_id, market.c.id)).all())


def register(conn: Connection, market_ids: Iterable[str]) -> dict[str, int]:
    """The numbers of all markets, those given among them; new ones are added in sorted order."""
    known = numbers(conn)
    new = sorted(set(market_ids) - known.keys())
    if not new:
        return known
    conn.execute(insert(conn, market), [{"market_id": market_id} for market_id in new])
    return numbers(conn)
