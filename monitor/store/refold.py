"""Room for a new fold: everything that steps decided, gone; bars, supplies and notes stay."""

from sqlalchemy import Connection, delete

from monitor.store import checkpoints
from monitor.store.tables import (
    engine_checkpoint,
    engine_state,
    member_event,
    pair_reading,
    rotation,
    rotation_change,
    sector_state,
    step,
)


def forget_steps(conn: Connection) -> None:
    """Delete steps, readings, rotations and the engine's state. Only for a store that was never live: a decision that
    somebody may have been told stands."""
    for table in (
        rotation_change,
        rotation,
        pair_reading,
        member_event,
        sector_state,
        step,
        engine_state,
        engine_checkpoint,
    ):
        conn.execute(delete(table))
    checkpoints.nothing_is_late(conn)
