"""Notices on their way out. Written in the transaction of what they tell; claimed, sent, confirmed one by one.

A claim is a lease: a sender that dies repeats nothing and loses nothing until the lease ends, then the notice is
claimed again. The one window that cannot be closed: killed after the other side took it and before :func:`confirm`.
A notice that another one tells (``told_in``) is not sent; what became of the other is what became of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, union_all, update

from monitor.model.notice import Act, Channel, Notice, NoticeKind
from monitor.store.json_text import dump, load
from monitor.store.sql import chunks, insert
from monitor.store.tables import outbox

_ERROR_LENGTH = 500
_CANDIDATES = 20
_AT_ONCE = 500
"""Of what waits, as many as are looked at together."""


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
    """Lease the oldest notice that is due, or None; what is said goes before pictures and edits, which may take long.

    Notices of one channel, recipient and thread go out in order: one that waits for its retry holds back the later
    ones of its thread, and so does a digest that tells an earlier one. One that failed for good does not, nor one that
    was never tried and is not due yet (quiet hours hold it).
    """
    free = _claimable(now)
    beside = outbox.c.act.in_([Act.EDIT.value, Act.PICTURE.value])
    statement = select(outbox).where(free, ~_held_back(now)).order_by(beside, outbox.c.id)
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


def waiting(conn: Connection, channel: Channel, now: datetime) -> list[StoredNotice]:
    """What is due on the channel and in nobody's lease, in the order it was enqueued; up to 500."""
    statement = select(outbox).where(_claimable(now), outbox.c.channel == channel.value)
    return [_stored(row) for row in conn.execute(statement.order_by(outbox.c.id).limit(_AT_ONCE))]


def messages_since(conn: Connection, channel: Channel, since: datetime) -> list[datetime]:
    """When each message (no edit, picture or test) of the channel was delivered after ``since``, ascending."""
    statement = select(outbox.c.delivered_at).where(
        outbox.c.channel == channel.value,
        outbox.c.delivered_at > since,
        outbox.c.act.in_([Act.SAY.value, Act.REPLY.value]),
        outbox.c.kind != NoticeKind.TEST.value,
    )
    return list(conn.execute(statement.order_by(outbox.c.delivered_at)).scalars())


def tell_in(conn: Connection, ids: Sequence[int], key: str) -> None:
    """Another notice tells these too, and what they told; those that were delivered meanwhile are left alone."""
    for some in chunks(ids):
        rows = select(outbox.c.dedup_key).where(outbox.c.id.in_(some), _pending(outbox))
        keys = list(conn.execute(rows).scalars())
        conn.execute(update(outbox).where(outbox.c.told_in.in_(keys)).values(told_in=key))
        conn.execute(
            update(outbox)
            .where(outbox.c.id.in_(some), _pending(outbox))
            .values(told_in=key, leased_until=None, error=None)
        )


def put_off(conn: Connection, ids: Sequence[int], *, due_at: datetime, why: str) -> None:
    """These wait until ``due_at``, and what follows in their threads with them."""
    for some in chunks(ids):
        conn.execute(
            update(outbox)
            .where(outbox.c.id.in_(some), _pending(outbox))
            .values(due_at=due_at, attempts=outbox.c.attempts + 1, error=why)
        )


def revive(conn: Connection, *, since: datetime) -> int:
    """Give what was given up after ``since`` another try, but for what its thread has gone past; how many.

    For the next start: a token or password may have been mended since.
    """
    later = outbox.alias("later")
    passed = select(later.c.id).where(
        later.c.channel == outbox.c.channel,
        later.c.recipient == outbox.c.recipient,
        later.c.thread == outbox.c.thread,
        later.c.id > outbox.c.id,
        later.c.delivered_at.is_not(None),
    )
    given_up = conn.execute(
        update(outbox)
        .where(outbox.c.failed_at > since, ~passed.exists())
        .values(failed_at=None, leased_until=None)
    )
    return given_up.rowcount


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


