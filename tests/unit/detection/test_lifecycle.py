"""The life of one rotation under scores set by hand, in steps of 15 minutes unless said."""

from datetime import timedelta

import pytest

from monitor.detection.parameters import DetectionParameters
from monitor.model.rotation import Severity, Status
from tests.unit.detection.stage import AI, MEMES, START, Stage, told

PAIR = ("ai", "memes")
LOUD, FAIR, WEAK, QUIET = {PAIR: 3.4}, {PAIR: 2.6}, {PAIR: 1.5}, {PAIR: 1.1}
QUARTER = timedelta(minutes=15)


def confirmed(stage: Stage) -> Stage:
    stage.hours(1, LOUD)
    return stage


def test_half_an_hour_above_the_lower_bound_opens() -> None:
    stage = Stage()
    assert stage.step(FAIR) == []
    (opened,) = stage.step(FAIR)
    assert told([opened]) == [("opened", *PAIR)]
    assert opened.changed_at == opened.rotation.detected_at == START + 2 * QUARTER
    assert (opened.rotation.status, opened.rotation.severity) == (Status.OPEN, Severity.WATCH)
    assert opened.rotation.confirmed_at is None


def test_an_hour_above_the_upper_bound_confirms() -> None:
    stage = Stage()
    stage.steps(3, LOUD)
    (confirmation,) = stage.step(LOUD)
    assert told([confirmation]) == [("confirmed", *PAIR)]
    rotation = confirmation.rotation
    assert rotation.confirmed_at == START + 4 * QUARTER
    assert rotation.detected_at == START + 2 * QUARTER
    assert (rotation.status, rotation.severity) == (Status.CONFIRMED, Severity.WARNING)


def test_one_step_below_the_bound_breaks_the_hour() -> None:
    stage = Stage()
    stage.steps(3, LOUD)
    stage.step({PAIR: 2.99})
    assert stage.steps(3, LOUD) == []
    assert told(stage.step(LOUD)) == [("confirmed", *PAIR)]


@pytest.mark.parametrize(
    ("minutes", "steps_to_open", "steps_to_confirm"), [(5, 6, 12), (15, 2, 4), (60, 2, 2)]
)
def test_persistence_is_a_time_but_never_a_single_bar(
    minutes: int, steps_to_open: int, steps_to_confirm: int
) -> None:
    stage = Stage(width=timedelta(minutes=minutes))
    at = {change.reason.value: change.changed_at for change in stage.steps(12, LOUD)}
    assert at["opened"] == START + steps_to_open * stage.width
    assert at["confirmed"] == START + steps_to_confirm * stage.width


def test_the_id_is_made_of_pair_and_time_alone() -> None:
    first, second = (Stage().steps(2, FAIR)[0].rotation.id for _ in range(2))
    # sha256 of "ai|memes|2024-03-01T00:30:00Z"
    assert first == second == "rot-6523e558"


def test_an_open_one_fades_after_two_hours_below_the_lowest_bound() -> None:
    stage = Stage()
    stage.steps(2, FAIR)
    assert stage.steps(7, QUIET) == []
    (faded,) = stage.step(QUIET)
    assert told([faded]) == [("faded", *PAIR)]
    assert faded.rotation.status is Status.FADED
    assert faded.rotation.closed_at == faded.changed_at


def test_between_the_bounds_an_open_one_waits_and_is_given_up_after_twelve_hours() -> None:
    stage = Stage()
    stage.steps(2, FAIR)
    assert stage.hours(11.75, WEAK) == []
    assert told(stage.step(WEAK)) == [("faded", *PAIR)]


def test_what_is_confirmed_as_the_twelve_hours_end_is_not_given_up() -> None:
    stage = Stage()
    stage.steps(2, FAIR)
    stage.hours(11, WEAK)
    assert told(stage.hours(1, LOUD)) == [("confirmed", *PAIR)]


def test_a_confirmed_one_fades_after_six_hours_below_the_lowest_bound() -> None:
    stage = confirmed(Stage())
    assert stage.hours(5.75, QUIET) == []
    assert told(stage.step(QUIET)) == [("faded", *PAIR)]


def test_no_qualifying_horizon_counts_as_below_every_bound() -> None:
    stage = confirmed(Stage())
    assert told(stage.hours(6)) == [("faded", *PAIR)]


def test_one_step_at_the_lowest_bound_starts_the_wait_anew() -> None:
    stage = confirmed(Stage())
    stage.hours(5.75, QUIET)
    stage.step({PAIR: 1.2})
    assert stage.hours(5.75, QUIET) == []
    assert told(stage.step(QUIET)) == [("faded", *PAIR)]


