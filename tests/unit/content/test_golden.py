"""Whole messages, word by word: read them, then trust them.

``MONITOR_GOLDEN=write pytest ...`` writes them anew; the difference is to be read before it is kept.
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.content.alert_text import spark_line
from monitor.content.notices import AlertPolicy, notices_for, start_digest
from monitor.detection.parameters import DetectionParameters
from monitor.model.notice import Channel, Notice
from monitor.model.rotation import ChangeReason, RotationChange, Severity, Status
from tests.unit.content import samples
from tests.unit.content.samples import CONFIRMED, DETECTED, NAMES, change

GOLDEN = Path(__file__).parent / "golden"
POLICY = AlertPolicy(minimum=Severity.WATCH, detection=DetectionParameters())
SPARKS = {"ai-agents": spark_line([100, 101, 100.5, 99, 97, 96, 93, 92, 91, 89.6])}
RAISED = CONFIRMED + timedelta(hours=3)
CRITICAL = samples.confirmed(
    severity=Severity.CRITICAL,
    score=4.8,
    peak_score=4.8,
    evidence=samples.evidence(at=RAISED),
)
TURN = DETECTED + timedelta(hours=50)
OPPOSITE = samples.confirmed(
    id="rot-81c2",
    from_sector="memes",
    to_sector="ai-agents",
    detected_at=TURN - timedelta(hours=1),
    confirmed_at=TURN,
    started_at=TURN - timedelta(hours=4),
    reverses="rot-7f3a",
    evidence=samples.evidence(
        from_side=samples.side("memes", contributors=(("DOGE", -0.05),)),
        to_side=samples.gaining("ai-agents"),
    ),
)
REVERSED = samples.faded(status=Status.REVERSED, reversed_by="rot-81c2")

SINGLE = {
    "opened": change(samples.opened(), ChangeReason.OPENED),
    "confirmed": change(samples.confirmed(), ChangeReason.CONFIRMED),
    "critical": change(CRITICAL, ChangeReason.SEVERITY, RAISED),
    "faded": change(samples.faded(), ChangeReason.FADED),
    "reversing": change(OPPOSITE, ChangeReason.CONFIRMED),
    "reversed": change(REVERSED, ChangeReason.REVERSED, TURN),
    "one-sided": change(samples.one_sided(), ChangeReason.CONFIRMED),
    "launch": change(samples.with_launch(), ChangeReason.CONFIRMED),
    "unknown-flow": change(samples.unknown_flow(), ChangeReason.CONFIRMED),
    "held": change(samples.faded(held=True, status=Status.EXPIRED), ChangeReason.EXPIRED),
}


def written(notice: Notice) -> str:
    return f"{notice.text}\n\n{notice.payload['body']}\n"


def compare(name: str, text: str) -> None:
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("MONITOR_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SINGLE)
def test_message_of_one_change(name: str) -> None:
    (notice,) = notices_for([SINGLE[name]], POLICY, NAMES, {"rot-7f3a"}, SPARKS)
    compare(name, written(notice))


def test_message_of_what_was_on_at_the_start() -> None:
    first = samples.confirmed(at_start=True)
    second = samples.opened(id="rot-90aa", from_sector="defi", at_start=True)
    (notice,) = start_digest([first, second], NAMES, DETECTED, [Channel.SLACK])
    compare("at-start", written(notice))


def test_message_of_three_at_once() -> None:
    changes: list[RotationChange] = [
        change(samples.confirmed(), ChangeReason.CONFIRMED),
        change(
            samples.confirmed(id="rot-a", from_sector="defi", severity=Severity.CRITICAL),
            ChangeReason.CONFIRMED,
        ),
        change(samples.confirmed(id="rot-b", from_sector="gaming"), ChangeReason.CONFIRMED),
    ]
    (notice,) = notices_for(changes, POLICY, NAMES, set())
    compare("three-at-once", written(notice))
