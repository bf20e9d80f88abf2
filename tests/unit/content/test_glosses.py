"""What is said of how net flow was measured."""

from dataclasses import replace

from monitor.content.wording.glosses import flow_measured
from monitor.model.state import FlowGrade
from tests.unit.content.report import days

NAMES = {"ai-agents": "AI agents", "memes": "Memes"}


def test_where_every_venue_told_who_bought_nothing_is_said() -> None:
    assert flow_measured(days.STATES, NAMES) == ""


def test_what_was_read_and_what_is_estimated_is_said_with_the_part_seen() -> None:
    first, second, *_ = days.STATES
    states = (
        replace(first, flow_grade=FlowGrade.B, flow_seen=0.724),
        replace(second, flow_grade=FlowGrade.C),
    )
    named = NAMES.get(first.id, first.id), NAMES.get(second.id, second.id)
    assert flow_measured(states, NAMES) == (
        f"Of {named[0]} (72 % of the volume seen) it is scaled up from trades that were read."
        f" Of {named[1]} it is estimated from price moves."
    )
