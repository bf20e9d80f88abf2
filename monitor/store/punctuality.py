"""How punctual notices were, for the day's report: what went late, what never went, what waits now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from monitor.model.notice import LATE_AFTER, Act, NoticeKind
from monitor.store.outbox_rows import notice_from
from monitor.store.tables import outbox

_MESSAGES = [Act.SAY.value, Act.REPLY.value]
_OWN = [NoticeKind.TEST.value, NoticeKind.REPORT.value]


@dataclass(frozen=True, slots=True)
class Waiting:
    """``count`` overdue notices of a channel, the oldest of them known since ``since``."""

    channel: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Punctuality:
    """``late``: went, or still wait, more than ten minutes after they were known (or quiet hours let them go).
    ``refused``: given up by their channel. ``waiting``: overdue at the time of asking, of any day."""

    late: int
    refused: int
    waiting: tuple[Waiting, ...]


def punctuality(
    conn: Connection, since: datetime, until: datetime, *, now: datetime
) -> Punctuality:
    """Of the messages whose fact became known in ``(since, until]``; edits, charts, tests and reports are left out."""
    of_day = _messages().where(outbox.c.event_at > since, outbox.c.event_at <= until)
    pending = _messages().where(outbox.c.delivered_at.is_(None), outbox.c.failed_at.is_(None))
    rows = conn.execute(of_day).all()
    return Punctuality(
        late=sum(row.failed_at is None and _is_late(row, now) for row in rows),
        refused=sum(row.failed_at is not None for row in rows),
        waiting=_waiting(conn.execute(pending), now),
    )


def _messages() -> Select[Any]:
    """Those that go on their own; what another notice tells is counted there."""
    return select(outbox).where(
        outbox.c.act.in_(_MESSAGES), outbox.c.kind.not_in(_OWN), outbox.c.told_in.is_(None)
    )


def _is_late(row: Row[Any], now: datetime) -> bool:
    return bool((row.delivered_at or now) - notice_from(row).meant_at > LATE_AFTER)


def _waiting(rows: Iterable[Row[Any]], now: datetime) -> tuple[Waiting, ...]:
    found: dict[str, list[datetime]] = {}
    for row in rows:
        if _is_late(row, now):
            found.setdefault(row.channel, []).append(row.event_at)
    return tuple(Waiting(name, len(at), min(at)) for name, at in sorted(found.items()))
