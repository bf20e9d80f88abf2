"""Notices on their way out. Written in the transaction of what they tell; claimed, sent, confirmed one by one.

A claim is a lease: a sender that dies repeats nothing and loses nothing until the lease ends, then the notice is
claimed again. The one window that cannot be closed: killed after the other side took it and before :func:`confirm`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from monitor.model.notice import Channel, Notice, NoticeKind
from monitor.store.json_text import dump, load
from monitor.store.sql import insert
from monitor.store.tables import outbox

_ERROR_LENGTH = 500
_CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notice leased to the caller; ``attempts`` counts this one, ``earlier_receipts`` are its thread's here."""

    id: int
    notice: Notice
    attempts: int
    earlier_receipts: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A notice and what became of it."""

    id: int
    notice: Notice
    attempts: int
    delivered_at: datetime | None
    failed_at: datetime | None
    error: str | None
    receipt: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class OutboxStats:
    """``pending``: not yet delivered nor given up, by channel too; ``oldest_s``: how long the oldest is overdue."""

    pending: int
    failed: int
    oldest_s: float | None
    by_channel: Mapping[str, int]


def enqueue(conn: Connection, notices: Sequence[Notice]) -> int:
    """Add those whose (dedup_key, channel, recipient) is not there; returns how many."""
    statement = (
        insert(conn, outbox)
        .on_conflict_do_nothing(index_elements=["dedup_key", "channel", "recipient"])
        .returning(outbox.c.id)
    )
    # One at a time: ids then follow the order of the notices on every database.
    added = [conn.execute(statement, _row(notice)).scalar() for notice in notices]
    return sum(number is not None for number in added)


def claim(
    conn: Connection,
    *,
    now: datetime,
    lease: timedelta,
    channels: Sequence[Channel] | None = None,
) -> Claimed | None:
    """Lease the oldest notice that is due, or None.

    Notices of one channel, recipient and thread go out in order: one that waits for its retry holds back the later
    ones of its thread, one that failed for good does not.
    """
    free = _claimable(now)
    statement = select(outbox).where(free, ~_earlier_pending()).order_by(outbox.c.id)
    if channels is not None:
        statement = statement.where(outbox.c.channel.in_([channel.value for channel in channels]))
    for row in conn.execute(statement.limit(_CANDIDATES)).all():
        won = conn.execute(
            update(outbox)
            .where(outbox.c.id == row.id, free, outbox.c.attempts == row.attempts)
            .values(leased_until=now + lease, attempts=outbox.c.attempts + 1)
        )
        if won.rowcount == 1:
            earlier = _thread_receipts(conn, row)
            return Claimed(row.id, _notice(row), row.attempts + 1, earlier)
    return None


def confirm(conn: Connection, id: int, *, at: datetime, receipt: dict[str, Any]) -> None:  # noqa: A002
    """It was delivered; ``receipt`` is what later notices of the thread need (a message's id)."""
    conn.execute(
        update(outbox)
        .where(outbox.c.id == id, outbox.c.delivered_at.is_(None))
        .values(
            delivered_at=at,
            failed_at=None,
            receipt=dump(receipt),
            leased_until=None,
            error=None,
        )
    )


def retry(conn: Connection, id: int, *, due_at: datetime, error: str) -> None:  # noqa: A002
    """It did not go; try again from ``due_at`` on."""
    conn.execute(
        update(outbox)
        .where(outbox.c.id == id, outbox.c.delivered_at.is_(None))
        .values(due_at=due_at, leased_until=None, error=error[:_ERROR_LENGTH])
    )


def fail(conn: Connection, id: int, *, at: datetime, error: str) -> None:  # noqa: A002
    """It will never go; it no longer holds back its thread."""
    conn.execute(
        update(outbox)
        .where(outbox.c.id == id, outbox.c.delivered_at.is_(None))
        .values(failed_at=at, leased_until=None, error=error[:_ERROR_LENGTH])
    )


def pending_stats(conn: Connection, now: datetime) -> OutboxStats:
    """How much waits, as `status`, `/readyz` and the metrics say it."""
    rows = conn.execute(
        select(outbox.c.channel, func.count(), func.min(outbox.c.due_at))
        .where(_pending(outbox))
        .group_by(outbox.c.channel)
        .order_by(outbox.c.channel)
    ).all()
    failed = conn.execute(
        select(func.count()).select_from(outbox).where(outbox.c.failed_at.is_not(None))
    ).scalar_one()
    overdue = [(now - oldest).total_seconds() for _, _, oldest in rows if oldest <= now]
    return OutboxStats(
        pending=sum(count for _, count, _ in rows),
        failed=failed,
        oldest_s=max(overdue, default=None),
        by_channel={channel: count for channel, count, _ in rows},
    )


def receipts(
    conn: Connection, *, thread: str, channel: Channel | None = None
) -> list[dict[str, Any]]:
    """Receipts of the thread's delivered notices, in order."""
    statement = select(outbox.c.receipt).where(
        outbox.c.thread == thread, outbox.c.receipt.is_not(None)
    )
    if channel is not None:
        statement = statement.where(outbox.c.channel == channel.value)
    return [load(text) for text in conn.execute(statement.order_by(outbox.c.id)).scalars()]


def was_told(conn: Connection, rotation_id: str) -> bool:
    """Whether any notice that tells of the rotation, alone or among others, was ever enqueued."""
    payloads = conn.execute(
        select(outbox.c.payload).where(
            outbox.c.payload.contains(dump(rotation_id), autoescape=True)
        )
    ).scalars()
    return any(rotation_id in load(payload).get("rotations", ()) for payload in payloads)


def list_notices(conn: Connection, since: datetime, until: datetime) -> list[StoredNotice]:
    """Notices whose fact became knowable in ``[since, until)``, in the order they were enqueued."""
    rows = conn.execute(
        select(outbox)
        .where(outbox.c.event_at >= since, outbox.c.event_at < until)
        .order_by(outbox.c.id)
    )
    return [
        StoredNotice(
            id=row.id,
            notice=_notice(row),
            attempts=row.attempts,
            delivered_at=row.delivered_at,
            failed_at=row.failed_at,
            error=row.error,
            receipt=load(row.receipt) if row.receipt else None,
        )
        for row in rows
    ]


def _pending(rows: Any) -> ColumnElement[bool]:
    return and_(rows.c.delivered_at.is_(None), rows.c.failed_at.is_(None))


def _claimable(now: datetime) -> ColumnElement[bool]:
    return and_(
        _pending(outbox),
        outbox.c.due_at <= now,
        or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now),
    )


