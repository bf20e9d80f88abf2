"""Why readers were not told of changes: written in the transaction that decided it, kept as long as notices."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from monitor.model.notice import Channel
from monitor.model.rotation import ChangeReason
from monitor.model.silence import Silence, Why
from monitor.store.sql import insert
from monitor.store.tables import silence


def save_silences(conn: Connection, found: Iterable[Silence]) -> None:
    """Add those that are not there; each reason stands once for a change and a reader."""
    statement = insert(conn, silence).on_conflict_do_nothing()
    for one in found:
        conn.execute(
            statement,
            {
                "rotation_id": one.rotation_id,
                "reason": one.reason.value,
                "changed_at": one.changed_at,
                "channel": one.channel,
                "recipient": one.recipient,
                "why": one.why.value,
                "detail": one.detail,
            },
        )


def silences_of(conn: Connection, rotation_id: str) -> list[Silence]:
    """Of one rotation, by the time of the change."""
    rows = conn.execute(
        select(silence)
        .where(silence.c.rotation_id == rotation_id)
        .order_by(
            silence.c.changed_at,
            silence.c.reason,
            silence.c.channel,
            silence.c.recipient,
            silence.c.why,
        )
    )
    return [
        Silence(
            row.rotation_id,
            ChangeReason(row.reason),
            row.changed_at,
            Channel(row.channel),
            row.recipient,
            Why(row.why),
            row.detail,
        )
        for row in rows
    ]
