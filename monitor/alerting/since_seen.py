"""The own moves since a rotation was seen: one reckoning for whoever tells them."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.analytics.own import own_move
from monitor.model.rotation import MARKET, Rotation
from monitor.model.universe import Universe
from monitor.store import steps

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


def own_since(
    conn: Connection, universe: Universe, rotation: Rotation, at: datetime
) -> dict[str, float]:
    """sector -> own return, a fraction, of both sides from the very interval of the detection to ``at``.

    From hourly states in between. Empty at the detection itself; a side whose move is unknown is not in it.
    """
    first = rotation.detected_at
    if at <= first:
        return {}
    series = [
        *steps.sector_series(conn, first, first + INSTANT),
        *steps.sector_series(conn, first + INSTANT, at, every=HOUR),
        *steps.sector_series(conn, at, at + INSTANT),
    ]
    if not series:
        return {}
    benchmark = next((s.id for s in universe.sectors if s.benchmark), None)
    moves = {
        sector: own_move(series, sector, benchmark, series[0][0])
        for sector in (rotation.from_sector, rotation.to_sector)
        if sector != MARKET
    }
    return {sector: move for sector, move in moves.items() if move is not None}
