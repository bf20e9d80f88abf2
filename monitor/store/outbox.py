"""Notices on their way out. Written in the transaction of what they tell; claimed, sent, confirmed one by one.

A claim is a lease: a sender that dies repeats nothing and loses nothing until the lease ends, then the notice is
claimed again. The one window that cannot be closed: killed after the other side took it and before :func:`confirm`.
A notice that another one tells (``told_in``) is not sent; what became of the other is what became of it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, DateTime, and_, func, or_, select, update

from monitor.model.notice import Act, Channel, Notice, NoticeKind
from monitor.store.json_text import dump
from monitor.store.outbox_order import HELD, held_back, thread_receipts
from monitor.store.outbox_rows import StoredNotice, is_pending, notice_from, row_of, stored_from
from monitor.store.sql import chunks, insert
from monitor.store.tables import outbox

DOUBT = "may have arrived, "
"""Begins the error of a notice that was tried without an answer we know: it outlives a restart, and allows one repeat."""
_ERROR_LENGTH = 500
_CANDIDATES = 20
_SERVER_TIME: ColumnElement[datetime] = func.clock_timestamp(type_=DateTime(timezone=True))
_OVERLONG = timedelta(minutes=10)
"""No claim on an SQLite file is for so long: this machine's clock was set back since."""
_AT_ONCE = 500
"""Of what waits, as many as are looked at together."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notice leased to the caller; ``attempts`` counts this one, ``earlier_receipts`` are its thread's here.
    ``error``: why the last try failed."""

    id: int
    notice: Notice
    attempts: int
    earlier_receipts: list[dict[str, Any]]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxStats:
    """``pending``: not yet delivered nor given up, by channel too; ``oldest_s``: how long the oldest is overdue;
    ``failed``: given up, the last of them at ``last_failed_at``."""

    pending: int
    failed: int
    oldest_s: float | None
    by_channel: Mapping[str, int]
    last_failed_at: datetime | None = None


def enqueue(conn: Connection, notices: Sequence[Notice]) -> int:
    """Add those whose (dedup_key, channel, recipient) is not there; returns how many."""
    statement = (
        insert(conn, outbox)
        .on_conflict_do_nothing(index_elements=["dedup_key", "channel", "recipient"])
        .returning(outbox.c.id)
    )
    # One at a time: ids then follow the order of the notices on every database.
    added = [conn.execute(statement, row_of(notice)).scalar() for notice in notices]
    return sum(number is not None for number in added)


def claim(
    conn: Connection,
    *,
    now: datetime,
    lease: timedelta,
    channels: Sequence[Channel] | None = None,
    failing: bool = False,
    least_tried: bool = False,
) -> Claimed | None:
    """Lease the oldest notice that is due, or None; what is said goes before pictures and edits, which may take long.

    Notices of one channel, recipient and thread go out in order: one that waits for its retry holds back the later
    ones of its thread, and so does a digest that tells an earlier one (:func:`monitor.store.outbox_order.held_back`).
    One that failed for good does not. ``failing``: the channel took nothing lately; what it refused is tried whether
    due or not. ``least_tried``: instead of the oldest the one that was tried least, so that one which alone is always
    refused does not stand before all others.
    """
    free = and_(
        _is_free(conn, now),
        or_(outbox.c.due_at <= now, _is_retrying()) if failing else outbox.c.due_at <= now,
    )
    beside = outbox.c.act.in_([Act.EDIT.value, Act.PICTURE.value])
    order = [outbox.c.attempts] if least_tried else []
    statement = select(outbox).where(free, ~held_back(now)).order_by(*order, beside, outbox.c.id)
    if channels is not None:
        statement = statement.where(outbox.c.channel.in_(list(channels)))
    for row in conn.execute(statement.limit(_CANDIDATES)).all():
        won = conn.execute(
            update(outbox)
            .where(outbox.c.id == row.id, free, outbox.c.attempts == row.attempts)
            .values(leased_until=_lease_end(conn, now, lease), attempts=outbox.c.attempts + 1)
        )
        if won.rowcount == 1:
            earlier = thread_receipts(conn, row)
            return Claimed(row.id, notice_from(row), row.attempts + 1, earlier, row.error)
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
    """What is due on the channel, or was refused and waits for its next try, and is in nobody's lease; in the order in
    which it was enqueued, up to 500."""
    due = or_(outbox.c.due_at <= now, _is_retrying())
    statement = select(outbox).where(_is_free(conn, now), due, outbox.c.channel == channel)
    return [
        stored_from(row) for row in conn.execute(statement.order_by(outbox.c.id).limit(_AT_ONCE))
    ]


