"""The daily report: which days are due, put on their way once for each date and recipient, and drawn when sent."""

import threading
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from monitor.content.mail import Mail
from monitor.content.report import report_mail
from monitor.delivery.registry import channels_for
from monitor.delivery.traits import Audience
from monitor.model.notice import Notice, NoticeKind
from monitor.reporting.compose import day_facts
from monitor.reporting.window import day_window, due_time
from monitor.settings.schema import Settings
from monitor.store import closes, engine_state, outbox, reports_sent, reports_waiting
from monitor.store.database import Database

log = structlog.get_logger(__name__)

MISSED_DAYS = 3
"""So many days back are made up for after a time without a run; older ones can be had as files."""
LONGEST_LOOK = timedelta(minutes=2)
"""More between two looks is no waiting: the process stood still, or the clock was set."""
KEPT = timedelta(minutes=10)
"""A drawn report is sent to the day's other recipients for so long; then it is drawn anew."""


class ReportMails:
    """Called with a report's notice and the time; gathers and draws the day when it is sent, once for all recipients."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._lock = threading.Lock()
        self._last: tuple[tuple[date, datetime], datetime, Mail] | None = None

    def __call__(self, notice: Notice, now: datetime) -> Mail:
        """Slow where the day has not been drawn yet: called in a thread of its own."""
        day = date.fromisoformat(notice.payload["day"])
        key = (day, notice.event_at)
        with self._lock:
            if self._last is None or self._last[0] != key or not self._fresh(self._last[1], now):
                facts = day_facts(
                    self._database, self._settings, day, now=now, due_at=notice.event_at
                )
                self._last = (key, now, report_mail(facts))
            return self._last[2]

    @staticmethod
    def _fresh(drawn_at: datetime, now: datetime) -> bool:
        return timedelta(0) <= now - drawn_at < KEPT


def report_notice(day: date, recipient: str, due_at: datetime, now: datetime) -> Notice:
    """The report of a day on its way to one recipient; whatever it says is gathered when it is sent."""
    return Notice(
        dedup_key=f"report|{day.isoformat()}",
        channel=channels_for(Audience.REPORT)[0],
        kind=NoticeKind.REPORT,
        text=f"daily report of {day.isoformat()}",
        event_at=due_at,
        due_at=now,
        thread=f"report|{day.isoformat()}|{recipient}",
        recipient=recipient,
        payload={"day": day.isoformat(), "rotations": []},
    )


def due_days(settings: Settings, now: datetime) -> list[date]:
    """The last days whose report's time has come, oldest first, at most three."""
    report = settings.report
    zone = ZoneInfo(report.timezone)
    today = now.astimezone(zone).date()
    # A due time of late evening comes a day after its date ends, so the newest due day may be the day before yesterday.
    days = [today - timedelta(days=k) for k in range(MISSED_DAYS + 1, 0, -1)]
    return [day for day in days if due_time(day, report.time, zone) <= now][-MISSED_DAYS:]


@dataclass(frozen=True, slots=True)
class _DueDay:
    """A day whose report is owed. ``is_settled``: no step of it is to come; ``waited``: for one so far."""

    day: date
    is_settled: bool
    waited: timedelta


def enqueue_due(
    database: Database,
    settings: Settings,
    now: datetime,
    *,
    asked_at: datetime | None = None,
    since_look: timedelta = timedelta(0),
) -> int:
    """Put on their way the reports that are due and were not; how many notices were added.

    Safe to call at any time, from any number of processes, whatever the clock did: each date and recipient is claimed
    in the transaction that enqueues its notice. Nothing before the monitor first ran. A day waits until it has been
    stepped to its end; or until everything was stepped that was due at ``asked_at``, a time after its end at which the
    venues were asked, so that no step of it can come; or, for a daemon that cannot catch up, until it has been waited
    for as long as ``report.wait`` says. That is counted while a daemon runs, over its restarts: ``since_look`` is what
    passed since its last look, nothing at the first.
    """
    recipients = list(dict.fromkeys(settings.report.recipients))
    if not recipients or settings.smtp.host is None:
        return 0
    with database.read() as conn:
        due = _owed(conn, settings, now, asked_at, recipients)
    days = [found.day for found in due if found.is_settled]
    days += _tired_of(database, settings, [f for f in due if not f.is_settled], since_look)
    return sum(put_on_its_way(database, settings, day, recipients, now)[0] for day in sorted(days))


def put_on_its_way(
    database: Database, settings: Settings, day: date, recipients: list[str], now: datetime
) -> tuple[int, dict[str, datetime]]:
    """Claim and enqueue in one transaction; (notices added, recipient -> when it was claimed before)."""
    due = due_time(day, settings.report.time, ZoneInfo(settings.report.timezone))
    with database.write() as conn:
        before = reports_sent.sent_to(conn, day)
        fresh = [to for to in recipients if reports_sent.mark_sent(conn, day, to, now)]
        outbox.enqueue(conn, [report_notice(day, to, due, now) for to in fresh])
        reports_waiting.forget(conn, day)
    return len(fresh), {to: at for to, at in before.items() if to in recipients}


def _owed(
    conn: Connection,
    settings: Settings,
    now: datetime,
    asked_at: datetime | None,
    recipients: list[str],
) -> list[_DueDay]:
    live_from = engine_state.live_from(conn)
    if live_from is None:
        return []
    zone = ZoneInfo(settings.report.timezone)
    stepped = closes.last_close(conn)
    # of a zone whose midnight is not on the grid the last interval ends a little later
    late = settings.engine.interval + settings.engine.deadline
    found = []
    for day in due_days(settings, now):
        until = day_window(day, zone)[1]
        unsent = set(recipients) - reports_sent.sent_to(conn, day).keys()
        if until <= live_from or not unsent:
            continue
        is_whole = stepped is not None and stepped >= until
        nothing_more = asked_at is not None and asked_at >= until + late
        waited = reports_waiting.waited(conn, day)
        found.append(_DueDay(day, is_whole or nothing_more, waited))
    return found


def _tired_of(
    database: Database, settings: Settings, behind: list[_DueDay], since_look: timedelta
) -> list[date]:
    """Those that have been waited for long enough; of the others it is noted for how long by now."""
    passed = min(max(since_look, timedelta(0)), LONGEST_LOOK)
    limit = settings.report.wait
    tired = [due.day for due in behind if due.waited + passed >= limit]
    waiting = [due for due in behind if due.day not in tired]
    for day in tired:
        log.warning("report goes as it is: the daemon is behind", day=str(day), waited=str(limit))
    if passed and waiting:
        with database.write() as conn:
            for due in waiting:
                if not due.waited:
                    log.info("report waits until its day is stepped", day=str(due.day))
                reports_waiting.note(conn, due.day, due.waited + passed)
    return tired
