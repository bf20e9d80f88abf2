"""States of the fold, one a day, so that what happened then is worked out again from there and not from the first bar.

A checkpoint belongs to an ``identity``: parameters, universe and bar width of the engine that made it. ``as_known``: folded
from what had been received when each interval was stepped, as the daemon does. ``whole``: folded from all that the store
holds; the daemon's own states are that too until something arrives for an interval that was stepped already.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, select, update

from monitor.model.grid import is_aligned
from monitor.store import meta
from monitor.store.sql import upsert
from monitor.store.tables import engine_checkpoint

EVERY = timedelta(days=1)
_LATE = "late_arrivals"
_LINEAGE = "fold_identity"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state after the interval that opened at ``last_open``."""

    last_open: datetime
    blob: bytes


def is_due(close_time: datetime, width: timedelta) -> bool:
    """Whether the state after the interval that closed then is kept: the last but one of a day, so that what is asked
    from a date on begins with the very step that closes with it."""
    return is_aligned(close_time + width, EVERY)


def keep(
    conn: Connection, identity: str, checkpoint: Checkpoint, *, as_known: bool, whole: bool
) -> None:
    """Store it; one that is there already is replaced."""
    row = {
        "identity": identity,
        "as_known": as_known,
        "last_open": checkpoint.last_open,
        "whole": whole,
        "blob": zlib.compress(checkpoint.blob, 1),
    }
    upsert(conn, engine_checkpoint, [row])


def nearest(
    conn: Connection, identity: str, *, before: datetime, as_known: bool
) -> Checkpoint | None:
    """The latest whose last interval opened before then; None where there is none."""
    found = _latest(conn, identity, before, as_known=as_known)
    if found is None:
        return None
    last_open, kind = found
    blob = conn.scalar(
        select(engine_checkpoint.c.blob).where(
            engine_checkpoint.c.identity == identity,
            engine_checkpoint.c.as_known.is_(kind),
            engine_checkpoint.c.last_open == last_open,
        )
    )
    return Checkpoint(last_open, zlib.decompress(blob)) if blob is not None else None


def is_kept(conn: Connection, identity: str, last_open: datetime, *, as_known: bool) -> bool:
    """Whether there is one after the interval that opened then."""
    just_after = last_open + timedelta(microseconds=1)
    found = _latest(conn, identity, just_after, as_known=as_known)
    return found is not None and found[0] == last_open


def _latest(
    conn: Connection, identity: str, before: datetime, *, as_known: bool
) -> tuple[datetime, bool] | None:
    """(last open, how it was folded). By the key and without the states: those of a year are hundreds of megabytes."""
    rows = []
    for kind in (True,) if as_known else (True, False):
        statement = (
            select(engine_checkpoint.c.last_open)
            .where(
                engine_checkpoint.c.identity == identity,
                engine_checkpoint.c.as_known.is_(kind),
                engine_checkpoint.c.last_open < before,
            )
            .order_by(engine_checkpoint.c.last_open.desc())
            .limit(1)
        )
        if not as_known:
            statement = statement.where(engine_checkpoint.c.whole.is_(True))
        last_open = conn.scalar(statement)
        if last_open is not None:
            rows.append((last_open, kind))
    return max(rows, default=None)


def late_arrivals(conn: Connection) -> int:
    """How often something arrived for an interval that had been stepped."""
    return int(meta.get(conn, _LATE) or 0)


def spoil(conn: Connection, since: datetime) -> None:
    """Something of an interval that opened at ``since``, and had been stepped, arrived or changed.

    What the daemon decided stands; what was folded from all that the store holds has to be folded again from there.
    """
    meta.put(conn, _LATE, str(late_arrivals(conn) + 1))
    after = engine_checkpoint.c.last_open >= since
    conn.execute(delete(engine_checkpoint).where(and_(after, ~engine_checkpoint.c.as_known)))
    conn.execute(update(engine_checkpoint).where(after).values(whole=False))


def nothing_is_late(conn: Connection) -> None:
    """No interval has been stepped, so nothing came after its step."""
    meta.put(conn, _LATE, "0")


def begin_lineage(conn: Connection, identity: str) -> None:
    """The daemon's state is folded from the first bar by that engine alone."""
    meta.put(conn, _LINEAGE, identity)


def lineage(conn: Connection) -> str | None:
    """Identity of the engine by which alone the daemon's state was folded; None where that is not known."""
    return meta.get(conn, _LINEAGE)
