"""The order in which things became known: every stamp of knowledge is later than all before it.

What was received, and what was stepped, is stamped inside its writing transaction, and there is one writer at a time.
So "received by the time of that step" is exact even when the machine's clock is set back or two events share a tick.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.store import meta
from monitor.store.types import from_us, to_us

IN_TIME = timedelta(seconds=90)
"""After its close, an interval that was never stepped counts as decided this much later."""

_KEY = "last_issued_us"


def issue_time(conn: Connection, clock_now: datetime) -> datetime:
    """The clock's time, or 1 us after the last one issued where the clock is not later than that."""
    now = to_us(clock_now)
    last = meta.get(conn, _KEY)
    if last is not None:
        now = max(now, int(last) + 1)
    meta.put(conn, _KEY, str(now))
    return from_us(now)
