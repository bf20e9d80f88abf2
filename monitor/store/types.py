"""Times in the database: aware UTC going in and coming out, exact to the microsecond on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from monitor.model.grid import EPOCH

_MICROSECOND = timedelta(microseconds=1)


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch of an aware time, exact; raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"found the naive time {moment!r}, expected an aware one")
    return (moment - EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The aware UTC time of microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=microseconds)


class UtcDateTime(TypeDecorator[datetime]):
    """``timestamptz`` on PostgreSQL, integer microseconds since the epoch on SQLite (small, exact, sortable)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type of that database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuses a naive time with ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"found the naive time {value!r}, expected an aware one")
        return to_us(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """An aware UTC time."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return from_us(value)
        moment: datetime = value
        return moment.astimezone(UTC)
