"""Rotations as they stand, and every change of their state."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, desc, func, or_, select

from monitor.model.rotation import Rotation, RotationChange, Severity, Status
from monitor.model.rotation_json import (
    change_from_json,
    change_to_json,
    rotation_from_json,
    rotation_to_json,
)
from monitor.store.errors import StoreError
from monitor.store.json_text import dump, load
from monitor.store.sql import insert
from monitor.store.tables import rotation, rotation_change

LONGEST_ID = 60
"""Characters; an id has 12."""


def save_changes(conn: Connection, changes: Sequence[RotationChange]) -> None:
    """Store each change once and bring its rotation up to it.

    A change that is stored already, or is older than what the rotation has come to, changes nothing: what was decided
    stands.
    """
    for change in changes:
        _save_current(conn, change)
        conn.execute(
            insert(conn, rotation_change).on_conflict_do_nothing(
                index_elements=["rotation_id", "reason", "changed_at"]
            ),
            {
                "rotation_id": change.rotation.id,
                "reason": change.reason.value,
                "changed_at": change.changed_at,
                "body": dump(change_to_json(change)),
            },
        )


def _save_current(conn: Connection, change: RotationChange) -> None:
    current = change.rotation
    statement = insert(conn, rotation)
    fresh = statement.excluded
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={
                name: fresh[name]
                for name in ("status", "severity", "detected_at", "changed_at", "body")
            },
            where=fresh.changed_at >= rotation.c.changed_at,
        ),
        {
            "id": current.id,
            "from_sector": current.from_sector,
            "to_sector": current.to_sector,
            "status": current.status.value,
            "severity": current.severity.value,
            "detected_at": current.detected_at,
            "changed_at": change.changed_at,
            "body": dump(rotation_to_json(current)),
        },
    )


def list_rotations(
    conn: Connection,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    status: Status | None = None,
    pair: tuple[str, str] | None = None,
    to_sector: str | None = None,
) -> list[Rotation]:
    """Rotations detected in ``[since, until)``, ordered by detection, then id."""
    statement: Select[Any] = select(rotation.c.body)
    if since is not None:
        statement = statement.where(rotation.c.detected_at >= since)
    if until is not None:
        statement = statement.where(rotation.c.detected_at < until)
    if status is not None:
        statement = statement.where(rotation.c.status == status.value)
    if pair is not None:
        statement = statement.where(
            rotation.c.from_sector == pair[0], rotation.c.to_sector == pair[1]
        )
    if to_sector is not None:
        statement = statement.where(rotation.c.to_sector == to_sector)
    statement = statement.order_by(rotation.c.detected_at, rotation.c.id)
    return [rotation_from_json(load(body)) for body in conn.execute(statement).scalars()]


def flags_before(conn: Connection, pair: tuple[str, str], until: datetime) -> tuple[int, int]:
    """(flags of that pair that were detected before ``until``, those of them that were confirmed by now); what was on at the
    start was no flag of ours."""
    bodies = conn.execute(
        select(rotation.c.body).where(
            rotation.c.from_sector == pair[0],
            rotation.c.to_sector == pair[1],
            rotation.c.detected_at < until,
        )
    ).scalars()
    flags = [known for known in map(load, bodies) if not known.get("at_start")]
    return len(flags), sum(known["confirmed_at"] is not None for known in flags)


def newest_rotations(
    conn: Connection,
    *,
    limit: int,
    since: datetime | None = None,
    until: datetime | None = None,
    from_sector: str | None = None,
    to_sector: str | None = None,
    statuses: Sequence[Status] = (),
    severity: Severity | None = None,
    after: Rotation | None = None,
) -> list[Rotation]:
    """The last ``limit`` rotations detected in ``[since, until)`` that are all of what is given, newest first.

    ``after``: only what follows that rotation in this order.
    """
    statement: Select[Any] = select(rotation.c.body)
    if since is not None:
        statement = statement.where(rotation.c.detected_at >= since)
    if until is not None:
        statement = statement.where(rotation.c.detected_at < until)
    if from_sector is not None:
        statement = statement.where(rotation.c.from_sector == from_sector)
    if to_sector is not None:
        statement = statement.where(rotation.c.to_sector == to_sector)
    if statuses:
        statement = statement.where(rotation.c.status.in_([status.value for status in statuses]))
    if severity is not None:
        statement = statement.where(rotation.c.severity == severity.value)
    if after is not None:
        same = and_(rotation.c.detected_at == after.detected_at, rotation.c.id > after.id)
        statement = statement.where(or_(rotation.c.detected_at < after.detected_at, same))
    statement = statement.order_by(desc(rotation.c.detected_at), rotation.c.id).limit(limit)
    return [rotation_from_json(load(body)) for body in conn.execute(statement).scalars()]


def get_rotation(conn: Connection, id_or_prefix: str) -> Rotation | None:
    """The rotation of that id, or the only one whose id begins so; None without one.

    Raises StoreError where several ids begin so.
    """
    if len(id_or_prefix) > LONGEST_ID:  # a database takes no pattern of any length
        return None
    body = conn.execute(select(rotation.c.body).where(rotation.c.id == id_or_prefix)).scalar()
    if body is not None:
        return rotation_from_json(load(body))
    rows = conn.execute(
        select(rotation.c.id, rotation.c.body)
        .where(rotation.c.id.startswith(id_or_prefix, autoescape=True))
        .order_by(rotation.c.id)
        .limit(5)
    ).all()
    if len(rows) > 1:
        raise StoreError(
            f"{id_or_prefix!r} begins several ids: {', '.join(row.id for row in rows)}",
            remedy="give more of the id",
        )
    return rotation_from_json(load(rows[0].body)) if rows else None


def list_changes(
    conn: Connection,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    rotation_id: str | None = None,
) -> list[RotationChange]:
    """Changes of ``[since, until)`` in the order in which they became known."""
    statement: Select[Any] = select(rotation_change.c.body)
    if since is not None:
        statement = statement.where(rotation_change.c.changed_at >= since)
    if until is not None:
        statement = statement.where(rotation_change.c.changed_at < until)
    if rotation_id is not None:
        statement = statement.where(rotation_change.c.rotation_id == rotation_id)
    statement = statement.order_by(rotation_change.c.changed_at, rotation_change.c.id)
    return [change_from_json(load(body)) for body in conn.execute(statement).scalars()]


def changes_known_at(
    conn: Connection, at: datetime, *, detected_since: datetime, changed_since: datetime
) -> list[RotationChange]:
    """Changes up to ``at`` of rotations that were detected from ``detected_since`` on, have changed from
    ``changed_since`` on, or are on; in the order in which they became known."""
    on = [Status.OPEN.value, Status.CONFIRMED.value]
    bodies = conn.execute(
        select(rotation_change.c.body)
        .join(rotation, rotation.c.id == rotation_change.c.rotation_id)
        .where(
            rotation_change.c.changed_at <= at,
            or_(
                rotation.c.detected_at >= detected_since,
                rotation.c.changed_at >= changed_since,
                rotation.c.status.in_(on),
            ),
        )
        .order_by(rotation_change.c.changed_at, rotation_change.c.id)
    ).scalars()
    return [change_from_json(load(body)) for body in bodies]


def peaks_known_at(
    conn: Connection, at: datetime, *, detected_since: datetime
) -> dict[str, float | None]:
    """The strongest score of each rotation that was detected from then on, by its id, as it was known at ``at``."""
    bodies = _last_bodies(conn, at, rotation.c.detected_at >= detected_since)
    return {known["id"]: known["peak_score"] for known in map(load, bodies)}


def on_at(conn: Connection, at: datetime, *, changed_since: datetime) -> list[Rotation]:
    """Rotations that were on at ``at`` by their last change since then, by detection, then id."""
    on = (Status.OPEN.value, Status.CONFIRMED.value)
    bodies = _last_bodies(conn, at, rotation_change.c.changed_at >= changed_since)
    known = [change_from_json(data).rotation for data in map(load, bodies) if data["status"] in on]
    return sorted(known, key=lambda r: (r.detected_at, r.id))


def _last_bodies(conn: Connection, at: datetime, which: ColumnElement[bool]) -> Iterator[str]:
    """The last change up to ``at`` of each rotation, of those that are ``which``: a rotation has many, of which each is long."""
    newest = func.row_number().over(
        partition_by=rotation_change.c.rotation_id,
        order_by=(rotation_change.c.changed_at.desc(), rotation_change.c.id.desc()),
    )
    ranked = (
        select(rotation_change.c.id, newest.label("place"))
        .join(rotation, rotation.c.id == rotation_change.c.rotation_id)
        .where(rotation_change.c.changed_at <= at, which)
        .subquery()
    )
    return iter(
        conn.execute(
            select(rotation_change.c.body)
            .join(ranked, ranked.c.id == rotation_change.c.id)
            .where(ranked.c.place == 1)
        ).scalars()
    )
