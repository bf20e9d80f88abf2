"""How whole a day was: blind spells, silent venues, refusals, notices that came late."""

from datetime import timedelta
from typing import Any

import pytest

from monitor.content.report import Outage, Refused, WaitingNotices, report_subject, report_text
from monitor.model.bars import Refusal, VenueHealth, VenueState
from monitor.model.grid import iso
from monitor.model.notice import Act, NoticeKind
from monitor.store import outbox, quarantine, venue_health
from monitor.store.database import Database
from tests.integration.reporting.stage import (
    MINUTE,
    MORNING,
    SINCE,
    UNTIL,
    VENUES,
    answered,
    gathered,
    hours,
    put_steps,
    universe,
)
from tests.integration.store import samples
from tests.integration.store.samples import HOUR

ONE = timedelta(days=1)


def all_answer(database: Database, venue: str, since: Any, until: Any, **how: Any) -> None:
    for market in universe().markets:
        if market.venue == venue:
            answered(database, market.id, since, until, **how)


@pytest.fixture
def stepped(database: Database) -> Database:
    """Every hour of the day and of the one before."""
    put_steps(database, hours(SINCE - ONE, UNTIL))
    return database


def test_a_whole_day_is_whole(stepped: Database) -> None:
    for venue in VENUES:
        all_answer(stepped, venue, SINCE, UNTIL)
    health = gathered(stepped).health
    assert health.whole
    assert health.coverage == {"ai-agents": 1.0, "benchmark": 1.0, "memes": 1.0}
    assert (health.blind, health.outages, health.late_notices) == ((), (), 0)


def test_hours_that_were_not_stepped_or_saw_nothing_are_blind(database: Database) -> None:
    put_steps(database, hours(SINCE - ONE, SINCE + 5 * HOUR))
    put_steps(database, hours(SINCE + 7 * HOUR, SINCE + 10 * HOUR))
    put_steps(database, [SINCE + 11 * HOUR], coverage=0.0)
    put_steps(database, hours(SINCE + 11 * HOUR, UNTIL - HOUR))
    facts = gathered(database)
    assert facts.health.blind == (
        (SINCE + 5 * HOUR, SINCE + 7 * HOUR),
        (SINCE + 10 * HOUR, SINCE + 11 * HOUR),
        (UNTIL - HOUR, UNTIL),
    )
    assert "PARTIAL DATA (nothing seen 05:00-07:00, nothing seen 10:00-11:00 and 1 more)" in (
        report_subject(facts)
    )


def test_a_record_that_begins_in_the_day_says_so_and_calls_nothing_before_it_blind(
    database: Database,
) -> None:
    put_steps(database, hours(SINCE + 9 * HOUR, UNTIL))
    facts = gathered(database)
    assert facts.health.blind == ()
    assert facts.health.begins == SINCE + 9 * HOUR
    assert not facts.health.whole
    assert "PARTIAL DATA (record begins 09:00)" in report_subject(facts)
    assert "The record begins 19 Jan 2025, 09:00 UTC." in report_text(facts, ())


def test_a_silent_venue_is_named_with_who_stood_in_and_what_nobody_saw(stepped: Database) -> None:
    lone = universe(without=["bybit:PIPPIN/USDT"])
    for market in lone.markets:
        if market.venue == "bybit":
            answered(stepped, market.id, SINCE, UNTIL)
    all_answer(stepped, "gate", SINCE, SINCE + 3 * HOUR)
    all_answer(stepped, "gate", SINCE + 9 * HOUR, UNTIL)
    facts = gathered(stepped, universe=lone)
    assert facts.health.outages == (
        Outage("gate", SINCE + 3 * HOUR, SINCE + 9 * HOUR, "", ("bybit",), ("PIPPIN",)),
    )
    assert "PARTIAL DATA (gate down 03:00-09:00)" in report_subject(facts)
    covered = gathered(stepped)
    assert covered.health.outages[0].lost == ("PIPPIN",)  # listed on bybit, yet bybit told nothing
    all_answer(stepped, "bybit", SINCE, UNTIL)
    assert gathered(stepped).health.outages[0].lost == ()
    assert gathered(stepped).health.whole


def test_what_a_venue_told_afterwards_was_missing_when_it_counted(database: Database) -> None:
    all_answer(database, "bybit", SINCE, UNTIL)
    all_answer(database, "gate", SINCE, SINCE + 3 * HOUR)
    all_answer(database, "gate", SINCE + 9 * HOUR, UNTIL)
    put_steps(database, hours(SINCE - ONE, UNTIL))
    all_answer(database, "gate", SINCE + 3 * HOUR, SINCE + 9 * HOUR, late=True)
    [outage] = gathered(database).health.outages
    assert (outage.venue, outage.since, outage.until) == (
        "gate",
        SINCE + 3 * HOUR,
        SINCE + 9 * HOUR,
    )
    assert (outage.covered_by, outage.lost) == (("bybit",), ())


def test_a_day_that_was_filled_in_afterwards_has_no_outage(stepped: Database) -> None:
    for venue in VENUES:
        all_answer(stepped, venue, SINCE, UNTIL, late=True)
    assert gathered(stepped).health.outages == ()


