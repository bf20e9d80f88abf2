"""Vendors' figures as they were known at a step, beside ours."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from monitor.model.outside import Outside, activity_beside, references_beside
from monitor.model.state import MarketStep, SectorState
from monitor.model.vendor_reading import ACTIVITY, REFERENCES
from monitor.store.steps import states_on
from monitor.store.tables import step as step_table
from monitor.store.vendor_readings import latest_vendor_readings

DAY = timedelta(days=1)
SHOWN_FOR = timedelta(days=7)
"""A day's activity that is older is no longer news."""
SAME_TIME = timedelta(hours=6)
"""A vendor's sector that was read earlier says nothing of now."""
NEAR = timedelta(hours=1)
"""Ours of then is the last step that closed within this before theirs was read."""


def outside_at(conn: Connection, step: MarketStep, *, known_by: datetime | None = None) -> Outside:
    """What was known at the step's close, or by a later time; nothing where no vendor is read.

    Of activity the last day that was over at the close: a vendor has it hours later.
    """
    close = step.close_time
    known = known_by or close
    days = latest_vendor_readings(
        conn, ACTIVITY, since=close - SHOWN_FOR, until=close - DAY, known_by=known
    )
    found = latest_vendor_readings(
        conn, REFERENCES, since=close - SAME_TIME, until=close, known_by=known
    )
    ours = {at: _states_of(conn, at) for at in {reading.at for reading in found}}
    return Outside(activity_beside(days, step), references_beside(found, ours))


def _states_of(conn: Connection, at: datetime) -> dict[str, SectorState]:
    column = step_table.c.close_time
    close = conn.execute(select(func.max(column)).where(column <= at, column >= at - NEAR)).scalar()
    if close is None:
        return {}
    return {state.id: state for state in states_on(conn, [close]).get(close, [])}
