"""How large the database is, how fast it grows, and when its disk is full."""

import json
import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from monitor.store import meta
from monitor.store.database import Database, file_of

KEY = "size_by_day"
KEPT = 15
"""Days whose size is remembered: growth is told over two weeks."""


@dataclass(frozen=True, slots=True)
class Size:
    """``bytes``: with the write-ahead log. ``growth_a_day``: bytes, None until a day lies between two readings.
    ``free``: bytes on the database's disk, None where it lies on another machine."""

    bytes: int
    growth_a_day: float | None
    free: int | None

    @property
    def days_left(self) -> float | None:
        """Until the disk is full at that pace; None where it is not known or the database does not grow."""
        if self.free is None or self.growth_a_day is None or self.growth_a_day <= 0:
            return None
        return self.free / self.growth_a_day


def read_size(database: Database, conn: Connection, now: datetime) -> Size:
    """As it is now, beside what was remembered."""
    total = _total(database, conn)
    file = file_of(database)
    free = shutil.disk_usage(file.parent).free if file is not None else None
    return Size(total, _growth(_remembered(conn), now, total), free)


def remember_size(database: Database, conn: Connection, now: datetime) -> None:
    """Once a day; a second time on one day changes nothing."""
    days = _remembered(conn)
    days.setdefault(now.date(), _total(database, conn))
    kept = sorted(days.items())[-KEPT:]
    meta.put(conn, KEY, json.dumps({day.isoformat(): size for day, size in kept}))


def _total(database: Database, conn: Connection) -> int:
    if database.dialect == "postgresql":
        found = conn.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
        return int(found)
    file = file_of(database)
    if file is None:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(conn.exec_driver_sql("PRAGMA page_size").scalar_one())
    beside = (file, file.with_name(f"{file.name}-wal"))
    return sum(part.stat().st_size for part in beside if part.exists())


def _remembered(conn: Connection) -> dict[date, int]:
    stored = meta.get(conn, KEY)
    return {date.fromisoformat(d): size for d, size in json.loads(stored or "{}").items()}


def _growth(days: dict[date, int], now: datetime, total: int) -> float | None:
    """Over all that is remembered."""
    first = min(days, default=now.date())
    passed = (now.date() - first) / timedelta(days=1)
    return (total - days[first]) / passed if passed >= 1 else None
