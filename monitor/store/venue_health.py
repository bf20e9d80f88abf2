"""Health of each venue as last seen."""

from sqlalchemy import Connection, select

from monitor.model.bars import VenueHealth, VenueState
from monitor.store.sql import upsert
from monitor.store.tables import venue_health


def save_health(conn: Connection, health: VenueHealth) -> None:
    """Replace what is known of the venue."""
    row = {
        "venue": health.venue,
        "state": health.state.value,
        "since": health.since,
        "last_success": health.last_success,
        "consecutive_failures": health.consecutive_failures,
        "error": health.error,
        "next_try": health.next_try,
    }
    upsert(conn, venue_health, [row])


def read_health(conn: Connection) -> list[VenueHealth]:
    """All venues, by name."""
    rows = conn.execute(select(venue_health).order_by(venue_health.c.venue))
    return [
        VenueHealth(
            venue=row.venue,
            state=VenueState(row.state),
            since=row.since,
            last_success=row.last_success,
            consecutive_failures=row.consecutive_failures,
            error=row.error,
            next_try=row.next_try,
        )
        for row in rows
    ]