def hasten(conn: Connection, now: datetime, channel: Channel | None = None) -> None:
    """Whatever waits for its next try is due now: the channel takes again, and the order is kept."""
    statement = update(outbox).where(is_pending(outbox), _is_retrying(), outbox.c.due_at > now)
    if channel is not None:
        statement = statement.where(outbox.c.channel == channel)
    conn.execute(statement.values(due_at=now))


def messages_since(
    conn: Connection, channel: Channel, since: datetime, until: datetime
) -> list[datetime]:
    """When each message (no edit, picture or test) of the channel was delivered in ``(since, until]``, ascending.

    ``until``: a clock that was set back must not count what it has yet to live through.
    """
    statement = select(outbox.c.delivered_at).where(
        outbox.c.channel == channel,
        outbox.c.delivered_at > since,
        outbox.c.delivered_at <= until,
        outbox.c.act.in_([Act.SAY.value, Act.REPLY.value]),
        outbox.c.kind != NoticeKind.TEST.value,
    )
    return list(conn.execute(statement.order_by(outbox.c.delivered_at)).scalars())


def tell_in(conn: Connection, ids: Sequence[int], key: str) -> None:
    """Another notice tells these too, and what they told; those that were delivered meanwhile are left alone."""
    for some in chunks(ids):
        rows = select(outbox.c.dedup_key).where(outbox.c.id.in_(some), is_pending(outbox))
        keys = list(conn.execute(rows).scalars())
        conn.execute(update(outbox).where(outbox.c.told_in.in_(keys)).values(told_in=key))
        conn.execute(
            update(outbox)
            .where(outbox.c.id.in_(some), is_pending(outbox))
            .values(told_in=key, leased_until=None, error=None)
        )


def open_thread(conn: Connection, notice: Notice) -> None:
    """A reply becomes the first message of its thread, since it tells what would have been."""
    conn.execute(
        update(outbox)
        .where(
            outbox.c.dedup_key == notice.dedup_key,
            outbox.c.channel == notice.channel,
            outbox.c.recipient == notice.recipient,
            is_pending(outbox),
        )
        .values(act=Act.SAY.value)
    )


def release(conn: Connection, ids: Sequence[int], *, now: datetime) -> None:
    """What was put off on purpose is due now: something urgent comes after it."""
    for some in chunks(ids):
        conn.execute(
            update(outbox)
            .where(outbox.c.id.in_(some), is_pending(outbox), outbox.c.error.in_(HELD))
            .values(due_at=now, error=None)
        )


def put_off(conn: Connection, ids: Sequence[int], *, due_at: datetime, why: str) -> None:
    """These wait until ``due_at``, and what follows in their threads with them."""
    for some in chunks(ids):
        conn.execute(
            update(outbox)
            .where(outbox.c.id.in_(some), is_pending(outbox))
            .values(due_at=due_at, attempts=outbox.c.attempts + 1, error=why)
        )


def revive(conn: Connection, *, since: datetime, now: datetime) -> int:
    """For a start: give what was given up after ``since`` another try, but for what its thread has gone past; how many.

    A token or password may have been mended meanwhile. Pictures and edits that were left out for want of the message
    that they go with are tried again with it. What waits for its next try is tried at once. What may have arrived twice
    stays given up.
    """
    later = outbox.alias("later")
    passed = select(later.c.id).where(
        later.c.channel == outbox.c.channel,
        later.c.recipient == outbox.c.recipient,
        later.c.thread == outbox.c.thread,
        later.c.id > outbox.c.id,
        later.c.delivered_at.is_not(None),
        later.c.act.in_([Act.SAY.value, Act.REPLY.value]),
    )
    wanted = select(outbox.c.id, outbox.c.thread, outbox.c.channel, outbox.c.recipient)
    doubted = func.coalesce(outbox.c.error, "").startswith(DOUBT)
    rows = conn.execute(wanted.where(outbox.c.failed_at > since, ~passed.exists(), ~doubted)).all()
    for row in rows:
        conn.execute(
            update(outbox)
            .where(outbox.c.id == row.id)
            .values(failed_at=None, leased_until=None, due_at=now)
        )
        conn.execute(
            update(outbox)
            .where(
                outbox.c.channel == row.channel,
                outbox.c.recipient == row.recipient,
                outbox.c.thread == row.thread,
                outbox.c.id > row.id,
                outbox.c.receipt.contains('"left_out"'),
            )
            .values(delivered_at=None, receipt=None, due_at=now)
        )
    hasten(conn, now)
    return len(rows)


