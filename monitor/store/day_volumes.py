"""What each market traded in a stretch of time."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from monitor.store.tables import bar, market


def quote_volumes(
    conn: Connection, width: timedelta, since: datetime, until: datetime
) -> dict[str, float]:
    """market_id -> quote currency traded in bars that open in ``[since, until)``; a blank quote volume is base volume times
    the typical price. One seek of the key for each market."""
    of = bar.c
    typical = of.base_volume * (of.high + of.low + of.close) / 3
    traded = (
        select(func.sum(func.coalesce(of.quote_volume, typical)))
        .where(
            of.market == market.c.id,
            of.width_s == width // timedelta(seconds=1),
            of.open_time >= since,
            of.open_time < until,
        )
        .scalar_subquery()
    )
    rows = conn.execute(select(market.c.market_id, traded))
    return {name: float(volume) for name, volume in rows if volume is not None}
