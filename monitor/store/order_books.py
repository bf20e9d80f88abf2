"""Depth of order books over time, by market and the time at which the book was asked for."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from monitor.model.order_book import BookReading, Depth
from monitor.store import markets
from monitor.store.sql import upsert
from monitor.store.tables import book_reading, market


def save_books(conn: Connection, rows: Sequence[BookReading]) -> None:
    """Store readings; one of the same market and time is replaced."""
    if not rows:
        return
    numbers = markets.register(conn, {row.market_id for row in rows})
    upsert(
        conn,
        book_reading,
        [
            {
                "market": numbers[row.market_id],
                "at": row.at,
                "bid_1pct_usd": row.depth.bid_1pct_usd,
                "ask_1pct_usd": row.depth.ask_1pct_usd,
                "bid_2pct_usd": row.depth.bid_2pct_usd,
                "ask_2pct_usd": row.depth.ask_2pct_usd,
                "spread_bp": row.depth.spread_bp,
                "truncated": row.depth.truncated,
            }
            for row in rows
        ],
    )


def books_span(conn: Connection) -> tuple[datetime, datetime] | None:
    """Times of the first and the last reading; None where there is none."""
    of = book_reading.c
    first, last = conn.execute(select(func.min(of.at), func.max(of.at))).one()
    return None if first is None else (first, last)


def books_between(conn: Connection, after: datetime, until: datetime) -> list[BookReading]:
    """Readings with ``after < at <= until``, by time, then market."""
    of = book_reading.c
    rows = conn.execute(
        select(
            market.c.market_id,
            of.at,
            of.bid_1pct_usd,
            of.ask_1pct_usd,
            of.bid_2pct_usd,
            of.ask_2pct_usd,
            of.spread_bp,
            of.truncated,
        )
        .join(market, market.c.id == of.market)
        .where(of.at > after, of.at <= until)
        .order_by(of.at, market.c.market_id)
    )
    return [BookReading(market_id, at, Depth(*figures)) for market_id, at, *figures in rows]