def list_notices(conn: Connection, since: datetime, until: datetime) -> list[StoredNotice]:
    """Notices whose fact became knowable in ``[since, until)``, in the order they were enqueued."""
    rows = conn.execute(
        select(outbox)
        .where(outbox.c.event_at >= since, outbox.c.event_at < until)
        .order_by(outbox.c.id)
    )
    return [_stored(row) for row in rows]


def notices_of(
    conn: Connection, rotation_id: str, channel: Channel, recipient: str = ""
) -> list[StoredNotice]:
    """What tells of the rotation there, alone or among others, whatever became of it, in the order it was enqueued."""
    rows = conn.execute(
        select(outbox)
        .where(
            outbox.c.channel == channel.value,
            outbox.c.recipient == recipient,
            or_(
                outbox.c.thread == rotation_id,
                outbox.c.payload.contains(dump(rotation_id), autoescape=True),
            ),
        )
        .order_by(outbox.c.id)
    )
    return [
        stored
        for stored in map(_stored, rows)
        if rotation_id in stored.notice.payload.get("rotations", ())
    ]


def _stored(row: Row[Any]) -> StoredNotice:
    return StoredNotice(
        id=row.id,
        notice=_notice(row),
        attempts=row.attempts,
        delivered_at=row.delivered_at,
        failed_at=row.failed_at,
        error=row.error,
        receipt=load(row.receipt) if row.receipt else None,
    )


def _pending(rows: Any) -> ColumnElement[bool]:
    return and_(rows.c.delivered_at.is_(None), rows.c.failed_at.is_(None), rows.c.told_in.is_(None))


def _claimable(now: datetime) -> ColumnElement[bool]:
    return and_(
        _pending(outbox),
        outbox.c.due_at <= now,
        or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now),
    )


def _held_back(now: datetime) -> ColumnElement[bool]:
    earlier, digest = outbox.alias("earlier"), outbox.alias("digest")
    untried = and_(earlier.c.attempts == 0, earlier.c.due_at > now)
    same = [
        earlier.c.channel == outbox.c.channel,
        earlier.c.recipient == outbox.c.recipient,
        earlier.c.thread == outbox.c.thread,
        earlier.c.id < outbox.c.id,
    ]
    alone = select(earlier.c.id).where(_pending(earlier), ~untried, *same)
    in_digest = (
        select(earlier.c.id)
        .join(digest, _tells(digest, earlier))
        .where(_pending(digest), digest.c.id != outbox.c.id, *same)
    )
    return or_(alone.exists(), in_digest.exists())


def _tells(digest: Any, told: Any) -> ColumnElement[bool]:
    return and_(
        digest.c.dedup_key == told.c.told_in,
        digest.c.channel == told.c.channel,
        digest.c.recipient == told.c.recipient,
    )


def _thread_receipts(conn: Connection, row: Row[Any]) -> list[dict[str, Any]]:
    """Of the thread's notices, and of the digests that told some of them."""
    told, digest = outbox.alias("told"), outbox.alias("digest")
    same = [
        told.c.thread == row.thread,
        told.c.channel == row.channel,
        told.c.recipient == row.recipient,
    ]
    own = select(told.c.id, told.c.receipt).where(told.c.receipt.is_not(None), *same)
    digests = (
        select(digest.c.id, digest.c.receipt)
        .select_from(told.join(digest, _tells(digest, told)))
        .where(digest.c.receipt.is_not(None), *same)
        .distinct()
    )
    both = union_all(own, digests).subquery()
    found = conn.execute(select(both.c.id, both.c.receipt).order_by(both.c.id)).all()
    return [load(text) for text in {row.id: row.receipt for row in found}.values()]


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
        "act": notice.act.value,
        "urgent": notice.urgent,
        "told_in": notice.told_in,
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
        act=Act(row.act),
        urgent=row.urgent,
        told_in=row.told_in,
    )
