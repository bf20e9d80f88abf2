"""The newest bars that the store knows, as a poll needs them."""

from datetime import datetime, timedelta

from monitor.ingest.validation.recent import KEPT, RecentBars
from monitor.model.bars import Bar
from monitor.model.universe import Universe
from monitor.store.bars import read_bars
from monitor.store.database import Database


def recent_bars(
    database: Database, universe: Universe, width: timedelta, newest: datetime | None
) -> RecentBars:
    """The last stored bars of every market up to ``newest``, the newest open of all; empty where that is None."""
    recent = RecentBars(universe.markets)
    if newest is not None:
        recent.note(bars_since(database, width, newest - KEPT * width))
    return recent


def bars_since(database: Database, width: timedelta, since: datetime) -> list[Bar]:
    """The stored bars of every market from then on."""
    with database.read() as conn:
        return [bar for bar, _received in read_bars(conn, width=width, since=since)]
