"""What is told, once, and when: minimum, told before, quiet hours, reversals, crowds, the start."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.content.notices import AlertPolicy, end_of_quiet, notices_for, start_digest
from monitor.content.operator_text import operator_notice
from monitor.model.notice import Channel, Notice
from monitor.model.rotation import ChangeReason, Rotation, RotationChange, Severity, Status
from tests.unit.content import samples
from tests.unit.content.samples import CONFIRMED, DETECTED, NAMES, change

WATCH, CRITICAL = Severity.WATCH, Severity.CRITICAL
NIGHT = AlertPolicy(quiet=(time(11), time(12, 30)))


def told_of(
    changes: Sequence[RotationChange],
    told: Collection[str] = (),
    policy: AlertPolicy | None = None,
) -> list[Notice]:
    return notices_for(changes, policy or AlertPolicy(), NAMES, told)


def keys(notices: Sequence[Notice]) -> list[str]:
    return [notice.dedup_key for notice in notices]


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
        assert bool(told_of([made], policy=AlertPolicy(minimum=minimum))) is told

    @pytest.mark.parametrize(
        "reason",
        [
            ChangeReason.HELD,
            ChangeReason.RESUMED,
            ChangeReason.OUTCOME_24H,
            ChangeReason.OUTCOME_72H,
        ],
    )
    def test_what_is_no_turn_is_not_told(self, reason: ChangeReason) -> None:
        assert told_of([change(samples.confirmed(), reason)], ["rot-7f3a"]) == []

    def test_a_leg_is_told_and_names_what_it_joins(self) -> None:
        (notice,) = told_of([change(samples.confirmed(joins="rot-1"), ChangeReason.LEG)])
        assert "A further leg of rot-1." in notice.payload["body"]


class TestToldBefore:
    def test_an_end_is_told_to_those_who_were_told_of_the_beginning(self) -> None:
        end = change(samples.faded(), ChangeReason.FADED)
        assert told_of([end]) == []
        assert keys(told_of([end], ["rot-7f3a"])) == ["rot-7f3a|faded|2025-01-20T13:05:00Z"]

    def test_an_end_in_the_batch_of_its_beginning_is_told_too(self) -> None:
        both = [
            change(samples.confirmed(), ChangeReason.CONFIRMED),
            change(samples.faded(status=Status.EXPIRED), ChangeReason.EXPIRED),
        ]
        assert len(told_of(both)) == 2


class TestReversal:
    def pair(self, severity: Severity = Severity.WARNING) -> list[RotationChange]:
        at = DETECTED + timedelta(hours=50)
        new = samples.confirmed(
            id="new", from_sector="memes", to_sector="ai-agents", reverses="rot-7f3a", severity=severity,
            confirmed_at=at,
        )  # fmt: skip
        old = samples.faded(status=Status.REVERSED, reversed_by="new")
        return [
            change(new, ChangeReason.CONFIRMED, at),
            change(old, ChangeReason.REVERSED, at),
        ]

    def test_it_is_told_in_one_message_that_names_the_one_it_reverses(self) -> None:
        (notice,) = told_of(self.pair(), ["rot-7f3a"])
        assert notice.payload["rotations"] == ["new"]
        assert "Reverses rot-7f3a." in notice.payload["body"]

    def test_it_is_told_by_the_old_one_where_the_new_one_is_too_small_to_tell(self) -> None:
        policy = AlertPolicy(minimum=Severity.CRITICAL)
        (notice,) = told_of(self.pair(), ["rot-7f3a"], policy)
        assert notice.payload["rotations"] == ["rot-7f3a"]
        assert notice.text.startswith("REVERSED AI agents → Memes")
        assert told_of(self.pair(), [], policy) == []


class TestCrowd:
    def rises(self, *pairs: tuple[str, str], **changes: Any) -> list[RotationChange]:
        return [
            change(
                samples.confirmed(id=f"{a}-{b}", from_sector=a, to_sector=b, **changes),
                ChangeReason.CONFIRMED,
            )
            for a, b in pairs
        ]

    def test_three_into_one_sector_become_one_message(self) -> None:
        (notice,) = told_of(
            self.rises(("ai-agents", "memes"), ("defi", "memes"), ("gaming", "memes"))
        )
        assert notice.payload["rotations"] == ["ai-agents-memes", "defi-memes", "gaming-memes"]
        assert notice.text == (
            "WARNING 3 rotations into Memes at once: from AI agents, DeFi, Gaming. 11:35 UTC"
        )
        assert all(name in notice.payload["body"] for name in notice.payload["rotations"])

    def test_three_out_of_one_sector_too(self) -> None:
        (notice,) = told_of(self.rises(("memes", "ai-agents"), ("memes", "defi"), ("memes", "*")))
        assert notice.text == (
            "WARNING 3 rotations out of Memes at once: into AI agents, DeFi, market. 11:35 UTC"
        )

    def test_two_stay_two(self) -> None:
        assert len(told_of(self.rises(("ai-agents", "memes"), ("defi", "memes")))) == 2

    def test_three_that_share_no_one_side_stay_three(self) -> None:
        mixed = self.rises(("ai-agents", "memes"), ("ai-agents", "defi"), ("gaming", "memes"))
        assert len(told_of(mixed)) == 3

    def test_three_of_different_intervals_stay_three(self) -> None:
        rises = self.rises(("ai-agents", "memes"), ("defi", "memes"), ("gaming", "memes"))
        later = RotationChange(rises[2].rotation, rises[2].reason, CONFIRMED + timedelta(minutes=5))
        assert len(told_of([*rises[:2], later])) == 3

    def test_two_turns_of_one_rotation_in_one_interval_are_told_once_and_are_no_crowd(self) -> None:
        first, second = self.rises(("ai-agents", "memes"), ("defi", "memes"))
        opened = RotationChange(first.rotation, ChangeReason.OPENED, first.changed_at)
        told = told_of([opened, first, second])
        assert [notice.payload["change"]["reason"] for notice in told] == ["confirmed", "confirmed"]

    def test_the_rest_of_the_batch_is_told_beside_the_crowd(self) -> None:
        batch = [
            *self.rises(("ai-agents", "memes"), ("defi", "memes"), ("gaming", "memes")),
            *self.rises(("defi", "ai-agents")),
        ]
        assert [len(n.payload["rotations"]) for n in told_of(batch)] == [3, 1]

    def test_many_long_names_stay_a_preview(self) -> None:
        names = {f"s{i}": f"{i} " + "long name " * 10 for i in range(12)}
        batch = self.rises(*((f"s{i}", "memes") for i in range(12)))
        (notice,) = notices_for(batch, AlertPolicy(), names, ())
        assert len(notice.text) <= 150
        assert notice.text.endswith("…. 11:35 UTC")

    def test_its_key_does_not_depend_on_the_order(self) -> None:
        rises = self.rises(("ai-agents", "memes"), ("defi", "memes"), ("gaming", "memes"))
        assert keys(told_of(rises)) == keys(told_of(rises[::-1]))


class TestQuietHours:
    def due(self, policy: AlertPolicy, rotation: Rotation) -> Notice:
        (notice,) = told_of([change(rotation, ChangeReason.CONFIRMED)], policy=policy)
        return notice

    def test_a_warning_waits_for_their_end(self) -> None:
        held = self.due(NIGHT, samples.confirmed())
        assert held.due_at == datetime(2025, 1, 19, 12, 30, tzinfo=UTC)
        assert held.event_at == CONFIRMED

    def test_a_critical_one_never_waits_nor_stands_in_line_behind_one_that_does(self) -> None:
        loud = self.due(NIGHT, samples.confirmed(severity=CRITICAL))
        assert loud.due_at == CONFIRMED
        assert loud.thread != self.due(NIGHT, samples.confirmed()).thread

    def test_outside_of_them_nothing_waits(self) -> None:
        policy = AlertPolicy(quiet=(time(23), time(7)))
        assert self.due(policy, samples.confirmed()).due_at == CONFIRMED

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
    def test_what_was_on_before_is_told_by_the_digest_alone(self) -> None:
        first = samples.confirmed(at_start=True, detected_at=CONFIRMED)
        assert told_of([change(first, ChangeReason.CONFIRMED, CONFIRMED)]) == []

    def test_its_later_turns_are_told(self) -> None:
        grown = samples.confirmed(at_start=True, severity=CRITICAL)
        later = change(grown, ChangeReason.SEVERITY, CONFIRMED + timedelta(hours=1))
        assert len(told_of([later])) == 1

    def test_the_digest_is_one_message_a_channel_and_knows_whom_it_told_of(self) -> None:
        on = [samples.confirmed(at_start=True), samples.opened(id="rot-2", at_start=True)]
        made = start_digest(on, NAMES, DETECTED, [Channel.SLACK, Channel.EMAIL])
        assert [n.channel for n in made] == [Channel.SLACK, Channel.EMAIL]
        assert made[0].payload["rotations"] == ["rot-7f3a", "rot-2"]
        assert keys(made)[0] == keys(start_digest(on[::-1], NAMES, DETECTED, [Channel.SLACK]))[0]

    def test_nothing_on_is_no_message(self) -> None:
        assert start_digest([], NAMES, DETECTED, [Channel.SLACK]) == []


def test_keys_are_pure_functions_of_the_event() -> None:
    made = change(samples.confirmed(), ChangeReason.CONFIRMED)
    assert (
        keys(told_of([made]))
        == keys(told_of([made]))
        == ["rot-7f3a|confirmed|2025-01-19T11:35:00Z"]
    )


def test_each_channel_has_its_own() -> None:
    policy = AlertPolicy(channels=(Channel.SLACK, Channel.EMAIL))
    made = told_of([change(samples.confirmed(), ChangeReason.CONFIRMED)], policy=policy)
    assert [n.channel for n in made] == [Channel.SLACK, Channel.EMAIL]


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
