"""The life of a rotation in a channel with threads, and its reminders everywhere."""

from datetime import time, timedelta

import pytest

from monitor.alerting.history import OWN_SINCE
from monitor.alerting.policy import AlertPolicy, Receiver
from monitor.model.notice import Act, Notice, NoticeKind
from monitor.model.rotation import ChangeReason, Outcome, Severity, Status
from tests.kit import rotations as samples
from tests.kit.rotations import CONFIRMED, DETECTED, change
from tests.unit.alerting.desk import BOT, MAIL, WEBHOOK, Desk, acts

HOUR = timedelta(hours=1)
THREAD = "rot-7f3a"


def confirmed_at(*receivers: Receiver) -> Desk:
    desk = Desk(*receivers)
    desk.tell(change(samples.confirmed(), ChangeReason.CONFIRMED))
    return desk


class TestThread:
    def test_the_first_message_is_the_parent_and_its_picture_follows(self) -> None:
        made = Desk(BOT).tell(change(samples.confirmed(), ChangeReason.CONFIRMED))
        assert acts(made) == [("say", THREAD), ("picture", THREAD)]
        assert made[1].payload == made[0].payload

    def test_a_rise_is_a_reply_and_brings_the_parent_up_to_date(self) -> None:
        desk = confirmed_at(BOT)
        raised = samples.confirmed(severity=Severity.CRITICAL)
        reply, edit = desk.tell(change(raised, ChangeReason.SEVERITY, CONFIRMED + HOUR))
        assert acts([reply, edit]) == [("reply", THREAD), ("edit", THREAD)]
        assert reply.urgent
        assert edit.payload["first"]["change"]["reason"] == "confirmed"
        assert edit.payload["change"]["reason"] == "severity"

    def test_an_edit_keeps_the_first_facts_through_all_of_its_life(self) -> None:
        desk = confirmed_at(BOT)
        raised = samples.confirmed(severity=Severity.CRITICAL)
        desk.tell(change(raised, ChangeReason.SEVERITY, CONFIRMED + HOUR))
        *_, edit = desk.tell(change(samples.faded(), ChangeReason.FADED))
        assert edit.payload["first"] == {
            k: desk.notices[0].payload[k] for k in ("change", "around")
        }

    @pytest.mark.parametrize("reason", [ChangeReason.HELD, ChangeReason.RESUMED])
    def test_a_hold_edits_the_parent_without_a_sound(self, reason: ChangeReason) -> None:
        held = samples.confirmed(held=reason is ChangeReason.HELD)
        made = confirmed_at(BOT).tell(change(held, reason, CONFIRMED + HOUR))
        assert acts(made) == [("edit", THREAD)]

    @pytest.mark.parametrize("reason", [ChangeReason.OUTCOME_24H, ChangeReason.OUTCOME_72H])
    def test_outcomes_are_scorecards_in_the_thread(self, reason: ChangeReason) -> None:
        name = reason.value.removeprefix("outcome_")
        judged = samples.faded(
            outcomes={"24h": None, "72h": None, name: Outcome(0.064, 1.2, held=True)}
        )
        (made,) = confirmed_at(BOT).tell(change(judged, reason, DETECTED + 72 * HOUR))
        assert (made.kind, made.act, made.thread) == (NoticeKind.SCORECARD, Act.REPLY, THREAD)
        assert "+6.4 %" in made.text

    def test_nobody_gets_a_scorecard_of_what_he_was_not_told_of(self) -> None:
        judged = samples.faded(outcomes={"24h": Outcome(0.064, 1.2, held=True), "72h": None})
        at = DETECTED + 24 * HOUR
        assert Desk(BOT).tell(change(judged, ChangeReason.OUTCOME_24H, at)) == []


class TestLegs:
    LEG = samples.confirmed(
        id="leg", from_sector="defi", joins=THREAD, confirmed_at=CONFIRMED + HOUR
    )

    def test_a_leg_is_told_in_the_thread_of_what_it_joins(self) -> None:
        made = confirmed_at(BOT).tell(change(self.LEG, ChangeReason.LEG))
        assert acts(made) == [("reply", THREAD)]
        assert made[0].payload["rotations"] == ["leg"]

    def test_its_end_is_told_there_too(self) -> None:
        desk = confirmed_at(BOT)
        desk.tell(change(self.LEG, ChangeReason.LEG))
        over = samples.faded(id="leg", from_sector="defi", joins=THREAD)
        assert acts(desk.tell(change(over, ChangeReason.FADED))) == [("reply", THREAD)]

    def test_one_that_was_told_when_it_opened_has_its_own_parent_brought_up_to_date(self) -> None:
        desk = Desk(Receiver(BOT.channel, BOT.form, Severity.WATCH))
        desk.tell(change(samples.confirmed(), ChangeReason.CONFIRMED))
        desk.tell(change(samples.opened(id="leg", from_sector="defi"), ChangeReason.OPENED))
        made = desk.tell(change(self.LEG, ChangeReason.LEG))
        assert acts(made) == [("reply", THREAD), ("edit", "leg")]

    def test_a_leg_of_something_untold_is_a_message_of_its_own(self) -> None:
        assert acts(Desk(WEBHOOK).tell(change(self.LEG, ChangeReason.LEG))) == [("say", "leg")]


