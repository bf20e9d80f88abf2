"""Which coins counted as one dollar in a step, by the bars that are stored."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.model.rates import RATE_CARRIED, assumed_rates, silent_rates
from monitor.model.universe import Universe
from monitor.store import bars


def rates_assumed_at(
    conn: Connection, universe: Universe, width: timedelta, close: datetime
) -> list[str]:
    """All quotes that counted as one dollar in the step that closed then: unwatched ones, and those without a price."""
    heard = bars.markets_with_bars(conn, width, close - RATE_CARRIED, close)
    return sorted({*assumed_rates(universe), *silent_rates(universe, heard)})
