"""How far a long catch-up has come: where it began and where it ends, written together with its steps."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from monitor.model.grid import iso, parse_iso
from monitor.store import meta

_KEY = "catch_up"


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Intervals that opened in ``[since, until)`` were due at once."""

    since: datetime
    until: datetime

    def reached(self, last_close: datetime | None) -> datetime:
        """Up to where it has come when that was stepped last."""
        return last_close or self.since

    def percent(self, at: datetime) -> int:
        """Whole percent of it that is stepped when the next interval opens at ``at``."""
        return int(100 * ((at - self.since) / (self.until - self.since)))


def read(conn: Connection) -> CatchUp | None:
    """The one that is not over yet, or was not when its process ended."""
    text = meta.get(conn, _KEY)
    if text is None:
        return None
    since, until = text.split(" ")
    return CatchUp(parse_iso(since), parse_iso(until))


def note(conn: Connection, now: CatchUp) -> CatchUp:
    """One is on. What an ended process had begun goes on: its beginning counts."""
    known = read(conn)
    if known is not None and known.since <= now.since < known.until:
        now = replace(now, since=known.since)
    if now != known:
        meta.put(conn, _KEY, f"{iso(now.since)} {iso(now.until)}")
    return now


def over(conn: Connection) -> None:
    """None is on."""
    meta.drop(conn, _KEY)
