"""Markets by their small number in bar and coverage rows."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from monitor.store.sql import chunks, insert
from monitor.store.tables import market


def numbers(conn: Connection, market_ids: Iterable[str] | None = None) -> dict[str, int]:
    """market_id -> number, of all markets that were ever stored, or of those among the given."""
    statement = select(market.c.market_id, market.c.id)
    if market_ids is None:
        return dict(conn.execute(statement).all())
    found: dict[str, int] = {}
    for some in chunks(sorted(set(market_ids))):
        found |= dict(conn.execute(statement.where(market.c.market_id.in_(some))).all())
    return found


def register(conn: Connection, market_ids: Iterable[str]) -> dict[str, int]:
    """market_id -> number of the given; new ones are added in sorted order."""
    wanted = set(market_ids)
    known = numbers(conn, wanted)
    new = sorted(wanted - known.keys())
    if not new:
        return known
    conn.execute(insert(conn, market), [{"market_id": market_id} for market_id in new])
    return known | numbers(conn, new)