def test_where_the_monitor_itself_was_away_no_venue_is_blamed(database: Database) -> None:
    put_steps(database, [*hours(SINCE - ONE, SINCE + 3 * HOUR), *hours(SINCE + 9 * HOUR, UNTIL)])
    for venue in VENUES:
        all_answer(database, venue, SINCE, SINCE + 3 * HOUR)
        all_answer(database, venue, SINCE + 9 * HOUR, UNTIL)
    health = gathered(database).health
    assert health.outages == ()
    assert health.blind == ((SINCE + 3 * HOUR, SINCE + 9 * HOUR),)


def test_a_venue_that_is_still_down_says_why(stepped: Database) -> None:
    all_answer(stepped, "bybit", SINCE, UNTIL)
    all_answer(stepped, "gate", SINCE, SINCE + 20 * HOUR)
    down = VenueHealth("gate", VenueState.DOWN, SINCE + 20 * HOUR, error="503 from the exchange")
    with stepped.write() as conn:
        venue_health.save_health(conn, down)
    facts = gathered(stepped)
    assert facts.health.outages == (
        Outage("gate", SINCE + 20 * HOUR, None, "503 from the exchange", ("bybit",), ()),
    )
    text = " ".join(report_text(facts, ()).split())
    assert "Gate down since 20:00 (503 from the exchange); bybit covered it." in text
    back = VenueHealth("gate", VenueState.DOWN, UNTIL + 5 * HOUR, error="again")
    with stepped.write() as conn:
        venue_health.save_health(conn, back)
    assert gathered(stepped).health.outages[0].until == UNTIL  # it was well in between


def test_refusals_of_the_day_are_counted_by_venue_and_reason(stepped: Database) -> None:
    rows = [Refusal("gate", f"gate:{t}/USDT", None, "off_grid", "found") for t in ("A", "B")]
    with stepped.write() as conn:
        quarantine.add_refusals(conn, rows, SINCE + 3 * HOUR)
        quarantine.add_refusals(conn, rows[:1], SINCE + 5 * HOUR)
        quarantine.add_refusals(conn, rows, SINCE - HOUR)
        quarantine.add_refusals(conn, rows, UNTIL)
    assert gathered(stepped).health.refused == (Refused("gate", "off_grid", 3),)


def told(database: Database, key: str, *, after: timedelta | None, **changes: Any) -> None:
    """A notice of noon, delivered ``after`` it became known, or waiting still."""
    noon = SINCE + 12 * HOUR
    made = samples.notice(key, **({"event_at": noon, "due_at": noon, "thread": key} | changes))
    with database.write() as conn:
        outbox.enqueue(conn, [made])
        [row] = [
            r for r in outbox.list_notices(conn, SINCE - ONE, MORNING) if r.notice.dedup_key == key
        ]
        if after is not None:
            outbox.confirm(conn, row.id, at=made.event_at + after, receipt={})


def test_late_are_those_that_came_ten_minutes_after_they_were_known(stepped: Database) -> None:
    told(stepped, "in-time", after=9 * MINUTE)
    told(stepped, "late", after=11 * MINUTE)
    told(stepped, "yesterday", after=5 * HOUR, event_at=SINCE - HOUR)
    told(stepped, "test", after=HOUR, kind=NoticeKind.TEST)
    told(stepped, "edit", after=HOUR, act=Act.EDIT)
    until = iso(SINCE + 15 * HOUR)
    told(stepped, "held", after=3 * HOUR + MINUTE, payload={"held_until": until})
    told(stepped, "held-late", after=4 * HOUR, payload={"held_until": until})
    health = gathered(stepped).health
    assert (health.late_notices, health.undelivered, health.waiting) == (2, 0, ())


def test_what_waits_is_said_first_so_that_nobody_relies_on_a_late_channel(
    stepped: Database,
) -> None:
    told(stepped, "one", after=None)
    told(stepped, "two", after=None, event_at=SINCE + 20 * HOUR)
    told(stepped, "just-now", after=None, event_at=MORNING - MINUTE)
    told(stepped, "report", after=None, channel="report", kind=NoticeKind.REPORT)
    facts = gathered(stepped)
    assert facts.health.waiting == (WaitingNotices("Slack", 2, SINCE + 12 * HOUR),)
    assert facts.health.late_notices == 2
    line = "Slack is late: 2 notices wait, the oldest since 19 Jan 2025, 12:00 UTC."
    assert report_text(facts, ()).split("\n\n")[1] == line
    assert gathered(stepped, now=MORNING + 10 * ONE).health.waiting == ()  # no news by then


def test_what_was_refused_for_good_is_told_apart_from_what_was_late(stepped: Database) -> None:
    told(stepped, "gone", after=None)
    with stepped.write() as conn:
        [row] = outbox.list_notices(conn, SINCE, UNTIL)
        outbox.fail(conn, row.id, at=SINCE + 13 * HOUR, error="slack: channel_is_archived")
    facts = gathered(stepped)
    assert (facts.health.late_notices, facts.health.undelivered) == (0, 1)
    assert "Notices that their channel refused for good: 1." in report_text(facts, ())


def test_what_a_digest_tells_is_counted_once(stepped: Database) -> None:
    told(stepped, "one", after=None)
    told(stepped, "two", after=None)
    with stepped.write() as conn:
        rows = outbox.list_notices(conn, SINCE, UNTIL)
        outbox.tell_in(conn, [row.id for row in rows], "digest")
    told(stepped, "digest", after=2 * HOUR)
    health = gathered(stepped).health
    assert (health.late_notices, health.waiting) == (1, ())
