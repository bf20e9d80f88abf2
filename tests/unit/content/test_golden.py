"""Whole messages of many rotations, word by word: read them, then trust them."""

from dataclasses import replace

from monitor.alerting.grouping import message_of
from monitor.alerting.policy import IN_THREADS, AlertPolicy, Receiver
from monitor.alerting.start_digest import start_digest
from monitor.content.alert import AlertFacts
from monitor.model.rotation import ChangeReason, Severity
from tests.kit import rotations as samples
from tests.kit.rotations import DETECTED, NAMES, change
from tests.unit.content.goldens import assert_golden


def test_message_of_what_was_on_at_the_start() -> None:
    first = samples.confirmed(at_start=True)
    second = samples.opened(id="rot-90aa", from_sector="defi", at_start=True)
    around = {first.id: AlertFacts(names=NAMES), second.id: AlertFacts(names=NAMES)}
    receiver = Receiver("slack", IN_THREADS, Severity.WATCH)
    notice = start_digest([first, second], around, DETECTED, AlertPolicy(receivers=(receiver,)))[0]
    assert_golden("at-start.txt", f"{notice.text}\n\n{notice.payload['body']}\n")


def test_message_of_three_at_once() -> None:
    one = samples.confirmed()
    made = [
        one,
        replace(one, id="rot-a", from_sector="defi", severity=Severity.CRITICAL),
        replace(one, id="rot-b", from_sector="gaming"),
    ]
    message = message_of([change(rotation, ChangeReason.CONFIRMED) for rotation in made], NAMES)
    assert_golden("three-at-once.txt", f"{message.text}\n\n{message.body}\n")
