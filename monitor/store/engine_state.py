"""The engine's saved state: one row, replaced in the transaction that stores the step's outputs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from monitor.model.grid import iso, parse_iso
from monitor.store import meta
from monitor.store.sql import upsert
from monitor.store.tables import engine_state

_LIVE_FROM = "live_from"


@dataclass(frozen=True, slots=True)
class StoredState:
    """The state after the interval that opened at ``last_open``, of an engine of that ``fingerprint``."""

    blob: bytes
    last_open: datetime
    fingerprint: str


def save_state(conn: Connection, blob: bytes, last_open: datetime, fingerprint: str) -> None:
    """Replace the stored state."""
    row = {"id": 1, "blob": blob, "last_open": last_open, "fingerprint": fingerprint}
    upsert(conn, engine_state, [row])


def load_state(conn: Connection) -> StoredState | None:
    """The stored state, or None before the first step."""
    row = conn.execute(
        select(engine_state.c.blob, engine_state.c.last_open, engine_state.c.fingerprint)
    ).first()
    return StoredState(bytes(row.blob), row.last_open, row.fingerprint) if row else None


def live_from(conn: Connection) -> datetime | None:
    """Since when rotations are told as news; what was on before is marked `at_start`."""
    text = meta.get(conn, _LIVE_FROM)
    return parse_iso(text) if text else None


def set_live_from(conn: Connection, at: datetime) -> None:
    """Set it; the first call wins."""
    if meta.get(conn, _LIVE_FROM) is None:
        meta.put(conn, _LIVE_FROM, iso(at))
