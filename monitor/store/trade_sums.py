"""Sums of the trades that were read of each bar, every trade counted once.

A trade of an interval that was stepped already comes too late and is not counted: what the store holds of an interval is what
the engine had of it, so that live, replay and resume agree.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from monitor.analytics.trade_sums import sums_by_bar, uncounted
from monitor.model.grid import from_ms, to_ms
from monitor.model.trades import Counted, RecentTrades, TradeSum
from monitor.store import markets
from monitor.store.coverage import last_stepped
from monitor.store.sql import chunks, upsert
from monitor.store.tables import market, trade_counted, trade_sum


@dataclass(frozen=True, slots=True)
class TradeGaps:
    """Of a market: bars in which trades fell out between two answers, and the seconds of them that nothing was read of."""

    market_id: str
    bars: int
    seconds: float


def add_trades(
    conn: Connection, answers: Sequence[RecentTrades], *, width: timedelta, received_at: datetime
) -> None:
    """Count what no answer before named, in the transaction that also says how far all is counted."""
    if not answers:
        return
    numbers = markets.register(conn, {answer.market_id for answer in answers})
    stepped = last_stepped(conn, width)
    counted_so_far = _counted(conn, [*numbers.values()])
    changed: set[int] = set()
    sums: dict[tuple[int, datetime], TradeSum] = {}
    for answer in answers:
        number = numbers[answer.market_id]
        before = counted_so_far.get(number)
        fresh, gap, counted = uncounted(answer.trades, before)
        if counted is None or not fresh:
            continue
        begun = fresh[0].time_ms if before is None else None
        for found in sums_by_bar(fresh, gap, width, begun_ms=begun):
            if stepped is None or found.open_time >= stepped:
                key = number, found.open_time
                sums[key] = _both(sums[key], found) if key in sums else found
        counted_so_far[number] = counted
        changed.add(number)
    _add(conn, width, sums, received_at)
    upsert(conn, trade_counted, [_row_of(n, counted_so_far[n]) for n in sorted(changed)])


def _row_of(number: int, counted: Counted) -> dict[str, object]:
    keys = json.dumps(sorted(counted.keys), separators=(",", ":"))
    return {"market": number, "at": from_ms(counted.at_ms), "last_keys": keys}


def _both(a: TradeSum, b: TradeSum) -> TradeSum:
    return TradeSum(
        a.open_time,
        a.buy_quote + b.buy_quote,
        a.sell_quote + b.sell_quote,
        a.trades + b.trades,
        a.gap_s + b.gap_s,
    )


def _counted(conn: Connection, numbers: Collection[int]) -> dict[int, Counted]:
    of = trade_counted.c
    return {
        number: Counted(to_ms(at), frozenset(json.loads(keys)))
        for some in chunks(numbers)
        for number, at, keys in conn.execute(
            select(of.market, of.at, of.last_keys).where(of.market.in_(some))
        )
    }


def _add(
    conn: Connection,
    width: timedelta,
    fresh: dict[tuple[int, datetime], TradeSum],
    received_at: datetime,
) -> None:
    """On top of what is stored of those bars, by (market's number, open)."""
    before = _stored(conn, width, fresh)
    rows = []
    for (number, opened), found in fresh.items():
        old = before.get((number, opened))
        whole = _both(old, found) if old is not None else found
        rows.append(
            {
                "market": number,
                "width_s": width // timedelta(seconds=1),
                "received_at": received_at,
                **asdict(whole),
            }
        )
    upsert(conn, trade_sum, rows)


def _stored(
    conn: Connection, width: timedelta, wanted: Collection[tuple[int, datetime]]
) -> dict[tuple[int, datetime], TradeSum]:
    of = trade_sum.c
    numbers = sorted({number for number, _ in wanted})
    found: dict[tuple[int, datetime], TradeSum] = {}
    for opens in chunks(sorted({opened for _, opened in wanted})):
        for some in chunks(numbers):
            rows = conn.execute(
                select(
                    of.market, of.open_time, of.buy_quote, of.sell_quote, of.trades, of.gap_s
                ).where(
                    of.market.in_(some),
                    of.width_s == width // timedelta(seconds=1),
                    of.open_time.in_(opens),
                )
            )
            found |= {(number, figures[0]): TradeSum(*figures) for number, *figures in rows}
    return found


def gaps_since(conn: Connection, width: timedelta, since: datetime) -> list[TradeGaps]:
    """Of bars that open from then on, by market; markets without a gap are left out."""
    of = trade_sum.c
    rows = conn.execute(
        select(market.c.market_id, func.count(), func.sum(of.gap_s))
        .join(market, market.c.id == of.market)
        .where(
            of.width_s == width // timedelta(seconds=1),
            of.open_time >= since,
            of.gap_s > 0,
        )
        .group_by(market.c.market_id)
        .order_by(market.c.market_id)
    )
    return [TradeGaps(*row) for row in rows]
