"""Single steps and sums of trades, written to and read from a store."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from monitor.model.rotation import StepOutput
from monitor.model.trades import TradeSum
from monitor.store.steps import save_steps
from monitor.store.tables import market, step, trade_sum

SECOND = timedelta(seconds=1)


def save_step(conn: Connection, output: StepOutput, stepped_at: datetime) -> None:
    """One step alone."""
    save_steps(conn, [(output, stepped_at)])


def stepped_at_of(conn: Connection) -> dict[datetime, datetime]:
    """open time -> when it was stepped, of every step."""
    rows = conn.execute(select(step.c.close_time, step.c.width_s, step.c.stepped_at))
    return {row.close_time - row.width_s * SECOND: row.stepped_at for row in rows}


def sums_between(
    conn: Connection, width: timedelta, since: datetime, until: datetime
) -> Iterator[tuple[str, TradeSum]]:
    """(market, sums) of bars that open in ``[since, until)``, by open, then market."""
    of = trade_sum.c
    rows = conn.execute(
        select(market.c.market_id, of.open_time, of.buy_quote, of.sell_quote, of.trades, of.gap_s)
        .join(market, market.c.id == of.market)
        .where(of.width_s == width // SECOND, of.open_time >= since, of.open_time < until)
        .order_by(of.open_time, market.c.market_id)
    )
    for market_id, *figures in rows:
        yield market_id, TradeSum(*figures)
