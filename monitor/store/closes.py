"""Which intervals were stepped, by their closes alone: nothing of the pictures is read."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from monitor.store.tables import step


def closes_between(conn: Connection, after: datetime, upto: datetime) -> list[datetime]:
    """Closes of steps with ``after < close <= upto``, ascending."""
    rows = conn.execute(
        select(step.c.close_time)
        .where(step.c.close_time > after, step.c.close_time <= upto)
        .order_by(step.c.close_time)
    )
    return list(rows.scalars())


def last_close(conn: Connection, upto: datetime | None = None) -> datetime | None:
    """Close of the newest step, or of the newest whose close is not after ``upto``; None without one."""
    statement = select(func.max(step.c.close_time))
    if upto is not None:
        statement = statement.where(step.c.close_time <= upto)
    return conn.execute(statement).scalar()


def first_close(conn: Connection, after: datetime | None = None) -> datetime | None:
    """Close of the oldest step, or of the oldest whose close is after ``after``; None without one."""
    statement = select(func.min(step.c.close_time))
    if after is not None:
        statement = statement.where(step.c.close_time > after)
    return conn.execute(statement).scalar()
