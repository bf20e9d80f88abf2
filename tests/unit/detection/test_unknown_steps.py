"""Gaps and thin data: what is unknown neither counts nor breaks, and is never judged."""

from tests.unit.detection.stage import Stage, told

PAIR = ("ai", "memes")
LOUD = {PAIR: 3.4}


def test_half_an_hour_of_unknown_steps_neither_counts_nor_breaks() -> None:
    stage = Stage()
    stage.steps(3, LOUD)
    assert stage.steps(2, known=False) == []
    assert told(stage.step(LOUD)) == [("confirmed", *PAIR)]


def test_more_than_half_an_hour_of_unknown_steps_begins_the_wait_anew() -> None:
    stage = Stage()
    stage.steps(3, LOUD)
    assert "confirmed" not in {c.reason.value for c in stage.steps(3, known=False)}
    changes = stage.steps(3, LOUD)
    assert "confirmed" not in {c.reason.value for c in changes}
    assert told(stage.step(LOUD)) == [("confirmed", *PAIR)]


def test_nothing_opens_on_an_unknown_step_alone() -> None:
    stage = Stage()
    stage.step(LOUD)
    assert stage.step(LOUD, known=False) == []
    assert told(stage.step(LOUD)) == [("opened", *PAIR)]


def test_too_little_coverage_holds_a_rotation_and_its_return_resumes_it() -> None:
    stage = Stage()
    stage.hours(1, LOUD)
    (held,) = stage.step(covered=False)
    assert told([held]) == [("held", *PAIR)]
    assert held.rotation.held
    assert stage.hours(12, covered=False) == []
    (resumed,) = stage.step(LOUD)
    assert told([resumed]) == [("resumed", *PAIR)]
    assert not resumed.rotation.held


def test_time_without_coverage_does_not_count_towards_the_end() -> None:
    stage = Stage()
    stage.hours(1, LOUD)
    stage.hours(5.75)
    stage.hours(3, covered=False)
    changes = stage.step()
    assert told(changes) == [("resumed", *PAIR)]
    assert told(stage.hours(6)) == [("faded", *PAIR)]


def test_a_short_unknown_spell_is_not_told() -> None:
    stage = Stage()
    stage.hours(1, LOUD)
    assert stage.steps(2, known=False) == []
    assert told(stage.step(known=False)) == [("held", *PAIR)]
    assert told(stage.step(LOUD)) == [("resumed", *PAIR)]


def test_a_held_rotation_is_not_confirmed() -> None:
    stage = Stage()
    stage.steps(2, LOUD)
    stage.step(covered=False)
    changes = stage.steps(8, LOUD, covered=False)
    assert changes == []


def test_without_coverage_nothing_opens() -> None:
    stage = Stage()
    assert stage.hours(3, LOUD, covered=False) == []
