"""What of the store is in a day's report, and what is not."""

from datetime import date, timedelta

from monitor.content.report import report_text
from monitor.model.rotation import ChangeReason, Condition, Status
from monitor.model.state import MemberEvent, MemberEventKind
from monitor.reporting.compose import day_facts
from monitor.settings.load import load_settings
from monitor.store import bars, notes, readings, rotations
from monitor.store.database import Database
from tests.integration.commands.stage import ROOT
from tests.integration.reporting.stage import (
    DAY,
    MORNING,
    SINCE,
    UNTIL,
    gathered,
    hours,
    put_steps,
    universe,
)
from tests.integration.store import samples
from tests.integration.store.samples import HOUR, at
from tests.kit.stored import save_step

ONE = timedelta(days=1)


def test_a_step_belongs_to_the_day_in_which_it_closes(database: Database) -> None:
    put_steps(database, hours(SINCE - 3 * HOUR, UNTIL + 3 * HOUR))
    facts = gathered(database)
    closes = sorted({close for close, _ in facts.steps})
    assert (closes[0], closes[-1], len(closes)) == (SINCE + HOUR, UNTIL, 24)
    assert facts.close is not None
    assert facts.close.close_time == UNTIL
    assert facts.series[-1][0] == UNTIL
    assert facts.series[0][0] == SINCE - 2 * HOUR
    assert [s.id for s in facts.sectors] == ["ai-agents", "memes", "benchmark"]


def test_the_day_is_that_of_the_zone(database: Database) -> None:
    put_steps(database, hours(SINCE - ONE, UNTIL + ONE))
    facts = gathered(database, zone="America/New_York", now=MORNING + ONE)
    assert (facts.since, facts.until) == (at("2025-01-19T05:00"), at("2025-01-20T05:00"))
    spring = gathered(
        database, zone="Europe/Berlin", day=date(2025, 3, 30), now=at("2025-03-31T09:00")
    )
    assert spring.until - spring.since == 23 * HOUR


def test_the_series_ends_with_the_last_step_where_that_is_on_no_whole_hour(
    database: Database,
) -> None:
    quarter = timedelta(minutes=15)
    put_steps(database, [*hours(SINCE, UNTIL - HOUR), UNTIL - quarter])
    facts = gathered(database, width=quarter)
    assert facts.series[-1][0] == UNTIL - quarter
    assert len({close for close, _ in facts.series}) == 24


def test_rotations_stand_as_they_did_when_the_day_ended(database: Database) -> None:
    found = samples.rotation("rot-1", SINCE + 5 * HOUR)
    over = samples.rotation(
        "rot-1", SINCE + 5 * HOUR, status=Status.FADED, closed_at=UNTIL + 2 * HOUR
    )
    old = samples.rotation("rot-0", SINCE - 80 * HOUR)
    closed = samples.rotation(
        "rot-0", SINCE - 80 * HOUR, status=Status.FADED, closed_at=SINCE - HOUR
    )
    ancient = samples.rotation("rot-a", SINCE - 95 * ONE)
    put_steps(database, hours(SINCE, UNTIL))
    with database.write() as conn:
        for rotation, reason, when in (
            (ancient, ChangeReason.OPENED, SINCE - 95 * ONE),
            (old, ChangeReason.OPENED, SINCE - 80 * HOUR),
            (closed, ChangeReason.FADED, SINCE - HOUR),
            (found, ChangeReason.OPENED, SINCE + 5 * HOUR),
            (over, ChangeReason.FADED, UNTIL + 2 * HOUR),
        ):
            rotations.save_changes(conn, [samples.change(rotation, reason, when)])
    facts = gathered(database)
    assert [(r.id, r.status) for r in facts.rotations] == [
        ("rot-a", Status.OPEN),
        ("rot-1", Status.OPEN),
    ]
    assert [(c.rotation.id, c.reason) for c in facts.changes] == [("rot-1", ChangeReason.OPENED)]
    assert [r.id for r in facts.past] == ["rot-0", "rot-1"]


def test_of_each_pair_the_reading_that_came_nearest_is_told(database: Database) -> None:
    put_steps(database, hours(SINCE, UNTIL))
    none_met = (Condition("score", 1.0, 3.0, met=False), Condition("x", 0.1, 0.5, met=False))
    with database.write() as conn:
        readings.save_readings(
            conn,
            [
                samples.reading(SINCE, 9.0),  # yesterday's last
                samples.reading(SINCE + HOUR, 5.0, conditions=none_met),
                samples.reading(SINCE + 2 * HOUR, 1.5),
                samples.reading(SINCE + 3 * HOUR, 2.5),
                samples.reading(SINCE + 4 * HOUR, None),
                samples.reading(SINCE + 5 * HOUR, 0.1, from_sector="memes", to_sector="ai-agents"),
                samples.reading(UNTIL + HOUR, 9.0),
            ],
        )
    found = {(r.from_sector, r.to_sector): r for r in gathered(database).readings}
    assert found["ai-agents", "memes"] == samples.reading(SINCE + 3 * HOUR, 2.5)
    assert found["memes", "ai-agents"].score == 0.1


