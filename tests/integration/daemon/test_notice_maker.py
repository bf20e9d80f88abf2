"""From steps to notices inside the transaction of the steps, on both databases."""

from datetime import time, timedelta

import pytest

from monitor.alerting.policy import IN_THREADS, AlertPolicy, Receiver
from monitor.model.notice import Act, NoticeKind
from monitor.model.rotation import ChangeReason, Severity, Status
from monitor.store import notes
from monitor.store.database import Database
from tests.integration.daemon.desk import HOUR, START, Desk, confirmed, step, turned
from tests.integration.store.samples import killed_write
from tests.kit.rotations import evidence, gaining, side

BOT = AlertPolicy(receivers=(Receiver("slack", IN_THREADS),), reminder_step=0.5)
CONFIRMED, FADED = ChangeReason.CONFIRMED, ChangeReason.FADED


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, BOT)


def test_a_turn_and_its_notices_are_stored_together(desk: Desk) -> None:
    made = desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    assert [n.act for n in made] == [Act.SAY, Act.PICTURE]
    assert [s.notice for s in desk.stored()] == made


def test_a_process_killed_in_the_transaction_has_told_nothing(desk: Desk) -> None:
    from monitor.store import outbox

    output = step(START, turned(confirmed(START), CONFIRMED, START))
    with killed_write(desk.database) as conn:
        outbox.enqueue(conn, desk.maker(conn, [output]))
    assert desk.stored() == []
    assert len(desk.batch(output)) == 2


def test_what_was_known_before_the_daemon_first_looked_is_told_to_nobody(
    database: Database,
) -> None:
    desk = Desk(database, BOT, live_from=START)
    assert desk.batch(step(START, turned(confirmed(START), CONFIRMED, START))) == []
    later = START + HOUR
    assert desk.batch(step(later, turned(confirmed(later), CONFIRMED, later))) != []


def test_turns_of_one_batch_know_of_each_other(desk: Desk) -> None:
    over = confirmed(START, status=Status.FADED, closed_at=START + HOUR)
    made = desk.batch(
        step(START, turned(confirmed(START), CONFIRMED, START)),
        step(START + HOUR, turned(over, FADED, START + HOUR)),
    )
    assert [n.act for n in made] == [Act.SAY, Act.PICTURE, Act.REPLY, Act.EDIT]
    assert made[3].payload["first"]["change"] == made[0].payload["change"]


def test_a_batch_makes_the_same_notices_as_its_steps_one_by_one(
    database_url: str, database: Database, new_url: object
) -> None:
    over = confirmed(START, status=Status.FADED, closed_at=START + 15 * HOUR)
    outputs = [
        step(
            START + k * HOUR,
            *([turned(confirmed(START), CONFIRMED, START)] if k == 0 else []),
            *([turned(over, FADED, START + 15 * HOUR)] if k == 15 else []),
        )
        for k in range(18)
    ]
    alone = Desk(database, BOT)
    one_by_one = [n for output in outputs for n in alone.batch(output)]
    assert NoticeKind.REMINDER in {n.kind for n in one_by_one}

    from monitor.store.database import open_database
    from monitor.store.migrations import upgrade

    other = open_database(new_url())  # type: ignore[operator]
    upgrade(other)
    together = Desk(other, BOT).batch(*outputs)
    other.close()
    assert together == one_by_one


def test_a_rotation_that_is_on_is_recalled_after_twelve_hours_and_says_what_it_did_since(
    desk: Desk,
) -> None:
    desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    made = desk.hours(START + HOUR, 26)
    assert [n.event_at - START for n in made] == [12 * HOUR, 24 * HOUR]
    # AI agents lost a hundredth an hour while the market stood
    assert made[0].payload["own_since"] == pytest.approx(-0.12)
    assert "-12.0" in made[0].payload["body"]


def test_a_critical_turn_in_quiet_hours_is_told_at_once_and_tells_what_they_held(
    database: Database,
) -> None:
    quiet = AlertPolicy(receivers=BOT.receivers, quiet=(time(12), time(20)))
    desk = Desk(database, quiet)
    held = desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    assert {n.due_at for n in held} == {START + 8 * HOUR}
    at = START + HOUR
    loud = confirmed(START, severity=Severity.CRITICAL)
    made = desk.batch(step(at, turned(loud, ChangeReason.SEVERITY, at)))
    assert [(n.act, n.due_at) for n in made] == [(Act.SAY, at), (Act.PICTURE, at)]
    assert [s.notice.told_in for s in desk.stored()] == [made[0].dedup_key] * 2 + [None] * 2


def test_the_same_within_one_batch(database: Database) -> None:
    quiet = AlertPolicy(receivers=BOT.receivers, quiet=(time(12), time(20)))
    at = START + HOUR
    loud = confirmed(START, severity=Severity.CRITICAL)
    made = Desk(database, quiet).batch(
        step(START, turned(confirmed(START), CONFIRMED, START)),
        step(at, turned(loud, ChangeReason.SEVERITY, at)),
    )
    assert [n.told_in for n in made] == [made[2].dedup_key] * 2 + [None] * 2


