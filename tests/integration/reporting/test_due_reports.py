"""Which reports go when: once for each date and recipient, whatever clocks, restarts and second daemons do."""

import asyncio
import threading
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.clock import ManualClock
from monitor.jobs.reports import reports
from monitor.model.grid import EPOCH
from monitor.model.notice import NoticeKind
from monitor.reporting.schedule import (
    ReportMails,
    due_days,
    enqueue_due,
    put_on_its_way,
    report_notice,
)
from monitor.reporting.window import day_window, due_time
from monitor.settings.schema import Settings
from monitor.store import engine_state, outbox, reports_sent
from monitor.store.database import Database, open_database
from monitor.store.outbox_rows import StoredNotice
from tests.integration.reporting.stage import (
    DAY,
    MORNING,
    SINCE,
    UNTIL,
    hours,
    put_steps,
    settings_of,
)
from tests.integration.store.samples import HOUR, at, killed_write

MINUTE = timedelta(minutes=1)
ONE = timedelta(days=1)
DESK = ("desk@example.org", "fund@example.org")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path, recipients=DESK)


def live(database: Database, since: datetime = SINCE - 10 * ONE) -> None:
    with database.write() as conn:
        engine_state.set_live_from(conn, since)


def enqueued(database: Database) -> list[StoredNotice]:
    with database.read() as conn:
        return outbox.list_notices(conn, EPOCH, at("2100-01-01"))


def days_told(database: Database) -> Counter[tuple[str, str]]:
    return Counter((row.notice.payload["day"], row.notice.recipient) for row in enqueued(database))


def test_a_report_goes_to_each_recipient_at_its_time_and_never_again(
    database: Database, settings: Settings
) -> None:
    live(database, SINCE)
    put_steps(database, hours(SINCE, UNTIL))
    assert enqueue_due(database, settings, MORNING - MINUTE) == 0
    assert enqueue_due(database, settings, MORNING) == 2
    assert all(enqueue_due(database, settings, MORNING + k * MINUTE) == 0 for k in range(3))
    rows = enqueued(database)
    assert [row.notice.recipient for row in rows] == list(DESK)
    first = rows[0].notice
    assert (first.channel, first.kind, first.dedup_key) == (
        "report",
        NoticeKind.REPORT,
        "report|2025-01-19",
    )
    assert first.event_at == MORNING
    assert first.payload == {"day": "2025-01-19", "rotations": []}


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/Berlin", date(2026, 3, 27)),
        ("Europe/Berlin", date(2026, 10, 23)),
        ("America/New_York", date(2026, 3, 6)),
        ("America/New_York", date(2026, 10, 30)),
        ("Asia/Kolkata", date(2026, 3, 27)),
    ],
)
def test_over_a_change_of_clocks_each_day_goes_once_at_its_local_time(
    database: Database, tmp_path: Path, zone: str, first: date
) -> None:
    settings = settings_of(tmp_path, recipients=DESK[:1], zone=zone)
    local = due_zone(settings)
    begin = day_window(first, local)[0]
    live(database, begin)
    put_steps(database, hours(begin - HOUR, begin + 6 * ONE))
    told: dict[str, datetime] = {}
    for k in range(5 * 24 * 4):
        now = begin + k * 15 * MINUTE
        enqueue_due(database, settings, now)
        for row in enqueued(database):
            told.setdefault(row.notice.payload["day"], now)
    assert list(told) == [(first + k * ONE).isoformat() for k in range(4)]
    assert set(days_told(database).values()) == {1}
    for moment in told.values():
        assert (moment.astimezone(local).hour, moment.astimezone(local).minute) in {(7, 0), (7, 15)}


def due_zone(settings: Settings) -> ZoneInfo:
    return ZoneInfo(settings.report.timezone)


def test_a_clock_that_is_set_back_a_day_and_forth_sends_nothing_twice(
    database: Database, settings: Settings
) -> None:
    live(database)
    put_steps(database, hours(SINCE - 5 * ONE, UNTIL))
    for shift in (0 * ONE, -ONE, -2 * ONE, 0 * ONE, -HOUR, 3 * MINUTE):
        enqueue_due(database, settings, MORNING + shift)
    assert set(days_told(database).values()) == {1}
    assert max(day for day, _ in days_told(database)) == DAY.isoformat()