def test_what_is_still_on_after_seven_days_expires() -> None:
    stage = confirmed(Stage())
    changes = stage.hours(7 * 24, LOUD)
    (expired,) = [c for c in changes if c.reason.value == "expired"]
    assert expired.rotation.status is Status.EXPIRED
    assert expired.changed_at == expired.rotation.detected_at + timedelta(days=7)


def test_a_score_of_four_is_critical_and_severity_never_falls() -> None:
    stage = confirmed(Stage())
    assert stage.step({PAIR: 4.0}) == []  # a single step is no severity
    (raised,) = stage.step({PAIR: 4.0})
    assert told([raised]) == [("severity", *PAIR)]
    assert raised.rotation.severity is Severity.CRITICAL
    assert stage.hours(2, LOUD) == []
    (faded,) = stage.hours(6, QUIET)
    assert faded.rotation.severity is Severity.CRITICAL


def test_confirmed_at_four_it_is_critical_at_once() -> None:
    changes = Stage().hours(1, {PAIR: 4.1})
    assert told(changes) == [("opened", *PAIR), ("confirmed", *PAIR)]
    assert [c.rotation.severity for c in changes] == [Severity.WATCH, Severity.CRITICAL]


def test_the_peak_keeps_its_score_and_its_time() -> None:
    stage = confirmed(Stage())
    stage.step({PAIR: 3.8})
    peak_at = stage.at
    (faded,) = stage.hours(6, QUIET)
    assert (faded.rotation.peak_score, faded.rotation.peak_at) == (3.8, peak_at)
    assert faded.rotation.score == pytest.approx(3.4)


def test_evidence_is_of_the_last_opening_confirmation_or_rise() -> None:
    stage = Stage()
    stage.answers.own[AI] = -0.06
    stage.steps(2, LOUD)
    stage.answers.own[AI] = -0.08
    (confirmation,) = stage.steps(2, LOUD)
    stage.answers.own[AI] = -0.20
    (faded,) = stage.hours(6, QUIET)
    assert confirmation.rotation.evidence.from_side.own_return == pytest.approx(-0.08)
    assert faded.rotation.evidence == confirmation.rotation.evidence


def test_relative_return_is_told_from_less_to() -> None:
    stage = Stage()
    stage.answers.own = {AI: -0.09, MEMES: 0.03}
    (opened,) = stage.steps(2, FAIR)
    assert opened.rotation.evidence.relative_return == pytest.approx(-0.12)


def test_a_pair_that_faded_unconfirmed_is_not_flagged_anew_within_a_day_of_its_end() -> None:
    stage = Stage()
    stage.steps(2, FAIR)
    assert told(stage.hours(2, QUIET)) == [("faded", *PAIR)]
    over_at = stage.at
    changes = stage.hours(24, FAIR)
    again = next(c for c in changes if c.reason.value == "opened")
    assert again.changed_at == over_at + timedelta(hours=24)


def test_it_is_taken_up_again_at_once_when_it_is_then_confirmed() -> None:
    stage = Stage()
    (opened,) = stage.steps(2, FAIR)
    stage.hours(2, QUIET)
    changes = stage.hours(1, LOUD)
    assert told(changes) == [("revived", *PAIR), ("confirmed", *PAIR)]
    assert {c.changed_at for c in changes} == {stage.at}
    assert {c.rotation.id for c in changes} == {opened.rotation.id}


def test_a_confirmed_one_that_was_over_is_resumed_under_its_id_within_a_day() -> None:
    stage = confirmed(Stage())
    (faded,) = stage.hours(6, QUIET)
    (again,) = stage.hours(1, LOUD)
    assert told([again]) == [("revived", *PAIR)]
    rotation = again.rotation
    assert rotation.id == faded.rotation.id
    assert (rotation.status, rotation.closed_at) == (Status.CONFIRMED, None)
    assert rotation.resumed_at == again.changed_at == stage.at
    assert rotation.confirmed_at == faded.rotation.confirmed_at


def paused(hours: float, on_for_h: int = 24, width: timedelta = QUARTER) -> Stage:
    """Confirmed, then on for a time, then too quiet for a rotation, though not for as long as ends it."""
    stage = Stage(p=DetectionParameters(), width=width)
    stage.hours(on_for_h + 2, LOUD)
    assert "faded" not in [c.reason.value for c in stage.hours(hours, QUIET)]
    return stage


def test_one_that_paused_for_half_a_day_is_told_again_under_its_id_and_once() -> None:
    stage = paused(12)
    (before,) = stage.ledger.followed.values()
    (again,) = stage.hours(1, LOUD)
    assert told([again]) == [("revived", *PAIR)]
    assert again.rotation.id == before.rotation.id
    assert again.rotation.resumed_at == again.changed_at == stage.at
    assert again.rotation.status is Status.CONFIRMED
    assert told(stage.hours(12, LOUD)) == []


