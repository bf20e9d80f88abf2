"""Which day's report was put on its way to whom: once, whatever clocks and restarts do."""

from datetime import date, datetime

from sqlalchemy import Connection, select, update

from monitor.model.notice import NoticeKind
from monitor.store.sql import insert
from monitor.store.tables import outbox, report_sent


def mark_sent(conn: Connection, day: date, recipient: str, at: datetime) -> bool:
    """Claim the report; False where it was claimed before. Enqueue it in the same transaction."""
    statement = insert(conn, report_sent).on_conflict_do_nothing().returning(report_sent.c.day)
    row = {"day": day.isoformat(), "recipient": recipient, "at": at}
    return conn.execute(statement, row).first() is not None


def sent_to(conn: Connection, day: date) -> dict[str, datetime]:
    """recipient -> when, for that day's report."""
    rows = conn.execute(
        select(report_sent.c.recipient, report_sent.c.at).where(
            report_sent.c.day == day.isoformat()
        )
    )
    return {row.recipient: row.at for row in rows}


def try_again(conn: Connection, dedup_key: str, now: datetime) -> int:
    """Let reports that were given up for good be tried once more, as an operator asks; how many."""
    done = conn.execute(
        update(outbox)
        .where(
            outbox.c.dedup_key == dedup_key,
            outbox.c.kind == NoticeKind.REPORT.value,
            outbox.c.failed_at.is_not(None),
            outbox.c.delivered_at.is_(None),
        )
        .values(failed_at=None, leased_until=None, due_at=now)
    )
    return done.rowcount