def looked(database: Database, settings: Settings, since: datetime, minutes: int) -> list[int]:
    """What each look of a daemon added that looks once a minute, the first at ``since``."""
    clock = ManualClock(since)
    added: list[int] = []
    work = reports(database, settings, clock, lambda: None, asked_at=lambda: None)
    for _ in range(minutes):
        before = len(enqueued(database))
        asyncio.run(work())
        added.append(len(enqueued(database)) - before)
        clock.advance(MINUTE)
    return added


def test_a_day_waits_until_it_is_stepped(database: Database, settings: Settings) -> None:
    live(database, SINCE)
    put_steps(database, hours(SINCE, UNTIL - HOUR))
    assert sum(looked(database, settings, MORNING, 30)) == 0
    assert (
        sum(looked(database, settings, MORNING + 3 * HOUR, 30)) == 0
    )  # it has been down meanwhile
    put_steps(database, [UNTIL])
    assert looked(database, settings, MORNING + 4 * HOUR, 3) == [2, 0, 0]


def test_a_daemon_that_cannot_catch_up_reports_the_day_as_it_is_when_it_has_run_for_so_long(
    database: Database, settings: Settings
) -> None:
    """Over a restart, and neither the time without a daemon nor a clock that jumps counts."""
    live(database, SINCE)
    put_steps(database, hours(SINCE, UNTIL - 11 * HOUR))
    assert sum(looked(database, settings, MORNING, 71)) == 0  # 70 minutes
    for k in range(3):  # killed within its first minute, again and again
        assert looked(database, settings, MORNING + (2 + k) * HOUR, 1) == [0]
    assert looked(database, settings, MORNING + 9 * HOUR, 51) == [0] * 50 + [2]  # 50 more
    assert enqueue_due(database, settings, MORNING + ONE - MINUTE) == 0
    notice = enqueued(database)[0].notice
    mail = ReportMails(database, settings)(notice, MORNING + 10 * HOUR)
    assert (
        "The daemon is behind: up to 19 Jan 2025, 13:00 UTC. What came later is not in this report."
        in " ".join(mail.text.split())
    )


def test_a_clock_that_jumps_is_no_waiting(database: Database, settings: Settings) -> None:
    live(database, SINCE)
    for _ in range(20):
        assert enqueue_due(database, settings, MORNING, since_look=5 * HOUR) == 0
        assert enqueue_due(database, settings, MORNING, since_look=-5 * HOUR) == 0


def test_a_day_of_which_no_step_can_come_is_reported_at_once(
    database: Database, settings: Settings
) -> None:
    """The venues were asked after its last deadline and all that was due has been stepped: nothing."""
    live(database, SINCE)
    late = HOUR + settings.engine.deadline
    for asked_at in (None, SINCE, UNTIL + late - MINUTE):
        assert enqueue_due(database, settings, MORNING, asked_at=asked_at) == 0
    assert enqueue_due(database, settings, MORNING, asked_at=UNTIL + late) == 2
    mail = ReportMails(database, settings)(enqueued(database)[0].notice, MORNING)
    assert "NO DATA; no interval has been stepped yet" in mail.subject


def test_a_day_that_a_daemon_behind_has_not_begun_is_said_to_be_that(
    database: Database, settings: Settings
) -> None:
    put_steps(database, hours(SINCE - ONE, SINCE - 2 * HOUR))
    mail = ReportMails(database, settings)(
        report_notice(DAY, DESK[0], MORNING, MORNING), MORNING + 2 * HOUR
    )
    assert "NO DATA; the daemon is behind: up to 18 Jan 2025, 22:00 UTC" in mail.subject


def test_a_daemon_that_comes_back_fills_in_first_and_makes_up_for_three_days(
    database: Database, settings: Settings
) -> None:
    live(database)
    back = MORNING + 5 * ONE + 2 * HOUR
    put_steps(database, hours(SINCE, UNTIL))
    assert enqueue_due(database, settings, back) == 0
    put_steps(database, hours(UNTIL, UNTIL + 5 * ONE))
    assert enqueue_due(database, settings, back + MINUTE, since_look=MINUTE) == 6
    told = sorted({day for day, _ in days_told(database)})
    assert told == ["2025-01-22", "2025-01-23", "2025-01-24"]