@pytest.mark.parametrize(("quiet_h", "on_for_h"), [(11.75, 24), (12, 8)])
def test_a_shorter_pause_or_one_within_a_day_of_the_message_is_no_news(
    quiet_h: float, on_for_h: int
) -> None:
    stage = paused(quiet_h, on_for_h)
    assert told(stage.hours(1, LOUD)) == []


def test_what_comes_back_among_the_largest_is_told_as_critical_in_one_message() -> None:
    largest = {PAIR: 4.5}
    (again,) = paused(12, width=timedelta(hours=1)).hours(3, largest)
    assert (again.reason.value, again.rotation.severity) == ("revived", Severity.CRITICAL)
    assert told(paused(12).hours(3, largest)) == [("severity", *PAIR)]


def test_a_day_after_its_end_it_is_a_new_one() -> None:
    stage = confirmed(Stage())
    (faded,) = stage.hours(6, QUIET)
    stage.hours(24, QUIET)
    changes = stage.hours(1, LOUD)
    assert told(changes) == [("opened", *PAIR), ("confirmed", *PAIR)]
    assert changes[0].rotation.id != faded.rotation.id


def test_what_held_all_along_is_not_there_again_when_it_expired() -> None:
    stage = confirmed(Stage())
    stage.hours(7 * 24, LOUD)
    assert told(stage.hours(12, LOUD)) == []
    stage.step(QUIET)
    assert told(stage.hours(1, LOUD)) == [("revived", *PAIR)]


def test_a_weak_moment_raises_nothing_and_leaves_the_evidence_that_was_told() -> None:
    stage = confirmed(Stage())
    before = next(iter(stage.ledger.followed.values())).rotation.evidence
    stage.steps(2, {PAIR: 4.5})
    (raised,) = [t.rotation for t in stage.ledger.followed.values()]
    assert raised.evidence.at == stage.at
    stage.answers.own[AI] = -0.30
    (faded,) = stage.hours(6, {PAIR: 0.5})
    kept = faded.rotation.evidence_at
    assert kept is not None
    assert faded.rotation.evidence == raised.evidence
    assert kept.detection.at == START + 2 * QUARTER
    assert kept.peak.at == raised.peak_at
    assert kept.now.at == faded.changed_at
    assert kept.now.from_side.own_return == pytest.approx(-0.30)
    assert {kept.peak.moved_before_detection_pp, kept.now.moved_before_detection_pp} == {
        before.moved_before_detection_pp
    }


def test_what_was_on_before_the_daemon_first_looked_is_marked() -> None:
    before = Stage(live_from=START + 2 * QUARTER).steps(2, FAIR)
    after = Stage(live_from=START + QUARTER).steps(2, FAIR)
    assert [c.rotation.at_start for c in before] == [True]
    assert [c.rotation.at_start for c in after] == [False]


def test_outcomes_come_at_24_and_72_hours_also_after_the_end() -> None:
    stage = Stage()
    stage.answers.share[MEMES] = 30.0
    stage.steps(2, FAIR)
    stage.step(QUIET, returns={MEMES: 0.0582689081239758, AI: -0.0202027073175194})  # +6 %, -2 %
    stage.answers.share[MEMES] = 31.5
    changes = stage.hours(72)
    first, second = [c for c in changes if c.reason.value.startswith("outcome")]
    opened_at = START + 2 * QUARTER
    assert first.changed_at == opened_at + timedelta(hours=24)
    assert second.changed_at == opened_at + timedelta(hours=72)
    outcome = first.rotation.outcomes["24h"]
    assert outcome is not None
    assert outcome.relative_return == pytest.approx(0.08)
    assert outcome.share_change_pp == pytest.approx(1.5)
    assert outcome.held is True
    assert first.rotation.outcomes["72h"] is None
    assert second.rotation.status is Status.FADED
    assert second.rotation.outcomes["24h"] == outcome


def test_a_move_back_was_not_held() -> None:
    stage = Stage()
    stage.steps(2, FAIR)
    stage.step(QUIET, returns={MEMES: -0.01})
    outcome = next(c for c in stage.hours(24) if c.reason.value == "outcome_24h")
    found = outcome.rotation.outcomes["24h"]
    assert found is not None
    assert found.held is False


def test_a_rotation_of_a_pair_that_is_no_longer_watched_expires() -> None:
    stage = Stage(p=DetectionParameters())
    stage.steps(2, FAIR)
    (tracked,) = stage.ledger.followed.values()
    tracked.rotation = type(tracked.rotation)(
        **{
            name: getattr(tracked.rotation, name)
            for name in tracked.rotation.__dataclass_fields__
            if name != "to_sector"
        },
        to_sector="gone",
    )
    assert told(stage.step(FAIR))[0] == ("expired", "ai", "gone")
