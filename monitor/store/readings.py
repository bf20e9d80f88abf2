"""What the detector saw of each pair in each step, compactly: near misses and `why-not` are read from here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Select, select

from monitor.model.rotation import Condition, PairReading
from monitor.store.json_text import dump, load
from monitor.store.sql import chunks, insert, upsert
from monitor.store.tables import condition_set, pair_reading

_DOUBLE = np.dtype("<f8")


def save_readings(conn: Connection, found: Sequence[PairReading]) -> None:
    """Store readings; one of the same pair and time is replaced."""
    numbers: dict[str, int] = {}
    upsert(conn, pair_reading, [_row(conn, reading, numbers) for reading in found])


def readings(
    conn: Connection, *, from_sector: str, to_sector: str, since: datetime, until: datetime
) -> list[PairReading]:
    """Readings of an ordered pair with ``since <= at < until``, ascending."""
    rows = conn.execute(
        _whole()
        .where(
            pair_reading.c.from_sector == from_sector,
            pair_reading.c.to_sector == to_sector,
            pair_reading.c.at >= since,
            pair_reading.c.at < until,
        )
        .order_by(pair_reading.c.at)
    )
    return [_reading(row) for row in rows]


def readings_at(conn: Connection, at: datetime) -> list[PairReading]:
    """Every pair's reading of the step that closes then, by pair."""
    rows = conn.execute(
        _whole()
        .where(pair_reading.c.at == at)
        .order_by(pair_reading.c.from_sector, pair_reading.c.to_sector)
    )
    return [_reading(row) for row in rows]


def readings_on(
    conn: Connection, *, from_sector: str, to_sector: str, moments: Sequence[datetime]
) -> list[PairReading]:
    """Readings of an ordered pair at those times alone, ascending; what lies between is not read."""
    found = [
        _reading(row)
        for some in chunks(moments)
        for row in conn.execute(
            _whole().where(
                pair_reading.c.from_sector == from_sector,
                pair_reading.c.to_sector == to_sector,
                pair_reading.c.at.in_(some),
            )
        )
    ]
    return sorted(found, key=lambda reading: reading.at)


def nearest_reading(
    conn: Connection, *, from_sector: str, to_sector: str, since: datetime, until: datetime
) -> PairReading | None:
    """The pair's reading with ``since < at <= until`` that met most conditions, then had the highest score.

    Of equals the first; None where the pair was not read. Only the one that is returned is unpacked.
    """
    mine = (
        pair_reading.c.from_sector == from_sector,
        pair_reading.c.to_sector == to_sector,
    )
    seen = conn.execute(
        select(pair_reading.c.met, pair_reading.c.score, pair_reading.c.at)
        .where(*mine, pair_reading.c.at > since, pair_reading.c.at <= until)
        .order_by(pair_reading.c.at)
    ).all()
    if not seen:
        return None
    best = max(
        seen, key=lambda r: (int(r.met).bit_count(), -np.inf if r.score is None else r.score)
    )
    row = conn.execute(_whole().where(*mine, pair_reading.c.at == best.at)).one()
    return _reading(row)


def _whole() -> Select[Any]:
    return select(pair_reading, condition_set.c.conditions).join(
        condition_set, condition_set.c.id == pair_reading.c.condition_set
    )


def _row(conn: Connection, reading: PairReading, numbers: dict[str, int]) -> dict[str, Any]:
    conditions = reading.conditions
    values = [np.nan if c.value is None else c.value for c in conditions]
    return {
        "from_sector": reading.from_sector,
        "to_sector": reading.to_sector,
        "at": reading.at,
        "window_h": reading.window_h,
        "score": reading.score,
        "qualified": reading.qualified,
        "price_witness": reading.price_witness,
        "volume_witness": reading.volume_witness,
        "flow_witness": reading.flow_witness,
        "condition_set": _number(conn, dump([_named(c) for c in conditions]), numbers),
        "met": sum(1 << i for i, c in enumerate(conditions) if c.met),
        "condition_values": np.array(values, dtype=_DOUBLE).tobytes(),
    }


def _number(conn: Connection, conditions: str, numbers: dict[str, int]) -> int:
    if conditions not in numbers:
        conn.execute(
            insert(conn, condition_set).on_conflict_do_nothing(index_elements=["conditions"]),
            {"conditions": conditions},
        )
        numbers[conditions] = conn.execute(
            select(condition_set.c.id).where(condition_set.c.conditions == conditions)
        ).scalar_one()
    return numbers[conditions]


def _reading(row: Row[Any]) -> PairReading:
    values = np.frombuffer(row.condition_values, dtype=_DOUBLE).tolist()
    conditions = tuple(
        Condition(name, None if value != value else value, bound, bool(row.met >> i & 1), *unit)  # noqa: PLR0124  NaN
        for i, ((name, bound, *unit), value) in enumerate(
            zip(load(row.conditions), values, strict=True)
        )
    )
    return PairReading(
        from_sector=row.from_sector,
        to_sector=row.to_sector,
        at=row.at,
        window_h=row.window_h,
        score=row.score,
        qualified=row.qualified,
        conditions=conditions,
        price_witness=row.price_witness,
        volume_witness=row.volume_witness,
        flow_witness=row.flow_witness,
    )


def _named(condition: Condition) -> list[Any]:
    """What is the same in every step: readings stored before units were have none."""
    unit = [] if condition.unit is None else [condition.unit]
    return [condition.name, condition.bound, *unit]