def _earlier_pending() -> ColumnElement[bool]:
    earlier = outbox.alias("earlier")
    return (
        select(earlier.c.id)
        .where(
            _pending(earlier),
            earlier.c.channel == outbox.c.channel,
            earlier.c.recipient == outbox.c.recipient,
            earlier.c.thread == outbox.c.thread,
            earlier.c.id < outbox.c.id,
        )
        .exists()
    )


def _thread_receipts(conn: Connection, row: Row[Any]) -> list[dict[str, Any]]:
    found = conn.execute(
        select(outbox.c.receipt)
        .where(
            outbox.c.thread == row.thread,
            outbox.c.channel == row.channel,
            outbox.c.recipient == row.recipient,
            outbox.c.receipt.is_not(None),
        )
        .order_by(outbox.c.id)
    )
    return [load(text) for text in found.scalars()]


def _row(notice: Notice) -> dict[str, Any]:
    return {
        "dedup_key": notice.dedup_key,
        "channel": notice.channel.value,
        "recipient": notice.recipient,
        "kind": notice.kind.value,
        "thread": notice.thread,
        "text": notice.text,
        "payload": dump(notice.payload),
        "event_at": notice.event_at,
        "due_at": notice.due_at,
        "attempts": 0,
    }


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        dedup_key=row.dedup_key,
        channel=Channel(row.channel),
        kind=NoticeKind(row.kind),
        text=row.text,
        event_at=row.event_at,
        due_at=row.due_at,
        thread=row.thread,
        recipient=row.recipient,
        payload=load(row.payload),
    )
