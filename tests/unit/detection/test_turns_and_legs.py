"""Several rotations at once: turns, further legs, wide drains."""

from datetime import timedelta

import pytest

from monitor.model.rotation import Launch, Severity, Status
from tests.unit.detection.stage import MEMES, START, Stage, told

THERE, BACK = ("ai", "memes"), ("memes", "ai")
LOUD = 3.4


def test_the_opposite_pair_confirmed_reverses_a_rotation_that_is_on() -> None:
    stage = Stage()
    stage.hours(1, {THERE: LOUD})
    changes = stage.hours(1, {BACK: LOUD})
    assert told(changes) == [("opened", *BACK), ("confirmed", *BACK), ("reversed", *THERE)]
    _, new, old = (change.rotation for change in changes)
    assert new.reverses == old.id
    assert old.reversed_by == new.id
    assert old.status is Status.REVERSED
    assert old.closed_at == stage.at


def test_a_faded_rotation_is_still_reversed_within_seven_days_and_keeps_its_end() -> None:
    stage = Stage()
    stage.hours(1, {THERE: LOUD})
    (faded,) = stage.hours(6)
    stage.hours(7 * 24 - 1)
    changes = stage.hours(1, {BACK: LOUD})
    (reversed_one,) = [c for c in changes if c.reason.value == "reversed"]
    assert reversed_one.rotation.id == faded.rotation.id
    assert reversed_one.rotation.closed_at == faded.changed_at


def test_after_seven_days_a_faded_rotation_stays_faded() -> None:
    stage = Stage()
    stage.hours(1, {THERE: LOUD})
    stage.hours(6)
    stage.hours(7 * 24)
    changes = stage.hours(1, {BACK: LOUD})
    assert told(changes) == [("opened", *BACK), ("confirmed", *BACK)]
    assert changes[-1].rotation.reverses is None


def test_a_rotation_that_was_never_confirmed_cannot_be_reversed() -> None:
    stage = Stage()
    stage.steps(2, {THERE: 2.6})
    changes = stage.hours(1, {BACK: LOUD})
    assert told(changes) == [("opened", *BACK), ("confirmed", *BACK)]


def test_the_turn_back_counts_as_one_for_the_volume_witness_for_seven_days() -> None:
    stage = Stage()
    stage.hours(1, {THERE: LOUD})
    names = (BACK, THERE)
    week = timedelta(days=7)
    assert stage.ledger.reversing(names, stage.at + week, stage.p).tolist() == [True, False]
    after = stage.at + week + stage.width
    assert stage.ledger.reversing(names, after, stage.p).tolist() == [False, False]


def test_a_way_back_has_no_way_back_of_its_own() -> None:
    stage = Stage()
    stage.hours(1, {THERE: LOUD})
    stage.hours(1, {BACK: LOUD})
    # swinging sectors would be told to and fro: back stays easier, there again must stand by itself
    assert stage.ledger.reversing((BACK, THERE), stage.at, stage.p).tolist() == [True, False]


@pytest.mark.parametrize("second", [("ai", "defi"), ("defi", "memes")])
def test_a_pair_that_shares_a_side_within_a_day_is_a_leg(second: tuple[str, str]) -> None:
    stage = Stage()
    (_, first) = stage.hours(1, {THERE: LOUD})
    changes = stage.hours(1, {THERE: LOUD, second: LOUD})
    assert told(changes) == [("opened", *second), ("leg", *second)]
    leg = changes[-1].rotation
    assert leg.joins == first.rotation.id
    assert leg.status is Status.CONFIRMED
    assert leg.confirmed_at == stage.at


def test_after_a_day_a_pair_that_shares_a_side_alarms_by_itself() -> None:
    stage = Stage()
    stage.hours(1, {THERE: LOUD})
    stage.hours(23.25, {THERE: LOUD})
    changes = stage.hours(1, {THERE: LOUD, ("ai", "defi"): LOUD})
    assert ("confirmed", "ai", "defi") in told(changes)


def test_a_pair_that_shares_no_side_alarms_by_itself() -> None:
    stage = Stage()
    stage.hours(1, {THERE: LOUD})
    changes = stage.hours(1, {("memes", "defi"): LOUD})
    assert told(changes)[-1] == ("confirmed", "memes", "defi")


def test_of_pairs_confirmed_in_one_step_the_strongest_leads() -> None:
    stage = Stage()
    other = ("ai", "defi")
    changes = stage.hours(1, {other: 3.2, THERE: 3.6})
    assert told(changes)[2:] == [("confirmed", *THERE), ("leg", *other)]
    assert changes[3].rotation.joins == changes[2].rotation.id


def test_legs_join_the_alarm_and_not_one_another() -> None:
    stage = Stage()
    stage.hours(1, {THERE: LOUD})
    stage.hours(1, {("ai", "defi"): LOUD})  # a leg by its source
    changes = stage.hours(1, {("memes", "defi"): LOUD})  # shares a side with the leg only
    assert told(changes)[-1] == ("confirmed", "memes", "defi")


def test_a_turn_is_never_a_leg() -> None:
    stage = Stage()
    stage.hours(1, {THERE: LOUD})
    stage.hours(1, {("memes", "defi"): LOUD})
    changes = stage.hours(1, {BACK: LOUD})  # shares its source with memes -> defi
    assert told(changes)[1] == ("confirmed", *BACK)


def test_two_sources_that_lose_to_a_young_launch_are_critical() -> None:
    stage = Stage()
    stage.answers.launched[MEMES] = (Launch("TRUMP", "memes", START, 10.0),)
    stage.hours(1, {THERE: LOUD})
    both = {THERE: LOUD, ("defi", "memes"): LOUD}
    changes = stage.steps(5, both)
    leg = next(c for c in changes if c.reason.value == "leg")
    assert leg.rotation.severity is Severity.CRITICAL
    raised = changes[-1]
    assert told([raised]) == [("severity", *THERE)]
    assert raised.rotation.severity is Severity.CRITICAL


def test_two_sources_without_a_launch_stay_warnings() -> None:
    stage = Stage()
    stage.hours(1, {THERE: LOUD})
    changes = stage.steps(6, {THERE: LOUD, ("defi", "memes"): LOUD})
    assert {c.rotation.severity for c in changes} == {Severity.WATCH, Severity.WARNING}
    assert told(changes) == [("opened", "defi", "memes"), ("leg", "defi", "memes")]
