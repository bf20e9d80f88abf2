"""Funding and open interest of perpetuals over time, and the steps that they precede."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from monitor.analytics.derivatives import with_derivatives
from monitor.model.derivatives import DerivativeReading
from monitor.model.state import MarketStep
from monitor.model.universe import Market, Universe
from monitor.store import markets
from monitor.store.sql import upsert
from monitor.store.tables import derivative_reading, market

SHOWN_FOR = timedelta(hours=2)
"""A step has each perpetual's newest reading of this long before its close."""


def save_derivatives(conn: Connection, rows: Sequence[DerivativeReading]) -> None:
    """Store readings; one of the same market and time is replaced."""
    if not rows:
        return
    numbers = markets.register(conn, {row.market_id for row in rows})
    upsert(
        conn,
        derivative_reading,
        [
            {
                "market": numbers[row.market_id],
                "at": row.at,
                "funding_rate": row.funding_rate,
                "interval_h": row.interval_h,
                "open_interest_usd": row.open_interest_usd,
            }
            for row in rows
        ],
    )


def derivatives_between(
    conn: Connection, after: datetime, until: datetime
) -> list[DerivativeReading]:
    """Readings with ``after < at <= until``, by time, then market."""
    of = derivative_reading.c
    rows = conn.execute(
        select(market.c.market_id, of.at, of.funding_rate, of.interval_h, of.open_interest_usd)
        .join(market, market.c.id == of.market)
        .where(of.at > after, of.at <= until)
        .order_by(of.at, market.c.market_id)
    )
    return [DerivativeReading(*row) for row in rows]


def steps_with_derivatives(
    conn: Connection,
    universe: Universe,
    perpetuals: Sequence[Market],
    found: Sequence[MarketStep],
) -> list[MarketStep]:
    """Each step with what was known of its perpetuals at its close. ``found``: by time."""
    if not found or not perpetuals:
        return list(found)
    read = derivatives_between(conn, found[0].close_time - SHOWN_FOR, found[-1].close_time)
    if not read:
        return list(found)
    return [
        with_derivatives(
            step,
            universe,
            perpetuals,
            {
                reading.market_id: reading
                for reading in read
                if step.close_time - SHOWN_FOR < reading.at <= step.close_time
            },
        )
        for step in found
    ]
