"""Notices to rows of the outbox and back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_

from monitor.model.notice import Act, Channel, Notice, NoticeKind
from monitor.store.json_text import dump, load


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


def stored_from(row: Row[Any]) -> StoredNotice:
    return StoredNotice(
        id=row.id,
        notice=notice_from(row),
        attempts=row.attempts,
        delivered_at=row.delivered_at,
        failed_at=row.failed_at,
        error=row.error,
        receipt=load(row.receipt) if row.receipt else None,
    )


def is_pending(rows: Any) -> ColumnElement[bool]:
    """Of the table or an alias of it: neither delivered nor given up, and to be sent on its own."""
    return and_(rows.c.delivered_at.is_(None), rows.c.failed_at.is_(None), rows.c.told_in.is_(None))


def row_of(notice: Notice) -> dict[str, Any]:
    """As it is inserted."""
    return {
        "dedup_key": notice.dedup_key,
        "channel": notice.channel,
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


def notice_from(row: Row[Any]) -> Notice:
    """The notice again."""
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