def pending_stats(conn: Connection, now: datetime) -> OutboxStats:
    """How much waits, as `status`, `/readyz` and the metrics say it."""
    rows = conn.execute(
        select(outbox.c.channel, func.count(), func.min(outbox.c.due_at))
        .where(is_pending(outbox), ~_is_retrying())
        .group_by(outbox.c.channel)
    ).all()
    tried = conn.execute(select(outbox).where(is_pending(outbox), _is_retrying())).all()
    failures = conn.execute(
        select(func.count(), func.max(outbox.c.failed_at)).where(outbox.c.failed_at.is_not(None))
    ).one()
    counts = Counter({channel: count for channel, count, _ in rows})
    counts.update(row.channel for row in tried)
    since = [oldest for _, _, oldest in rows if oldest <= now]
    since += [notice_from(row).meant_at for row in tried]
    return OutboxStats(
        pending=counts.total(),
        failed=failures[0],
        oldest_s=max(((now - moment).total_seconds() for moment in since), default=None),
        by_channel=dict(sorted(counts.items())),
        last_failed_at=failures[1],
    )


def list_notices(conn: Connection, since: datetime, until: datetime) -> list[StoredNotice]:
    """Notices whose fact became knowable in ``[since, until)``, in the order they were enqueued."""
    rows = conn.execute(
        select(outbox)
        .where(outbox.c.event_at >= since, outbox.c.event_at < until)
        .order_by(outbox.c.id)
    )
    return [stored_from(row) for row in rows]


def readers_of(conn: Connection, rotation_id: str) -> list[tuple[Channel, str]]:
    """(channel, recipient) of everybody who has a notice in the rotation's thread."""
    rows = conn.execute(
        select(outbox.c.channel, outbox.c.recipient)
        .where(outbox.c.thread == rotation_id)
        .distinct()
        .order_by(outbox.c.channel, outbox.c.recipient)
    )
    return [(Channel(row.channel), row.recipient) for row in rows]


def notices_of(
    conn: Connection,
    rotation_id: str,
    channel: Channel,
    recipient: str = "",
    *,
    since: datetime | None = None,
) -> list[StoredNotice]:
    """What tells of the rotation there, alone or among others, whatever became of it, in the order it was enqueued.

    ``since``: of facts from then on alone, so that the cost does not grow with what was ever told.
    """
    recent = [outbox.c.event_at >= since] if since is not None else []
    rows = conn.execute(
        select(outbox)
        .where(
            *recent,
            outbox.c.channel == channel,
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
        for stored in map(stored_from, rows)
        if rotation_id in stored.notice.payload.get("rotations", ())
    ]


def _is_free(conn: Connection, now: datetime) -> ColumnElement[bool]:
    """Pending and in nobody's lease; by the server's time where several machines may send, each with a clock of its own."""
    until = outbox.c.leased_until
    if conn.dialect.name == "postgresql":
        over = until <= _SERVER_TIME
    else:
        over = or_(until <= now, until > now + _OVERLONG)
    return and_(is_pending(outbox), or_(until.is_(None), over))


def _lease_end(conn: Connection, now: datetime, lease: timedelta) -> Any:
    return _SERVER_TIME + lease if conn.dialect.name == "postgresql" else now + lease


def _is_retrying() -> ColumnElement[bool]:
    """Tried, and not taken."""
    return and_(outbox.c.attempts > 0, outbox.c.error.is_not(None), outbox.c.error.not_in(HELD))