class TestMail:
    def test_one_mail_a_change_of_state_from_critical_on(self) -> None:
        desk = Desk(MAIL)
        assert desk.tell(change(samples.confirmed(), ChangeReason.CONFIRMED)) == []
        raised = samples.confirmed(severity=Severity.CRITICAL)
        first = desk.tell(change(raised, ChangeReason.SEVERITY, CONFIRMED + HOUR))
        last = desk.tell(change(samples.faded(severity=Severity.CRITICAL), ChangeReason.FADED))
        assert acts([*first, *last]) == [("say", THREAD), ("reply", THREAD)]
        judged = change(samples.faded(), ChangeReason.OUTCOME_24H, DETECTED + 30 * HOUR)
        assert desk.tell(judged) == []


class TestReminders:
    ON = samples.confirmed()

    def recalled(self, desk: Desk, hours: float, own: float | None = 0.0) -> list[Notice]:
        return desk.recall(self.ON, CONFIRMED + hours * HOUR, own)

    @pytest.mark.parametrize("receiver", [BOT, WEBHOOK])
    def test_it_is_recalled_when_nobody_has_spoken_of_it_for_twelve_hours(
        self, receiver: Receiver
    ) -> None:
        desk = confirmed_at(receiver)
        assert self.recalled(desk, 11.9) == []
        (made,) = self.recalled(desk, 12)
        assert (made.kind, made.act, made.thread) == (NoticeKind.REMINDER, Act.REPLY, THREAD)
        assert self.recalled(desk, 13) == []
        assert len(self.recalled(desk, 24)) == 1

    def test_it_is_recalled_when_it_has_grown_by_the_step(self) -> None:
        desk = confirmed_at(BOT)
        assert self.recalled(desk, 1, -0.049) == []
        (made,) = self.recalled(desk, 2, -0.05)
        assert made.payload[OWN_SINCE] == -0.05
        assert self.recalled(desk, 3, -0.09) == []
        assert len(self.recalled(desk, 4, -0.101)) == 1

    def test_a_recovery_is_no_growth(self) -> None:
        assert self.recalled(confirmed_at(BOT), 2, 0.2) == []

    def test_an_unknown_move_waits_for_the_period(self) -> None:
        desk = confirmed_at(BOT)
        assert self.recalled(desk, 2, None) == []
        (made,) = self.recalled(desk, 12, None)
        assert OWN_SINCE not in made.payload

    def test_it_is_not_recalled_to_those_who_were_not_told_nor_by_mail(self) -> None:
        assert self.recalled(Desk(BOT), 20) == []
        desk = Desk(MAIL)
        desk.tell(change(samples.confirmed(severity=Severity.CRITICAL), ChangeReason.CONFIRMED))
        assert self.recalled(desk, 20) == []

    def test_what_is_over_or_held_is_not_recalled(self) -> None:
        desk = confirmed_at(BOT)
        for rotation in (
            samples.faded(),
            samples.confirmed(held=True),
            samples.faded(status=Status.EXPIRED),
        ):
            assert desk.recall(rotation, CONFIRMED + 20 * HOUR) == []

    def test_quiet_hours_hold_it(self) -> None:
        quiet = (time(23), time(7))
        desk = Desk(policy=AlertPolicy(receivers=(BOT,), quiet=quiet))
        desk.tell(change(samples.confirmed(), ChangeReason.CONFIRMED))
        (made,) = self.recalled(desk, 12)
        assert made.due_at.hour == 7

    def test_a_scorecard_is_no_word_of_its_state(self) -> None:
        desk = confirmed_at(BOT)
        judged = samples.confirmed(outcomes={"24h": Outcome(0.01, 0.1, held=True), "72h": None})
        desk.tell(change(judged, ChangeReason.OUTCOME_24H, CONFIRMED + 11 * HOUR))
        assert len(self.recalled(desk, 12)) == 1