def test_what_stands_around_it_is_as_of_its_interval(desk: Desk) -> None:
    before = confirmed(
        START - 40 * HOUR, id="older", status=Status.FADED, closed_at=START - 30 * HOUR
    )
    desk.batch(step(START - 40 * HOUR, turned(before, CONFIRMED, START - 40 * HOUR)))
    desk.hours(START - 24 * HOUR, 24)
    with desk.database.write() as conn:
        notes.add_note(conn, START - HOUR, "TRUMP launched", START)
        notes.add_note(conn, START + HOUR, "not yet", START)
    (say, _) = desk.batch(step(START, turned(confirmed(START), CONFIRMED, START), seen=("bybit",)))
    (stored,) = [s.notice for s in desk.stored() if s.notice.dedup_key == say.dedup_key]
    around = stored.payload["around"]
    assert around["past"] == [1, 1]
    assert (around["venues"], around["missing"]) == ([1, 2], ["gate"])
    assert [text for _, text in around["notes"]] == ["TRUMP launched"]
    assert around["interval"] == "1h"
    assert around["ends_at"] == [1.2, 18.0]
    assert len(around["spark"]) == 13
    assert around["since"] == {}


def test_what_both_sides_did_since_detection_goes_with_a_later_turn(desk: Desk) -> None:
    desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    desk.hours(START + HOUR, 9)
    at = START + 10 * HOUR
    over = confirmed(START, status=Status.FADED, closed_at=at)
    reply, _ = desk.batch(step(at, turned(over, FADED, at)))
    around = reply.payload["around"]
    assert around["since"] == pytest.approx({"ai-agents": -0.1, "memes": 0.05})
    assert around["own_since"] == pytest.approx({"ai-agents": -0.1, "memes": 0.05})


def test_the_rank_counts_other_rotations_of_the_month_by_their_strongest_score(desk: Desk) -> None:
    for days, score in ((40, 9.0), (20, 4.0), (10, 2.0)):
        at = START - days * timedelta(days=1)
        told = confirmed(at, id=f"rot-{days}", from_sector="defi", peak_score=score)
        desk.batch(step(at, turned(told, CONFIRMED, at)))
        over = confirmed(
            at, id=f"rot-{days}", from_sector="defi", peak_score=score, status=Status.FADED,
            closed_at=at + HOUR,
        )  # fmt: skip
        desk.batch(step(at + HOUR, turned(over, FADED, at + HOUR)))
    say, _ = desk.batch(step(START, turned(confirmed(START, score=3.4), CONFIRMED, START)))
    assert say.payload["around"]["among"] == {"place": 2, "of": 3, "whole": True}


def test_a_raise_knows_the_own_move_that_was_told_before(desk: Desk) -> None:
    first = confirmed(START)
    desk.batch(step(START, turned(first, CONFIRMED, START)))
    at = START + HOUR
    smaller = evidence(at=at, window_h=4, from_side=side(own_return=-0.03))
    loud = confirmed(START, severity=Severity.CRITICAL, evidence=smaller)
    reply = desk.batch(step(at, turned(loud, ChangeReason.SEVERITY, at)))[0]
    assert reply.payload["around"]["told_before"] == {"own": -0.072, "window_h": 24}


def test_a_reversal_knows_what_was_won_back(desk: Desk) -> None:
    desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    at = START + HOUR
    back = confirmed(
        at, id="rot-back", from_sector="memes", to_sector="ai-agents", reverses="rot-7f3a",
        evidence=evidence(at=at, from_side=side("memes"), to_side=gaining("ai-agents")),
    )  # fmt: skip
    over = confirmed(START, status=Status.REVERSED, closed_at=at, reversed_by="rot-back")
    made = desk.batch(
        step(at, turned(back, CONFIRMED, at), turned(over, ChangeReason.REVERSED, at))
    )
    around = next(
        n.payload["around"] for n in made if n.payload.get("change", {}).get("reason") == "reversed"
    )
    assert around["won_back"] == {"own": pytest.approx(0.055), "window_h": 24}


def test_other_sectors_that_lost_to_the_same_one_are_named(desk: Desk) -> None:
    other = confirmed(START - 2 * HOUR, id="other", from_sector="defi")
    desk.batch(step(START - 2 * HOUR, turned(other, CONFIRMED, START - 2 * HOUR)))
    say, _ = desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    assert say.payload["around"]["also_from"] == ["defi"]


def test_reminders_look_no_oftener_than_once_an_hour(database: Database) -> None:
    desk = Desk(database, BOT)
    desk.batch(step(START, turned(confirmed(START), CONFIRMED, START)))
    off = START + 12 * HOUR + timedelta(minutes=30)
    assert desk.batch(step(off)) == []
    assert len(desk.batch(step(START + 13 * HOUR))) == 1