def test_notes_reach_a_week_back_and_a_week_ahead(database: Database) -> None:
    put_steps(database, hours(SINCE, UNTIL))
    with database.write() as conn:
        for days in (-8, -5, 0, 5, 8):
            notes.add_note(conn, SINCE + days * ONE + HOUR, f"note {days}", MORNING)
    assert [text for _, text in gathered(database).notes] == ["note -5", "note 0", "note 5"]


def test_notes_that_were_written_after_the_report_was_due_are_counted_and_not_told(
    database: Database,
) -> None:
    put_steps(database, hours(SINCE, UNTIL))
    with database.write() as conn:
        notes.add_note(conn, SINCE + HOUR, "in time", MORNING)
        notes.add_note(conn, SINCE + 2 * HOUR, "the day's, later", MORNING + HOUR)
        notes.add_note(conn, UNTIL + 3 * HOUR, "a later day's, later", MORNING + HOUR)
    facts = gathered(database, now=MORNING + 30 * ONE, notes_by=MORNING)
    assert [text for _, text in facts.notes] == ["in time"]
    assert facts.later_notes == 1
    told = " ".join(report_text(facts, ()).split())
    assert "1 note was written after this report was due: not told here." in told


def test_a_report_asked_for_long_after_knows_no_more_than_the_one_that_was_due(
    database: Database,
) -> None:
    put_steps(database, hours(SINCE, UNTIL))
    with database.write() as conn:
        notes.add_note(conn, SINCE + HOUR, "in time", UNTIL)
        notes.add_note(conn, SINCE + HOUR, "in hindsight", UNTIL + ONE)
    settings = load_settings(ROOT / "config" / "monitor.toml", {})
    facts = day_facts(database, settings, DAY, now=MORNING + 30 * ONE)
    assert [text for _, text in facts.notes] == ["in time"]


def test_a_usual_volume_needs_a_week_and_is_the_median_of_the_same_hour(
    database: Database,
) -> None:
    put_steps(database, [UNTIL - k * ONE for k in range(7)])
    assert gathered(database).volume_medians == {}  # six days before, and the day itself
    put_steps(database, [UNTIL - 7 * ONE])
    assert gathered(database).volume_medians["DOGE"] == 1e7


def test_events_of_the_month_and_venues_of_the_day(database: Database) -> None:
    put_steps(database, hours(SINCE, UNTIL))
    joined = MemberEvent(SINCE - 5 * ONE, MemberEventKind.LAUNCH, "memes", "TRUMP", 0.1, 1e9)
    with database.write() as conn:
        save_step(conn, samples.output(SINCE - 5 * ONE, events=(joined,)), SINCE)
        for venue, opened in (("gate", SINCE), ("bybit", UNTIL), ("mexc", SINCE)):
            row = samples.bar(f"{venue}:DOGE/USDT", opened)
            bars.save_bars(conn, [row], width=HOUR, received_at=MORNING)
    facts = gathered(database)
    assert list(facts.events) == [joined]
    assert facts.venues == ["gate"]  # bybit traded on the next day, mexc is not of this universe


def test_a_day_without_a_step_says_why(database: Database) -> None:
    def why(**changes: object) -> str:
        facts = gathered(database, **changes)
        assert facts.close is None
        assert not facts.steps
        return facts.why_empty

    assert why() == "no interval has been stepped yet"
    put_steps(database, [UNTIL + 5 * HOUR])
    assert why() == "the record begins 20 Jan 2025, 05:00 UTC"
    put_steps(database, [SINCE - HOUR])
    assert (
        why() == "the monitor was not running from 18 Jan 2025, 23:00 UTC to 20 Jan 2025, 05:00 UTC"
    )
    later = DAY + 10 * ONE
    assert (
        why(day=later, now=MORNING + 20 * ONE)
        == "no interval has been stepped since 20 Jan 2025, 05:00 UTC"
    )
    assert why(day=later, now=SINCE + 10 * ONE + HOUR).startswith("the day is not over, and no")


def test_a_day_that_is_not_over_is_told_as_of_its_last_step(database: Database) -> None:
    put_steps(database, hours(SINCE - ONE, SINCE + 14 * HOUR))
    facts = gathered(database, now=SINCE + 14 * HOUR + timedelta(minutes=20))
    assert facts.close is not None
    assert facts.close.close_time == SINCE + 14 * HOUR
    assert facts.health.blind == ()
    assert facts.health.whole


def test_spells_without_a_step_before_the_day_are_kept_for_the_charts(database: Database) -> None:
    put_steps(database, hours(SINCE - 10 * HOUR, SINCE - 6 * HOUR))
    put_steps(database, hours(SINCE + 2 * HOUR, UNTIL))
    facts = gathered(database)
    assert list(facts.gaps) == [(SINCE - 6 * HOUR, SINCE)]
    assert facts.health.blind == ((SINCE, SINCE + 2 * HOUR),)


def test_a_market_that_nobody_listed_is_gathered_like_any_other(database: Database) -> None:
    put_steps(database, hours(SINCE, UNTIL))
    everything = [m.id for m in universe().markets]
    assert gathered(database, universe=universe(without=everything)).venues == []
