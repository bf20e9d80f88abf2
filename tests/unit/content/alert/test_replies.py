"""What a thread says of later changes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.content.alert import AlertFacts, reminder_text, reply_text
from monitor.content.alert.facts import Told
from monitor.delivery.slack.blocks import reminder_blocks, reply_blocks
from monitor.model.rotation import ChangeReason, Outcome, Rotation, Status
from tests.kit import rotations as samples
from tests.kit.rotations import DETECTED, NAMES, change
from tests.kit.slack_server.block_kit import problems
from tests.unit.content.alert.cases import (
    AROUND,
    CRITICAL,
    DAY_ON,
    LATER,
    RAISED,
    REVERSED,
    SCORED,
    TURN,
)


def first_line(rotation: Rotation, reason: ChangeReason, around: AlertFacts = AROUND) -> str:
    return reply_text(change(rotation, reason), around).splitlines()[0]


@pytest.mark.parametrize("reason", ChangeReason)
def test_every_change_has_one_to_three_lines_that_name_the_rotation(reason: ChangeReason) -> None:
    closing = reason in (ChangeReason.FADED, ChangeReason.EXPIRED, ChangeReason.REVERSED)
    rotation = samples.faded(status=Status(reason.value)) if closing else samples.confirmed()
    text = reply_text(change(rotation, reason), AROUND)
    lines = text.splitlines()
    assert 1 <= len(lines) <= 3
    assert "AI agents" in lines[0]
    assert "Memes" in lines[0]
    assert lines[-1].endswith("rot-7f3a · monitor explain rot-7f3a") or "rot-7f3a ·" in lines[-1]
    assert problems(reply_blocks(change(rotation, reason), AROUND), lambda _: False) == []


def test_a_confirmation_says_after_how_long() -> None:
    assert first_line(samples.confirmed(), ChangeReason.CONFIRMED) == (
        "AI agents → Memes confirmed after 30 min, WARNING: own move -7.2 pp and net flow -$31.2 M in 24 h,"
        " score 3.4."
    )


def test_a_rise_names_a_second_loser_only_where_there_is_one() -> None:
    assert first_line(CRITICAL, ChangeReason.SEVERITY) == (
        "AI agents → Memes now CRITICAL: own move -9.8 pp and net flow -$52.4 M in 24 h, score 4.8."
    )
    around = replace(AROUND, also_from=("ai-agents", "defi"))
    assert first_line(CRITICAL, ChangeReason.SEVERITY, around).endswith(
        "score 4.8; DeFi lost to Memes too."
    )


def test_a_leg_says_what_it_is_a_leg_of() -> None:
    leg = samples.confirmed(id="rot-2", from_sector="defi", joins="rot-7f3a")
    assert first_line(leg, ChangeReason.LEG).startswith(
        "DeFi → Memes confirmed, WARNING: DeFi lost to Memes too (a further leg of rot-7f3a);"
    )


def test_an_end_says_duration_peak_and_move_since_detection() -> None:
    assert first_line(samples.faded(), ChangeReason.FADED, LATER) == (
        "AI agents → Memes over after 26 h (faded): strongest score 4.8;"
        " own move since detection -11.0 pp (AI agents), +3.1 pp (Memes)."
    )
    plain = replace(LATER, own_since={})
    assert first_line(samples.faded(), ChangeReason.FADED, plain).endswith(
        "since detection AI agents -14.0 %, Memes +1.0 %."
    )
    unknown = replace(LATER, own_since={}, since={"defi": 0.1})
    assert first_line(samples.faded(), ChangeReason.FADED, unknown).endswith(
        "move since detection unknown."
    )


def test_a_reversal_says_what_happened_and_the_id_last() -> None:
    line = first_line(REVERSED, ChangeReason.REVERSED, LATER)
    assert line.startswith(
        "AI agents → Memes reversed after 2 d 2 h: AI agents won back 8.0 pp own in 24 h (it was flagged at"
        " -7.2 pp in 24 h);"
    )
    assert line.endswith("; the reversal is rot-81c2.")
    plain = first_line(REVERSED, ChangeReason.REVERSED, replace(LATER, won_back=None))
    assert plain.startswith(
        "AI agents → Memes reversed after 2 d 2 h: Memes → AI agents is confirmed;"
    )


def test_a_raise_with_a_smaller_move_says_which_window_is_meant() -> None:
    other = replace(AROUND, told_before=Told(-0.12, 48))
    assert first_line(CRITICAL, ChangeReason.SEVERITY, other).endswith(
        "in 24 h, score 4.8; told before: -12.0 pp, in 48 h; these are the last 24 h alone."
    )
    same = replace(AROUND, told_before=Told(-0.12, 24))
    assert first_line(CRITICAL, ChangeReason.SEVERITY, same).endswith(
        "score 4.8; told before: -12.0 pp in the 24 h to then."
    )
    smaller = replace(AROUND, told_before=Told(-0.05, 4))
    assert "told before" not in first_line(CRITICAL, ChangeReason.SEVERITY, smaller)


def test_a_scorecard_says_what_came_and_whether_it_held() -> None:
    assert reply_text(change(SCORED, ChangeReason.OUTCOME_24H, DAY_ON), AROUND).splitlines()[0] == (
        "24 h scorecard: Memes over AI agents +6.4 % since detection;"
        " Memes cap share +1.2 pp; held."
    )
    missed = samples.confirmed(outcomes={"72h": Outcome(-0.02, None, held=False)})
    assert first_line(missed, ChangeReason.OUTCOME_72H) == (
        "72 h scorecard: Memes over AI agents -2.0 % since detection;"
        " Memes cap share unknown; did not hold."
    )


def test_a_scorecard_against_the_market_has_no_share() -> None:
    line = first_line(samples.one_sided(), ChangeReason.OUTCOME_24H)
    assert line == (
        "24 h scorecard: market over AI agents unknown since detection; unknown whether it held."
    )


def test_held_and_resumed_say_what_stands() -> None:
    held = samples.confirmed(held=True)
    assert first_line(held, ChangeReason.HELD) == (
        "AI agents → Memes held: too little data to judge (gate missing);"
        " it stays confirmed, WARNING, until the data is back."
    )
    assert "still confirmed, WARNING" in first_line(samples.confirmed(), ChangeReason.RESUMED)


def test_a_reminder_says_for_how_long_and_what_came_since() -> None:
    at = DETECTED + timedelta(hours=14)
    lines = reminder_text(samples.confirmed(), LATER, at).splitlines()
    assert lines[0] == (
        "AI agents → Memes still on after 14 h, confirmed, WARNING: strongest score 3.4;"
        " own move since detection -11.0 pp (AI agents), +3.1 pp (Memes)."
    )
    assert lines[1].startswith("20 Jan 2025, 01:05 UTC · rot-7f3a · http://")
    assert problems(reminder_blocks(samples.confirmed(), LATER, at), lambda _: False) == []


def test_a_banner_comes_first_and_then_how_late_it_is() -> None:
    around = replace(AROUND, banner="demo · reconstruction")
    text = reply_text(change(CRITICAL, ChangeReason.SEVERITY, RAISED), around, late="late by 2 h")
    assert text.startswith("demo · reconstruction: late by 2 h: AI agents → Memes now CRITICAL")
    reminded = reminder_text(CRITICAL, around, TURN, late="late by 2 h")
    assert reminded.startswith("demo · reconstruction: late by 2 h: AI agents → Memes still on")


def test_without_names_the_ids_are_told() -> None:
    line = first_line(samples.confirmed(), ChangeReason.CONFIRMED, AlertFacts())
    assert line.startswith("ai-agents → memes confirmed")
    assert NAMES["memes"] not in line
