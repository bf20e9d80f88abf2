"""Sums of the trades that were read of each bar, every trade counted once.

A trade of an interval that was stepped already comes too late and is not counted: what the store holds of an interval is what
the engine had of it, so that live, replay and resume agree.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from monitor.analytics.trade_sums import sums_by_bar, uncounted
from monitor.model.grid import from_ms, to_ms
from monitor.model.trades import Counted, RecentTrades, TradeSum
from monitor.store import markets
from monitor.store.coverage import last_stepped
from monitor.store.sql import upsert
from monitor.store.tables import market, trade_counted, trade_sum


def add_trades(
    conn: Connection, answers: Sequence[RecentTrades], *, width: timedelta, received_at: datetime
) -> None:
    """Count what no answer before named, in the transaction that also says how far all is counted."""
    if not answers:
        return
    numbers = markets.register(conn, {answer.market_id for answer in answers})
    stepped = last_stepped(conn, width)
    for answer in answers:
        number = numbers[answer.market_id]
        before = _counted(conn, number)
        fresh, gap, counted = uncounted(answer.trades, before)
        if counted is None or not fresh:
            continue
        begun = fresh[0].time_ms if before is None else None
        for found in sums_by_bar(fresh, gap, width, begun_ms=begun):
            if stepped is None or found.open_time >= stepped:
                _add(conn, (number, width // timedelta(seconds=1)), found, received_at)
        keys = json.dumps(sorted(counted.keys), separators=(",", ":"))
        row = {"market": number, "at": from_ms(counted.at_ms), "last_keys": keys}
        upsert(conn, trade_counted, [row])


def _counted(conn: Connection, number: int) -> Counted | None:
    row = conn.execute(
        select(trade_counted.c.at, trade_counted.c.last_keys).where(
            trade_counted.c.market == number
        )
    ).first()
    return None if row is None else Counted(to_ms(row[0]), frozenset(json.loads(row[1])))


def _add(conn: Connection, series: tuple[int, int], found: TradeSum, received_at: datetime) -> None:
    number, width_s = series
    of = trade_sum.c
    row = conn.execute(
        select(of.buy_quote, of.sell_quote, of.trades, of.gap_s).where(
            of.market == number, of.width_s == width_s, of.open_time == found.open_time
        )
    ).first()
    buy, sell, count, gap = row or (0.0, 0.0, 0, 0.0)
    upsert(
        conn,
        trade_sum,
        [
            {
                "market": number,
                "width_s": width_s,
                "open_time": found.open_time,
                "buy_quote": buy + found.buy_quote,
                "sell_quote": sell + found.sell_quote,
                "trades": count + found.trades,
                "gap_s": gap + found.gap_s,
                "received_at": received_at,
            }
        ],
    )


def sums_between(
    conn: Connection, width: timedelta, since: datetime, until: datetime
) -> Iterator[tuple[str, TradeSum]]:
    """(market, sums) of bars that open in ``[since, until)``, by open, then market."""
    of = trade_sum.c
    rows = conn.execute(
        select(market.c.market_id, of.open_time, of.buy_quote, of.sell_quote, of.trades, of.gap_s)
        .join(market, market.c.id == of.market)
        .where(
            of.width_s == width // timedelta(seconds=1),
            of.open_time >= since,
            of.open_time < until,
        )
        .order_by(of.open_time, market.c.market_id)
    )
    for market_id, *figures in rows:
        yield market_id, TradeSum(*figures)
