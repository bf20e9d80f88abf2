"""Every change that is not told, or not at once and on its own, has its reason."""

from datetime import time, timedelta

from monitor.alerting.policy import AlertPolicy
from monitor.model.rotation import ChangeReason, RotationChange, Severity
from monitor.model.silence import Why
from tests.kit import rotations as samples
from tests.kit.rotations import CONFIRMED, change
from tests.unit.alerting.desk import BOT, MAIL, WEBHOOK, Desk

HOUR = timedelta(hours=1)


def whys(desk: Desk) -> list[tuple[str, str]]:
    return [(s.reason.value, s.why.value) for s in desk.silences]


def test_what_is_told_at_once_has_none() -> None:
    desk = Desk(WEBHOOK)
    desk.tell(change(samples.confirmed(), ChangeReason.CONFIRMED))
    assert desk.silences == []


def test_below_the_minimum_says_both_severities_and_whose_minimum() -> None:
    desk = Desk(WEBHOOK, MAIL)
    desk.tell(change(samples.confirmed(), ChangeReason.CONFIRMED))
    (silence,) = desk.silences
    assert (silence.why, silence.channel, silence.recipient) == (
        Why.BELOW_MINIMUM,
        "email",
        "desk@example.com",
    )
    assert silence.detail == "it was warning, this reader is told from critical on"


def test_two_rises_of_one_interval_are_told_once() -> None:
    desk = Desk(WEBHOOK)
    rotation = samples.confirmed()
    desk.tell(
        RotationChange(rotation, ChangeReason.OPENED, CONFIRMED),
        RotationChange(rotation, ChangeReason.CONFIRMED, CONFIRMED),
    )
    assert whys(desk) == [("opened", "told_already")]


def test_an_end_of_what_was_never_told_of() -> None:
    desk = Desk(WEBHOOK)
    desk.tell(change(samples.faded(), ChangeReason.FADED))
    assert whys(desk) == [("faded", "never_told_of_it")]


def test_what_a_channel_without_threads_does_not_tell() -> None:
    desk = Desk(WEBHOOK)
    desk.tell(change(samples.confirmed(), ChangeReason.CONFIRMED))
    desk.tell(change(samples.confirmed(held=True), ChangeReason.HELD, CONFIRMED + HOUR))
    assert whys(desk) == [("held", "not_on_this_channel")]


def test_what_was_on_at_the_start() -> None:
    desk = Desk(WEBHOOK)
    first = samples.confirmed(at_start=True, detected_at=CONFIRMED)
    desk.tell(change(first, ChangeReason.CONFIRMED, CONFIRMED))
    assert whys(desk) == [("confirmed", "at_start")]


def test_quiet_hours_say_until_when() -> None:
    desk = Desk(policy=AlertPolicy(receivers=(BOT,), quiet=(time(11), time(12, 30))))
    desk.tell(change(samples.confirmed(), ChangeReason.CONFIRMED))
    (silence,) = desk.silences
    assert silence.why is Why.QUIET_HOURS
    assert "12:30" in silence.detail


def test_a_group_is_told_in_one_message() -> None:
    desk = Desk(WEBHOOK)
    rises = [
        change(samples.confirmed(id=s, from_sector=s), ChangeReason.CONFIRMED)
        for s in ("ai-agents", "defi", "gaming")
    ]
    desk.tell(*rises)
    assert whys(desk) == [("confirmed", "grouped")] * 3


def test_every_receiver_and_change_is_either_told_or_has_a_reason() -> None:
    desk = Desk(BOT, WEBHOOK, MAIL)
    life = [
        change(samples.opened(), ChangeReason.OPENED),
        change(samples.confirmed(), ChangeReason.CONFIRMED),
        change(
            samples.confirmed(severity=Severity.CRITICAL), ChangeReason.SEVERITY, CONFIRMED + HOUR
        ),
        change(samples.faded(), ChangeReason.FADED),
    ]
    for turn in life:
        before = len(desk.notices), len(desk.silences)
        desk.tell(turn)
        told = {
            (n.channel, n.recipient, n.thread)
            for n in desk.notices[before[0] :]
            if "change" in n.payload
        }
        silent = {(s.channel, s.recipient) for s in desk.silences[before[1] :]}
        readers = {(r.channel, r.recipient) for r in desk.policy.receivers}
        assert readers <= silent | {(channel, recipient) for channel, recipient, _ in told}
