"""Which notices of a thread go before which, and what a thread's earlier ones left behind."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, union_all

from monitor.model.notice import Act
from monitor.store.json_text import load
from monitor.store.outbox_rows import is_pending
from monitor.store.tables import outbox

CAPPED = "held: the hour's cap of messages is reached"
QUIET = "held: quiet hours"
HELD = (CAPPED, QUIET)
"""What stands as the error of a notice that was not tried but put off on purpose."""

_BESIDE = (Act.EDIT.value, Act.PICTURE.value)


def held_back(now: datetime) -> ColumnElement[bool]:
    """Whether an earlier notice of the thread, or a digest that tells one, has to go first.

    Not one that was never tried and is not due yet: quiet hours hold it. What is urgent passes what is put off on
    purpose, and pictures and edits, which may take long.
    """
    earlier, digest = outbox.alias("earlier"), outbox.alias("digest")
    same = [
        earlier.c.channel == outbox.c.channel,
        earlier.c.recipient == outbox.c.recipient,
        earlier.c.thread == outbox.c.thread,
        earlier.c.id < outbox.c.id,
    ]
    alone = select(earlier.c.id).where(is_pending(earlier), ~_passed(earlier, now), *same)
    in_digest = (
        select(earlier.c.id)
        .join(digest, _tells(digest, earlier))
        .where(is_pending(digest), ~_passed(digest, now), digest.c.id != outbox.c.id, *same)
    )
    return or_(alone.exists(), in_digest.exists())


def thread_receipts(conn: Connection, row: Row[Any]) -> list[dict[str, Any]]:
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


def _passed(first: Any, now: datetime) -> ColumnElement[bool]:
    untried = and_(first.c.attempts == 0, first.c.due_at > now)
    on_purpose = first.c.error.in_(HELD) & first.c.error.is_not(None)
    loud = and_(outbox.c.urgent, outbox.c.act.not_in(_BESIDE))
    return or_(untried, and_(loud, or_(on_purpose, first.c.act.in_(_BESIDE))))


def _tells(digest: Any, told: Any) -> ColumnElement[bool]:
    return and_(
        digest.c.dedup_key == told.c.told_in,
        digest.c.channel == told.c.channel,
        digest.c.recipient == told.c.recipient,
    )