def test_nothing_is_sent_of_days_before_the_monitor_first_ran(
    database: Database, settings: Settings
) -> None:
    put_steps(database, hours(SINCE - 3 * ONE, UNTIL))
    assert enqueue_due(database, settings, MORNING + HOUR) == 0  # it has never run
    live(database, MORNING)
    assert enqueue_due(database, settings, MORNING + HOUR) == 0
    put_steps(database, hours(UNTIL, UNTIL + ONE))
    assert enqueue_due(database, settings, MORNING + ONE) == 2


def test_without_recipients_nothing_is_claimed(database: Database, tmp_path: Path) -> None:
    live(database)
    put_steps(database, hours(SINCE, UNTIL))
    assert enqueue_due(database, settings_of(tmp_path), MORNING) == 0
    with database.read() as conn:
        assert reports_sent.sent_to(conn, DAY) == {}


def test_a_recipient_who_is_added_later_gets_it_and_the_others_do_not_again(
    database: Database, tmp_path: Path
) -> None:
    live(database, SINCE)
    put_steps(database, hours(SINCE, UNTIL))
    assert enqueue_due(database, settings_of(tmp_path, recipients=DESK[:1]), MORNING) == 1
    assert enqueue_due(database, settings_of(tmp_path, recipients=DESK), MORNING + HOUR) == 1
    assert days_told(database) == {(DAY.isoformat(), to): 1 for to in DESK}


def test_killed_between_claim_and_commit_it_goes_at_the_next_start(
    database: Database, settings: Settings
) -> None:
    live(database, SINCE)
    put_steps(database, hours(SINCE, UNTIL))
    with killed_write(database) as conn:
        for to in DESK:
            assert reports_sent.mark_sent(conn, DAY, to, MORNING)
            outbox.enqueue(conn, [report_notice(DAY, to, MORNING, MORNING)])
    assert enqueued(database) == []
    assert enqueue_due(database, settings, MORNING + MINUTE) == 2
    assert put_on_its_way(database, settings, DAY, list(DESK), MORNING + HOUR) == (
        0,
        dict.fromkeys(DESK, MORNING + MINUTE),
    )


def test_two_daemons_at_once_send_it_once(
    database: Database, database_url: str, settings: Settings
) -> None:
    live(database)
    put_steps(database, hours(SINCE - 5 * ONE, UNTIL))
    added: list[int] = []
    start = threading.Barrier(4)

    def daemon() -> None:
        own = open_database(database_url)
        try:
            start.wait()
            added.extend(enqueue_due(own, settings, MORNING + k * MINUTE) for k in range(3))
        finally:
            own.close()

    threads = [threading.Thread(target=daemon) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(added) == 6
    assert set(days_told(database).values()) == {1}
    assert len(days_told(database)) == 6


def test_a_due_time_of_late_evening_belongs_to_the_day_after(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, recipients=DESK, more="time = 23:30:00")
    assert due_days(settings, UNTIL + 12 * HOUR)[-1] == DAY - ONE
    assert due_days(settings, UNTIL + 23 * HOUR + 30 * MINUTE)[-1] == DAY
    assert len(due_days(settings, UNTIL)) == 3


@pytest.fixture
def letters(database: Database, settings: Settings) -> ReportMails:
    put_steps(database, hours(SINCE - ONE, UNTIL))
    return ReportMails(database, settings)


def test_a_report_is_drawn_once_for_all_recipients_and_says_when_it_is_late(
    letters: ReportMails, settings: Settings
) -> None:
    due = due_time(DAY, settings.report.time, due_zone(settings))
    one, two = (report_notice(DAY, to, due, due) for to in DESK)
    letter = letters(one, MORNING)
    assert letters(two, MORNING + 9 * MINUTE) is letter
    assert "Late by" not in letter.text
    late = letters(two, MORNING + 2 * HOUR)
    assert late is not letter
    assert late.text.split("\n\n")[1] == "Late by 2 h."
    assert letters(one, MORNING) is not late  # a clock set back draws anew
    assert "19 Jan 2025" in letter.subject
    assert len(letter.pictures) == 4
