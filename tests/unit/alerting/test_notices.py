"""What is told, once, and when: minimum, told before, reversals, crowds, quiet hours, the start."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.alerting.operator_notice import operator_notice
from monitor.alerting.policy import AlertPolicy, Receiver, end_of_quiet
from monitor.alerting.start_digest import start_digest
from monitor.content.alert import AlertFacts
from monitor.model.notice import Act, Notice
from monitor.model.rotation import ChangeReason, Rotation, RotationChange, Severity, Status
from tests.kit import rotations as samples
from tests.kit.rotations import CONFIRMED, DETECTED, NAMES, change
from tests.unit.alerting.desk import BOT, MAIL, WEBHOOK, Desk, acts, keys, sent

WATCH, CRITICAL = Severity.WATCH, Severity.CRITICAL
HOUR = timedelta(hours=1)
NIGHT = (time(11), time(12, 30))


def receiver(minimum: Severity = Severity.WARNING) -> Receiver:
    return Receiver(WEBHOOK.channel, WEBHOOK.form, minimum)


def history_of(*changes: RotationChange, minimum: Severity = Severity.WARNING) -> list[Notice]:
    return Desk(receiver(minimum)).tell(*changes)


class TestMinimum:
    @pytest.mark.parametrize(
        ("minimum", "severity", "told"),
        [
            (Severity.WATCH, Severity.WATCH, True),
            (Severity.WARNING, Severity.WATCH, False),
            (Severity.WARNING, Severity.WARNING, True),
            (Severity.CRITICAL, Severity.WARNING, False),
            (Severity.CRITICAL, Severity.CRITICAL, True),
        ],
    )
    def test_a_rise_is_told_from_the_minimum_on(
        self, minimum: Severity, severity: Severity, told: bool
    ) -> None:
        made = change(samples.confirmed(severity=severity), ChangeReason.CONFIRMED)
        assert bool(history_of(made, minimum=minimum)) is told

    @pytest.mark.parametrize(
        "reason",
        [
            ChangeReason.HELD,
            ChangeReason.RESUMED,
            ChangeReason.OUTCOME_24H,
            ChangeReason.OUTCOME_72H,
        ],
    )
    def test_a_webhook_hears_of_turns_only(self, reason: ChangeReason) -> None:
        desk = Desk()
        desk.tell(change(samples.confirmed(), ChangeReason.CONFIRMED))
        assert desk.tell(change(samples.confirmed(), reason)) == []


class TestToldBefore:
    def test_an_end_is_told_to_those_who_were_told_of_the_beginning(self) -> None:
        end = change(samples.faded(), ChangeReason.FADED)
        assert history_of(end) == []
        desk = Desk()
        desk.tell(change(samples.confirmed(), ChangeReason.CONFIRMED))
        assert keys(desk.tell(end)) == ["rot-7f3a|faded|2025-01-20T13:05:00Z"]

    def test_an_end_in_the_batch_of_its_beginning_is_told_too(self) -> None:
        both = [
            change(samples.confirmed(), ChangeReason.CONFIRMED),
            change(samples.faded(status=Status.EXPIRED), ChangeReason.EXPIRED),
        ]
        assert [n.act for n in history_of(*both)] == [Act.SAY, Act.REPLY]


class TestReversal:
    AT = DETECTED + 50 * HOUR

    def pair(self, severity: Severity = Severity.WARNING) -> list[RotationChange]:
        new = samples.confirmed(
            id="new", from_sector="memes", to_sector="ai-agents", reverses="rot-7f3a", severity=severity,
            detected_at=self.AT, confirmed_at=self.AT,
        )  # fmt: skip
        old = samples.faded(status=Status.REVERSED, reversed_by="new")
        return [
            change(new, ChangeReason.CONFIRMED, self.AT),
            change(old, ChangeReason.REVERSED, self.AT),
        ]

    def told_before(self, *receivers: Receiver) -> Desk:
        desk = Desk(*receivers)
        desk.tell(change(samples.confirmed(severity=CRITICAL), ChangeReason.CONFIRMED))
        return desk

    def test_a_webhook_is_told_in_one_message_that_names_the_one_it_reverses(self) -> None:
        (notice,) = self.told_before(WEBHOOK).tell(*self.pair())
        assert notice.payload["rotations"] == ["new"]
        assert notice.payload["change"]["reverses"] == "rot-7f3a"

    def test_with_threads_the_new_one_has_its_own_and_the_old_ones_gets_a_link(self) -> None:
        made = self.told_before(BOT).tell(*self.pair())
        assert acts(made) == [
            ("say", "new"), ("picture", "new"), ("reply", "rot-7f3a"), ("edit", "rot-7f3a"),
        ]  # fmt: skip
        assert made[2].payload["change"]["reversed_by"] == "new"

    def test_mail_tells_the_old_one_even_where_the_new_one_is_below_its_minimum(self) -> None:
        (notice,) = self.told_before(MAIL).tell(*self.pair())
        assert (notice.act, notice.thread) == (Act.REPLY, "rot-7f3a")

    def test_it_is_told_by_the_old_one_where_the_new_one_is_too_small_to_tell(self) -> None:
        (notice,) = self.told_before(receiver(CRITICAL)).tell(*self.pair())
        assert notice.payload["rotations"] == ["rot-7f3a"]
        assert notice.text.startswith("REVERSED AI agents → Memes")
        assert history_of(*self.pair(), minimum=CRITICAL) == []


class TestCrowd:
    def rises(self, *pairs: tuple[str, str], **changes: Any) -> list[RotationChange]:
        return [
            change(
                samples.confirmed(id=f"{a}-{b}", from_sector=a, to_sector=b, **changes),
                ChangeReason.CONFIRMED,
            )
            for a, b in pairs
        ]

    def into_memes(self) -> list[RotationChange]:
        return self.rises(("ai-agents", "memes"), ("defi", "memes"), ("gaming", "memes"))

    def test_three_into_one_sector_become_one_message(self) -> None:
        (notice,) = sent(history_of(*self.into_memes()))
        assert notice.payload["rotations"] == ["ai-agents-memes", "defi-memes", "gaming-memes"]
        assert notice.text == (
            "WARNING 3 rotations into Memes at once: from AI agents, DeFi, Gaming. 11:35 UTC"
        )
        assert all(name in notice.payload["body"] for name in notice.payload["rotations"])

    def test_each_of_them_is_kept_as_told_in_it_and_goes_on_from_there(self) -> None:
        desk = Desk(BOT)
        made = desk.tell(*self.into_memes())
        assert [n.told_in for n in made] == [None, *[made[0].dedup_key] * 3]
        assert [n.thread for n in made[1:]] == ["ai-agents-memes", "defi-memes", "gaming-memes"]
        over = samples.faded(id="defi-memes", from_sector="defi")
        # no parent of its own: nothing to edit
        assert acts(desk.tell(change(over, ChangeReason.FADED))) == [("reply", "defi-memes")]

    def test_three_out_of_one_sector_too(self) -> None:
        rises = self.rises(("memes", "ai-agents"), ("memes", "defi"), ("memes", "*"))
        (notice,) = sent(history_of(*rises))
        assert notice.text == (
            "WARNING 3 rotations out of Memes at once: into AI agents, DeFi, market. 11:35 UTC"
        )

    def test_mail_tells_each_on_its_own(self) -> None:
        rises = self.rises(
            ("ai-agents", "memes"), ("defi", "memes"), ("gaming", "memes"), severity=CRITICAL
        )
        assert len(sent(Desk(MAIL).tell(*rises))) == 3

    def test_rises_of_what_threads_were_told_of_stay_in_their_threads(self) -> None:
        desk = Desk(BOT)
        for rise in self.into_memes():
            desk.tell(rise)
        raised = self.rises(
            ("ai-agents", "memes"), ("defi", "memes"), ("gaming", "memes"), severity=CRITICAL
        )
        later = [
            RotationChange(c.rotation, ChangeReason.SEVERITY, CONFIRMED + HOUR) for c in raised
        ]
        assert [act for act, _ in acts(desk.tell(*later))] == ["reply", "edit"] * 3

    def test_two_stay_two(self) -> None:
        assert len(history_of(*self.rises(("ai-agents", "memes"), ("defi", "memes")))) == 2

    def test_three_that_share_no_one_side_stay_three(self) -> None:
        mixed = self.rises(("ai-agents", "memes"), ("ai-agents", "defi"), ("gaming", "memes"))
        assert len(history_of(*mixed)) == 3

    def test_three_of_different_intervals_stay_three(self) -> None:
        rises = self.into_memes()
        later = RotationChange(rises[2].rotation, rises[2].reason, CONFIRMED + timedelta(minutes=5))
        assert len(history_of(*rises[:2], later)) == 3

    def test_two_turns_of_one_rotation_in_one_interval_are_told_once_and_are_no_crowd(self) -> None:
        first, second = self.rises(("ai-agents", "memes"), ("defi", "memes"))
        opened = RotationChange(first.rotation, ChangeReason.OPENED, first.changed_at)
        told = history_of(opened, first, second)
        assert [notice.payload["change"]["reason"] for notice in told] == ["confirmed", "confirmed"]

    def test_the_rest_of_the_batch_is_told_beside_the_crowd(self) -> None:
        batch = [*self.into_memes(), *self.rises(("defi", "ai-agents"))]
        assert [len(n.payload["rotations"]) for n in sent(history_of(*batch))] == [3, 1]

    def test_many_long_names_stay_a_preview(self) -> None:
        names = {f"s{i}": f"{i} " + "long name " * 10 for i in range(12)}
        batch = self.rises(*((f"s{i}", "memes") for i in range(12)))
        (notice,) = sent(Desk().tell(*batch, around=AlertFacts(names=names)))
        assert len(notice.text) <= 150
        assert notice.text.endswith("…. 11:35 UTC")

    def test_its_key_does_not_depend_on_the_order(self) -> None:
        rises = self.into_memes()
        assert keys(sent(history_of(*rises))) == keys(sent(history_of(*rises[::-1])))


class TestQuietHours:
    END = datetime(2025, 1, 19, 12, 30, tzinfo=UTC)

    def desk(self, *receivers: Receiver) -> Desk:
        return Desk(policy=AlertPolicy(receivers=receivers or (WEBHOOK,), quiet=NIGHT))

    def confirmed(self, severity: Severity = Severity.WARNING) -> RotationChange:
        return change(samples.confirmed(severity=severity), ChangeReason.CONFIRMED)

    def test_a_warning_waits_for_their_end_and_says_so(self) -> None:
        (held,) = self.desk().tell(self.confirmed())
        assert (held.due_at, held.event_at) == (self.END, CONFIRMED)
        assert held.payload["held_until"] == "2025-01-19T12:30:00Z"

    def test_its_picture_waits_with_it(self) -> None:
        say, picture = self.desk(BOT).tell(self.confirmed())
        assert (say.due_at, picture.due_at) == (self.END, self.END)

    def test_a_critical_one_never_waits_and_is_a_message_of_its_own(self) -> None:
        desk = self.desk(BOT)
        desk.tell(self.confirmed())
        raised = RotationChange(
            samples.confirmed(severity=CRITICAL), ChangeReason.SEVERITY, CONFIRMED + 0.5 * HOUR
        )
        say, picture = desk.tell(raised)
        assert (say.act, say.urgent, say.due_at) == (Act.SAY, True, CONFIRMED + 0.5 * HOUR)
        assert picture.act is Act.PICTURE

    def test_an_edit_is_made_at_once_though_its_reply_waits_so_that_no_older_one_comes_after_it(
        self,
    ) -> None:
        desk = Desk(policy=AlertPolicy(receivers=(BOT,), quiet=(time(11, 40), time(12, 30))))
        desk.tell(self.confirmed())
        at = CONFIRMED + 0.5 * HOUR
        reply, edit = desk.tell(change(samples.faded(closed_at=at), ChangeReason.FADED, at))
        assert (reply.due_at, edit.due_at) == (self.END, at)
        assert "held_until" not in edit.payload

    def test_an_edit_makes_no_sound_and_waits_only_for_a_parent_that_waits(self) -> None:
        early = Desk(policy=AlertPolicy(receivers=(BOT,), quiet=(time(11, 40), time(12, 30))))
        early.tell(self.confirmed())
        held = change(samples.confirmed(held=True), ChangeReason.HELD, CONFIRMED + 0.5 * HOUR)
        assert [n.due_at for n in early.tell(held)] == [CONFIRMED + 0.5 * HOUR]
        late = self.desk(BOT)
        late.tell(self.confirmed())
        assert [n.due_at for n in late.tell(held)] == [self.END]

    def test_mail_is_not_held(self) -> None:
        desk = self.desk(MAIL)
        desk.tell(self.confirmed(CRITICAL))
        over = change(samples.faded(), ChangeReason.FADED, CONFIRMED + 0.5 * HOUR)
        assert [n.due_at for n in desk.tell(over)] == [CONFIRMED + 0.5 * HOUR]

    def test_outside_of_them_nothing_waits(self) -> None:
        policy = AlertPolicy(receivers=(WEBHOOK,), quiet=(time(23), time(7)))
        (notice,) = Desk(policy=policy).tell(self.confirmed())
        assert notice.due_at == CONFIRMED
        assert "held_until" not in notice.payload

    @pytest.mark.parametrize(
        ("at", "end"),
        [
            ("2025-01-19T22:59", None),
            ("2025-01-19T23:00", "2025-01-20T07:00"),
            ("2025-01-20T06:59", "2025-01-20T07:00"),
            ("2025-01-20T07:00", None),
        ],
    )
    def test_they_may_pass_midnight(self, at: str, end: str | None) -> None:
        found = end_of_quiet(
            datetime.fromisoformat(f"{at}+00:00"), (time(23), time(7)), ZoneInfo("UTC")
        )
        assert found == (datetime.fromisoformat(f"{end}+00:00") if end else None)

    def test_they_follow_the_local_clock_through_its_changes(self) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        winter_night = datetime(2025, 3, 30, 0, 30, tzinfo=UTC)  # clocks go forward at 01:00 UTC
        end = end_of_quiet(winter_night, (time(23), time(7)), berlin)
        assert end == datetime(2025, 3, 30, 5, 0, tzinfo=UTC)


class TestStart:
    def digest(self, on: Sequence[Rotation], *receivers: Receiver) -> list[Notice]:
        around = {r.id: AlertFacts(names=NAMES) for r in on}
        return start_digest(on, around, DETECTED, AlertPolicy(receivers=receivers))

    def test_what_was_on_before_is_told_by_the_digest_alone(self) -> None:
        first = samples.confirmed(at_start=True, detected_at=CONFIRMED)
        assert history_of(change(first, ChangeReason.CONFIRMED, CONFIRMED)) == []

    def test_its_later_turns_are_told(self) -> None:
        grown = samples.confirmed(at_start=True, severity=CRITICAL)
        later = change(grown, ChangeReason.SEVERITY, CONFIRMED + HOUR)
        assert len(history_of(later)) == 1

    def test_the_digest_is_one_message_to_slack_and_knows_whom_it_told_of(self) -> None:
        on = [samples.confirmed(at_start=True), samples.opened(id="rot-2", at_start=True)]
        made = self.digest(on, receiver(WATCH), MAIL)
        assert [n.channel for n in sent(made)] == [WEBHOOK.channel]
        assert made[0].payload["rotations"] == ["rot-7f3a", "rot-2"]
        assert [(n.thread, n.told_in) for n in made[1:]] == [
            ("rot-7f3a", made[0].dedup_key), ("rot-2", made[0].dedup_key),
        ]  # fmt: skip
        assert keys(made)[0] == keys(self.digest(on[::-1], receiver(WATCH)))[0]

    def test_nothing_on_is_no_message(self) -> None:
        assert self.digest([], WEBHOOK) == []

    def test_what_is_below_a_voices_minimum_is_not_in_its_digest(self) -> None:
        on = [samples.confirmed(at_start=True), samples.opened(id="rot-2", at_start=True)]
        made = self.digest(on, WEBHOOK)
        assert made[0].payload["rotations"] == ["rot-7f3a"]
        assert self.digest(on[1:], WEBHOOK) == []

    def test_quiet_hours_hold_it(self) -> None:
        on = [samples.confirmed(at_start=True)]
        policy = AlertPolicy(receivers=(WEBHOOK,), quiet=NIGHT)
        around = {r.id: AlertFacts(names=NAMES) for r in on}
        made = start_digest(on, around, CONFIRMED, policy)
        assert {n.due_at for n in made} == {datetime(2025, 1, 19, 12, 30, tzinfo=UTC)}


def test_keys_are_pure_functions_of_the_event() -> None:
    made = change(samples.confirmed(), ChangeReason.CONFIRMED)
    assert (
        keys(history_of(made))
        == keys(history_of(made))
        == ["rot-7f3a|confirmed|2025-01-19T11:35:00Z"]
    )


def test_each_voice_has_its_own_notice_and_minimum() -> None:
    desk = Desk(WEBHOOK, MAIL)
    first = desk.tell(change(samples.confirmed(), ChangeReason.CONFIRMED))
    assert [n.channel for n in first] == [WEBHOOK.channel]
    raised = samples.confirmed(severity=CRITICAL)
    second = desk.tell(change(raised, ChangeReason.SEVERITY, CONFIRMED + HOUR))
    assert [(n.channel, n.recipient, n.act) for n in second] == [
        (WEBHOOK.channel, "", Act.REPLY), (MAIL.channel, "desk@example.com", Act.SAY),
    ]  # fmt: skip


class TestOperator:
    def test_it_begins_with_its_word_in_one_line(self) -> None:
        notice = operator_notice("venue gate", "gate is\n down", DETECTED)
        assert notice.text == "Monitor: gate is down"
        assert notice.thread == "operator|venue gate"

    def test_a_thing_told_once_a_day_has_one_key_a_day(self) -> None:
        def key(text: str, hours: int) -> str:
            at = DETECTED + timedelta(hours=hours)
            return operator_notice("x", text, at, once_in=timedelta(days=1)).dedup_key

        assert key("a", 0) == key("a", 12)
        assert key("a", 0) != key("a", 13)  # 00:05 of the next day
        assert key("a", 0) != key("b", 0)
