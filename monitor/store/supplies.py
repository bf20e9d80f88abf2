"""Supplies of tokens over time: natural key (token, source, valid_from, basis), changed figures as revisions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, desc, func, insert, select

from monitor.model.universe import BEGINNING, Supply
from monitor.store import checkpoints
from monitor.store.supply_gate import WITNESS_WITHIN, is_believed
from monitor.store.tables import step, supply

_FIELDS = (
    supply.c.token,
    supply.c.units,
    supply.c.valid_from,
    supply.c.received_at,
    supply.c.source,
    supply.c.basis,
    supply.c.dated_by_operator,
)


@dataclass(frozen=True, slots=True)
class SuppliesSaved:
    """Counts of figures that are believed, and those that are kept and move nothing. A witness's rows are in neither."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0
    disbelieved: tuple[Supply, ...] = ()


def save_supplies(
    conn: Connection, rows: Sequence[Supply], *, witness: bool = False
) -> SuppliesSaved:
    """Store figures that are new or changed, each with the judgement whether it is believed.

    The judgement is made once, in the order of arrival, with what is stored then. ``witness``: rows that bear others out
    and are never in force themselves, or two opinions would take turns. Raises ValueError for units that are not above 0.
    """
    new = revised = unchanged = 0
    disbelieved: list[Supply] = []
    changed: list[datetime] = []
    for row in sorted(rows, key=lambda r: (r.received_at, r.valid_from, r.source)):
        if not (math.isfinite(row.units) and row.units > 0):
            raise ValueError(
                f"supply of {row.token} from {row.source}: found {row.units}, expected above 0"
            )
        before = _latest_version(conn, row)
        if before == (row.units, row.dated_by_operator):
            unchanged += 1
            continue
        believed = not witness and is_believed(
            row, in_force(conn, row.token, row.basis, row.valid_from), _near(conn, row)
        )
        conn.execute(
            insert(supply).values(
                token=row.token,
                units=row.units,
                valid_from=row.valid_from,
                received_at=row.received_at,
                source=row.source,
                basis=row.basis,
                dated_by_operator=row.dated_by_operator,
                accepted=believed,
            )
        )
        if not believed:
            disbelieved += [] if witness else [row]
            continue
        changed.append(row.valid_from)
        if before is None:
            new += 1
        else:
            revised += 1
    close = conn.execute(select(func.max(step.c.close_time))).scalar() if changed else None
    if close is not None and min(changed) < close:
        checkpoints.spoil(conn, min(changed))
    return SuppliesSaved(new, revised, unchanged, tuple(disbelieved))


def not_stored(conn: Connection, rows: Sequence[Supply]) -> list[Supply]:
    """Those of ``rows`` whose latest stored version is missing or another figure."""
    return [row for row in rows if _latest_version(conn, row) != (row.units, row.dated_by_operator)]


def read_supplies(conn: Connection) -> list[Supply]:
    """All believed figures, replaced versions among them, ordered by valid_from, then received_at."""
    rows = conn.execute(
        select(*_FIELDS)
        .where(supply.c.accepted)
        .order_by(supply.c.valid_from, supply.c.received_at, supply.c.source, supply.c.token)
    )
    return [Supply(*row) for row in rows]


def in_force(
    conn: Connection,
    token: str,
    basis: str,
    at: datetime,
    *,
    known_by: datetime | None = None,
) -> Supply | None:
    """The believed figure with the latest valid_from up to ``at``, of its versions the last received.

    With ``known_by`` only what had been received by then.
    """
    statement = (
        select(*_FIELDS)
        .where(
            supply.c.token == token,
            supply.c.basis == basis,
            supply.c.valid_from <= at,
            supply.c.accepted,
        )
        .order_by(desc(supply.c.valid_from), desc(supply.c.received_at), desc(supply.c.source))
        .limit(1)
    )
    if known_by is not None:
        statement = statement.where(supply.c.received_at <= known_by)
    row = conn.execute(statement).first()
    return Supply(*row) if row else None


def _latest_version(conn: Connection, row: Supply) -> tuple[float, bool] | None:
    found = conn.execute(
        select(supply.c.units, supply.c.dated_by_operator)
        .where(
            supply.c.token == row.token,
            supply.c.basis == row.basis,
            supply.c.valid_from == row.valid_from,
            supply.c.source == row.source,
        )
        .order_by(desc(supply.c.received_at))
        .limit(1)
    ).first()
    return (found.units, found.dated_by_operator) if found else None


def _near(conn: Connection, row: Supply) -> list[Supply]:
    earliest = max(row.valid_from, BEGINNING + WITNESS_WITHIN) - WITNESS_WITHIN
    rows = conn.execute(
        select(*_FIELDS).where(
            and_(
                supply.c.token == row.token,
                supply.c.basis == row.basis,
                supply.c.valid_from >= earliest,
                supply.c.valid_from <= row.valid_from,
            )
        )
    )
    return [Supply(*found) for found in rows]
