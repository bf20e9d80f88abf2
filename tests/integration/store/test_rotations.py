"""Rotations as they stand, their changes, and that what was decided stands."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from monitor.model.rotation import ChangeReason, Outcome, Severity, Status
from monitor.store import rotations
from monitor.store.database import Database
from monitor.store.errors import StoreError
from tests.integration.store.samples import HOUR, at, change, rotation

FIVE_OCLOCK = at("2025-01-19T05:00")
OPENED = rotation()
CONFIRMED = replace(
    OPENED,
    status=Status.CONFIRMED,
    severity=Severity.WARNING,
    confirmed_at=FIVE_OCLOCK + HOUR,
    outcomes={"24h": Outcome(0.064, 1.2, held=True), "72h": None},
)


def save(database: Database, *changes: object) -> None:
    with database.write() as conn:
        rotations.save_changes(conn, changes)  # type: ignore[arg-type]


def test_a_rotation_stands_as_its_last_change_left_it(database: Database) -> None:
    opened = change(OPENED, ChangeReason.OPENED)
    confirmed = change(CONFIRMED, ChangeReason.CONFIRMED, FIVE_OCLOCK + HOUR)
    save(database, opened)
    save(database, confirmed)
    with database.read() as conn:
        assert rotations.list_rotations(conn) == [CONFIRMED]
        assert rotations.list_changes(conn) == [opened, confirmed]


def test_changes_stored_again_change_nothing(database: Database) -> None:
    opened = change(OPENED, ChangeReason.OPENED)
    confirmed = change(CONFIRMED, ChangeReason.CONFIRMED, FIVE_OCLOCK + HOUR)
    save(database, opened, confirmed)
    save(database, opened)  # a fold over history that starts again
    with database.read() as conn:
        assert rotations.list_rotations(conn) == [CONFIRMED]
        assert rotations.list_changes(conn) == [opened, confirmed]


def test_two_changes_at_one_time_are_taken_in_their_order(database: Database) -> None:
    critical = replace(CONFIRMED, severity=Severity.CRITICAL)
    both = [
        change(CONFIRMED, ChangeReason.CONFIRMED, FIVE_OCLOCK + HOUR),
        change(critical, ChangeReason.SEVERITY, FIVE_OCLOCK + HOUR),
    ]
    save(database, *both)
    with database.read() as conn:
        assert rotations.list_rotations(conn) == [critical]
        assert rotations.list_changes(conn) == both


def test_rotations_are_listed_by_detection_and_filtered(database: Database) -> None:
    late = rotation("r0", FIVE_OCLOCK + 2 * HOUR)
    back = rotation("r2", FIVE_OCLOCK + HOUR, from_sector="memes", to_sector="ai-agents")
    save(database, *(change(one, ChangeReason.OPENED) for one in (late, CONFIRMED, back)))
    with database.read() as conn:
        assert rotations.list_rotations(conn) == [CONFIRMED, back, late]
        assert rotations.list_rotations(conn, since=FIVE_OCLOCK + HOUR) == [back, late]
        assert rotations.list_rotations(conn, until=FIVE_OCLOCK + HOUR) == [CONFIRMED]
        assert rotations.list_rotations(conn, status=Status.CONFIRMED) == [CONFIRMED]
        assert rotations.list_rotations(conn, pair=("memes", "ai-agents")) == [back]


def test_changes_are_listed_by_time_and_rotation(database: Database) -> None:
    other = rotation("r2")
    changes = [
        change(OPENED, ChangeReason.OPENED),
        change(other, ChangeReason.OPENED),
        change(CONFIRMED, ChangeReason.CONFIRMED, FIVE_OCLOCK + HOUR),
    ]
    save(database, *changes)
    with database.read() as conn:
        assert rotations.list_changes(conn, rotation_id="r1") == [changes[0], changes[2]]
        assert rotations.list_changes(conn, since=FIVE_OCLOCK + HOUR) == [changes[2]]
        assert rotations.list_changes(conn, until=FIVE_OCLOCK + HOUR) == changes[:2]


def test_a_rotation_is_found_by_the_beginning_of_its_id(database: Database) -> None:
    names = ("abc1", "abd2", "a%c3", "abc")
    save(database, *(change(rotation(name), ChangeReason.OPENED) for name in names))
    with database.read() as conn:
        assert rotations.get_rotation(conn, "abd") == rotation("abd2")
        assert rotations.get_rotation(conn, "abc") == rotation("abc")  # whole ids come first
        assert rotations.get_rotation(conn, "a%") == rotation("a%c3")  # no wildcard
        assert rotations.get_rotation(conn, "x") is None
        with pytest.raises(StoreError, match="abc, abc1, abd2"):
            rotations.get_rotation(conn, "ab")


def test_a_change_without_its_rotation_cannot_be(database: Database) -> None:
    save(database, change(OPENED, ChangeReason.OPENED))
    with pytest.raises(StoreError, match=r"(?i)foreign key"), database.write() as conn:
        conn.execute(text("DELETE FROM rotation"))


def test_what_was_on_and_how_strong_it_had_been_is_told_as_of_then(database: Database) -> None:
    faded = replace(
        CONFIRMED, status=Status.FADED, closed_at=FIVE_OCLOCK + 3 * HOUR, peak_score=9.0
    )
    other = rotation("r2", FIVE_OCLOCK + HOUR)
    save(
        database,
        change(OPENED, ChangeReason.OPENED),
        change(CONFIRMED, ChangeReason.CONFIRMED, FIVE_OCLOCK + HOUR),
        change(other, ChangeReason.OPENED, FIVE_OCLOCK + HOUR),
        change(faded, ChangeReason.FADED, FIVE_OCLOCK + 3 * HOUR),
    )
    then, since = FIVE_OCLOCK + 2 * HOUR, FIVE_OCLOCK - HOUR
    with database.read() as conn:
        assert rotations.on_at(conn, then, changed_since=since) == [CONFIRMED, other]
        assert rotations.on_at(conn, then, changed_since=then) == []
        assert rotations.on_at(conn, FIVE_OCLOCK, changed_since=since) == [OPENED]
        assert rotations.on_at(conn, then + HOUR, changed_since=since) == [other]
        peaks = rotations.peaks_known_at(conn, then, detected_since=since)
        assert peaks == {"r1": CONFIRMED.peak_score, "r2": other.peak_score}
        assert rotations.peaks_known_at(conn, then + HOUR, detected_since=since)["r1"] == 9.0
        assert [*rotations.peaks_known_at(conn, then, detected_since=FIVE_OCLOCK + HOUR)] == ["r2"]


def test_flags_of_a_pair_are_counted_without_what_was_on_at_the_start(database: Database) -> None:
    back = replace(rotation("r3"), from_sector=OPENED.to_sector, to_sector=OPENED.from_sector)
    begun = replace(rotation("r0", FIVE_OCLOCK - HOUR), at_start=True)
    save(
        database,
        change(begun, ChangeReason.OPENED),
        change(CONFIRMED, ChangeReason.CONFIRMED),
        change(back, ChangeReason.OPENED),
        change(rotation("r2", FIVE_OCLOCK + HOUR), ChangeReason.OPENED),
    )
    with database.read() as conn:
        assert rotations.flags_before(conn, OPENED.pair, FIVE_OCLOCK) == (0, 0)
        assert rotations.flags_before(conn, OPENED.pair, FIVE_OCLOCK + HOUR) == (1, 1)
        assert rotations.flags_before(conn, OPENED.pair, FIVE_OCLOCK + 2 * HOUR) == (2, 1)
        assert rotations.flags_before(conn, back.pair, FIVE_OCLOCK + HOUR) == (1, 0)
