"""Single lines of the alert: what is said, what is left out, and what is never said."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.content.alert import AlertFacts, PastFlags, alert_message, alert_text
from monitor.content.alert.facts import Among
from monitor.model.rotation import (
    ChangeReason,
    Launch,
    Rotation,
    RotationChange,
    Severity,
    SideEvidence,
    Status,
)
from monitor.model.state import FlowGrade, ShareSplit
from tests.kit import rotations as samples
from tests.kit.rotations import CONFIRMED, NAMES, change
from tests.unit.content.alert.cases import AROUND, LAUNCHED, LAUNCHED_BEFORE, ONE_COIN, SINGLE


def text_of(rotation: Rotation, around: AlertFacts = AROUND, **how: Any) -> str:
    return alert_text(alert_message(change(rotation, ChangeReason.CONFIRMED), around, **how))


def with_evidence(**changes: Any) -> Rotation:
    return samples.confirmed(evidence=samples.evidence(**changes))


def gaining(split: ShareSplit | None) -> SideEvidence:
    return samples.gaining(share_split_pp=split)


def test_direction_severity_and_state_come_first() -> None:
    lines = text_of(samples.confirmed()).splitlines()
    assert lines[0] == "AI agents → Memes · WARNING · confirmed"
    assert "AI agents lost 10.4 % in 24 h" in lines[1]
    assert "Began about 05:00 UTC" in lines[2]


def test_a_banner_stands_before_all_and_lateness_after_it() -> None:
    around = replace(AROUND, banner="demo · reconstruction, not a live feed")
    lines = text_of(samples.confirmed(), around, late="late by 2 h 10 min").splitlines()
    assert lines[:3] == [
        "Demo · reconstruction, not a live feed",
        "Late by 2 h 10 min",
        "AI agents → Memes · WARNING · confirmed",
    ]


def test_a_closed_rotation_says_first_that_it_is_over() -> None:
    closed = change(samples.faded(status=Status.EXPIRED), ChangeReason.EXPIRED)
    assert alert_text(alert_message(closed, AlertFacts(names=NAMES))).splitlines()[:3] == [
        "AI agents → Memes · WARNING · over: expired",
        "Over after 26 h (expired): strongest score 4.8.",
        "When flagged:",
    ]


def test_an_outcome_of_what_is_over_says_both() -> None:
    scored = change(samples.faded(), ChangeReason.OUTCOME_24H)
    told = alert_message(scored, AROUND).told
    assert told[0].startswith("24 h scorecard: Memes over AI agents unknown since detection")
    assert told[1] == "Over after 26 h (faded): strongest score 4.8."


def test_a_parent_that_is_over_says_so_beside_a_later_outcome() -> None:
    scored = change(samples.faded(), ChangeReason.OUTCOME_72H, CONFIRMED + timedelta(hours=72))
    told = alert_message(*SINGLE["confirmed"], latest=(scored, AROUND)).told
    assert told[0].startswith("Now (22 Jan 2025, 11:35 UTC): over after 26 h (faded):")
    assert "; 72 h scorecard: Memes over AI agents unknown since detection" in told[0]


def test_beta_is_said_only_where_it_is_far_from_one() -> None:
    far = with_evidence(from_side=samples.side(beta=1.7), market_return=-0.019)
    assert "the market's part is -3.2 % (market -1.9 % x 1.7), its own -7.2 pp" in text_of(far)
    unknown = with_evidence(from_side=samples.side(beta=1.7), market_return=None)
    assert "the market's part is -3.2 % (beta 1.7), its own" in text_of(unknown)
    assert "x 1.0" not in text_of(samples.confirmed())


def test_the_data_line_says_what_is_wrong_with_the_data() -> None:
    quality = replace(samples.confirmed().quality, benchmark_missing=True, venue_conflict=True)
    around = AlertFacts(
        names=NAMES, venues=(1, 6), missing=("a", "b", "c", "d", "e"), interval="5m"
    )
    text = text_of(samples.confirmed(quality=quality, held=True), around)
    assert "confirmed · held: too little data to judge" in text.splitlines()[0]
    assert text.splitlines()[-1] == (
        "coverage 98 % · stale 1 % · benchmark missing, beta 1 · venues disagree"
        " · 1 of 6 venues (a, b, c and 2 more missing) · interval 5m · rot-7f3a · monitor explain rot-7f3a"
    )


def test_a_launch_is_a_part_of_share_and_never_an_inflow() -> None:
    text = text_of(LAUNCHED)
    assert "of market cap +11.3 pp, of which +10.1 pp is TRUMP's launch." in text
    assert "Cap share taken apart: AI agents -4.1 pp = price -1.7 pp, launch -2.4 pp;" in text
    assert "What its cap added in its first 24 h counts above as launch, not as flow." in text
    assert "inflow" not in text


def test_a_launch_before_the_window_is_not_in_its_changes() -> None:
    launches = (Launch("TRUMP", "memes", CONFIRMED - timedelta(hours=50), 10.1),)
    for split in (None, ShareSplit(1.2, 0, 0, 10.1)):
        text = text_of(with_evidence(launches=launches, to_side=gaining(split)))
        assert "It joined before these 24 h: no change above holds its launch." in text


def test_a_launch_before_the_window_that_was_still_young_in_it_says_what_is_told_of_it() -> None:
    launches = LAUNCHED_BEFORE.evidence.launches
    text = text_of(with_evidence(launches=launches, to_side=gaining(ShareSplit(1.2, 0, 0, 0.4))))
    assert "TRUMP joined Memes 33 h before, 18 Jan 2025, 02:35 UTC" in text
    assert ", of which +0.4 pp is TRUMP's launch." in text
    assert (
        "It joined before these 24 h; what its cap added in them until it was 24 h old counts above"
        in text
    )
    assert "+10.1 pp" not in text


def test_a_launch_whose_part_is_unknown_is_said_to_be_no_flow() -> None:
    text = text_of(with_evidence(launches=LAUNCHED.evidence.launches))
    assert "Its joining is no flow and no return." in text
    assert "above as launch" not in text


def test_many_launches_are_counted() -> None:
    launches = tuple(
        Launch(f"L{i}", "memes", CONFIRMED - timedelta(hours=1), float(i)) for i in range(500)
    )
    text = text_of(
        samples.confirmed(evidence=replace(LAUNCHED.evidence, launches=launches)),
    )
    assert text.count("Launch: ") == 3
    assert "And 497 more launch(es) in Memes." in text
    assert "by the launches of L0, L1, L2 and 497 more" in text


def test_one_coin_that_makes_the_move_is_told_from_a_sector() -> None:
    text = text_of(ONE_COIN)
    assert (
        "1 of 10 AI agents behind the market. One coin rather than the sector: VIRTUAL is" in text
    )
    assert "One coin" not in text_of(samples.confirmed())


def test_parts_that_would_mislead_are_told_in_points() -> None:
    opposed = samples.side(contributors=(("A", -0.15), ("B", 0.05)))
    assert "One coin rather than the sector: A -15.0 pp, B +5.0 pp, of -10.4 %." in text_of(
        with_evidence(from_side=opposed)
    )
    spread = samples.side(contributors=(("A", -0.07), ("B", 0.01)))
    assert "Largest parts: A -7.0 pp, B +1.0 pp." in text_of(with_evidence(from_side=spread))
    small = samples.side(total_return=-0.004, contributors=(("A", -0.002),))
    assert "Largest parts: A -0.2 pp." in text_of(with_evidence(from_side=small))


def test_of_what_gained_those_are_counted_that_were_ahead() -> None:
    assert "Breadth: 10 of 13 Memes ahead of the market." in text_of(samples.confirmed())


def test_never_more_than_three_tokens_a_side() -> None:
    many = samples.side(contributors=tuple((f"T{i}", -0.02) for i in range(9)))
    text = text_of(with_evidence(from_side=many))
    assert "Most of the move: T0 19 %, T1 19 %, T2 19 %." in text


@pytest.mark.parametrize(
    ("among", "words"),
    [
        (Among(1, 9, whole=True), "strongest of 9 rotations in 30 days"),
        (Among(2, 9, whole=True), "2nd strongest of 9 rotations in 30 days"),
        (Among(3, 4, whole=False), "3rd strongest of 4 rotations on record"),
        (Among(11, 30, whole=True), "11th strongest of 30 rotations in 30 days"),
        (Among(21, 30, whole=True), "21st strongest of 30 rotations in 30 days"),
        (Among(1, 1, whole=True), "the only rotation with a score in 30 days"),
        (Among(1, 1, whole=False), "the only rotation with a score on record"),
    ],
)
def test_rank_counts_rotations_in_words(among: Among, words: str) -> None:
    text = text_of(samples.confirmed(), replace(AROUND, among=among))
    assert f"Score 3.4, {words}; 5 of 6" in text


def test_the_condition_that_lacks_is_named_with_value_and_bound() -> None:
    assert "met, lacking part of the loser behind the market 50 % (needs 60 % or more)." in text_of(
        samples.confirmed()
    )
    assert "5 of 5 conditions met." in text_of(with_evidence(conditions=samples.MET))
    assert "conditions unknown." in text_of(with_evidence(conditions=()))


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (PastFlags(8, 6), "Past flags of this pair: 8, of which 6 confirmed."),
        (PastFlags(4, 1), "4, of which 1 confirmed; n is too small to lean on."),
        (PastFlags(0, 0), "No earlier flag of this pair."),
    ],
)
def test_how_such_flags_ended_here_before(past: PastFlags, words: str) -> None:
    assert words in text_of(samples.confirmed(), replace(AROUND, past=past))


def test_what_is_not_known_around_it_is_left_out() -> None:
    text = text_of(samples.confirmed(), AlertFacts(names=NAMES))
    assert not any(word in text for word in ("Past flags", "Ends if", "Note", "venues ("))


@pytest.mark.parametrize(
    ("moved", "own", "words"),
    [
        (4.1, -0.072, "Before this message: -4.1 of -7.2 pp own move."),
        (8.0, -0.072, "Before this message: -8.0 pp own move since it began."),
        (-0.5, -0.072, "Before this message: +0.5 pp own move since it began."),
        (4.1, None, "Before this message: -4.1 pp own move since it began."),
        (None, -0.072, "Before this message: how much of the own move was over is unknown."),
    ],
)
def test_how_much_of_the_move_came_before(
    moved: float | None, own: float | None, words: str
) -> None:
    made = with_evidence(moved_before_detection_pp=moved, from_side=samples.side(own_return=own))
    assert words in text_of(made)


def test_a_late_message_names_the_moment_that_its_figures_are_of() -> None:
    text = text_of(samples.confirmed(), late="late by 2 h")
    assert "Before 19 Jan 2025, 11:35 UTC: -4.1 of -7.2 pp own move." in text
    assert "this message" not in text


@pytest.mark.parametrize(
    ("around", "rotation", "words"),
    [
        (
            replace(AROUND, ends_level=None),
            samples.confirmed(),
            "Ends if the score stays under 1.2 for 6 h, or if Memes → AI agents is confirmed.",
        ),
        (
            replace(AROUND, ends_level=None),
            samples.one_sided(),
            "Ends if its own loss falls short of its conditions for 6 h.",
        ),
        (
            replace(AROUND, ends_level=-0.041),
            samples.confirmed(),
            (
                "Ends if the own move of AI agents in 24 h is less than about 4.1 pp behind that of Memes for 6 h at such"
                " volumes (score under 1.2), or if Memes → AI agents is confirmed."
            ),
        ),
        (
            replace(AROUND, ends_level=0.01),
            samples.confirmed(),
            (
                "Ends if the own move of AI agents in 24 h is more than about 1.0 pp ahead of that of Memes for 6 h at such"
                " volumes (score under 1.2), or if Memes → AI agents is confirmed."
            ),
        ),
        (
            replace(AROUND, ends_level=-0.05),
            samples.one_sided(),
            "Ends if the own move of AI agents is above -5.0 pp in 24 h for 6 h.",
        ),
    ],
)
def test_what_would_end_it(around: AlertFacts, rotation: Rotation, words: str) -> None:
    assert words in text_of(rotation, around).splitlines()


def test_what_is_over_has_no_end_to_watch_for() -> None:
    facts: tuple[RotationChange, AlertFacts] = SINGLE["faded"]
    assert "Ends if" not in alert_text(alert_message(*facts))
    assert "Ends if" not in alert_text(alert_message(*SINGLE["confirmed"], latest=facts))


def test_the_newest_notes_are_told_and_the_rest_counted() -> None:
    notes = tuple((CONFIRMED - timedelta(hours=i), f"note {i}\nmore") for i in range(8))
    text = text_of(samples.confirmed(), replace(AROUND, notes=notes))
    assert text.index('Note: "note 4 more"') < text.index('Note: "note 0 more"')
    assert "note 5" not in text
    assert "And 3 earlier note(s)." in text


def test_net_flow_has_its_gloss_once_and_says_what_is_guessed() -> None:
    text = text_of(samples.confirmed())
    assert text.count("taker buying less taker selling") == 1
    assert "of Memes estimated from price moves." in text
    assert "Net flow is unknown." in text_of(samples.unknown_flow())
    half = with_evidence(from_side=samples.side(net_flow_usd=None, flow_grade=None))
    assert "; of AI agents unknown." in text_of(half)


def test_of_trades_that_were_read_the_part_seen_is_said() -> None:
    read = with_evidence(from_side=samples.side(flow_grade=FlowGrade.B, flow_seen=0.724))
    text = text_of(read)
    assert (
        "of AI agents (72 % of the volume seen) scaled up from trades that were read"
        in " ".join(text.split())
    )
    assert "of vol., 72 % seen" in text


def test_one_sided_evidence_has_one_column() -> None:
    message = alert_message(*SINGLE["one-sided"])
    assert [column.name for column in message.columns] == ["AI agents, 24 h"]
    assert message.headline.startswith("AI agents → market")


def test_two_columns_stand_side_by_side_within_78_characters() -> None:
    lines = text_of(samples.confirmed()).splitlines()
    begin = lines.index("") + 1
    assert all(len(line) <= 78 for line in lines[begin : begin + 5])
    assert [x for x in lines[begin].split("  ") if x] == [" AI agents, 24 h", "Memes, 24 h"]


def test_figures_too_wide_for_two_columns_stand_below_each_other() -> None:
    wide = samples.side(volume_usd=1e3, net_flow_usd=-9.99e12)
    lines = text_of(with_evidence(from_side=wide)).splitlines()
    assert "AI agents, 24 h" in lines
    assert "Memes, 24 h" in lines


def test_an_address_that_is_not_of_the_web_is_left_out() -> None:
    for page in ("javascript:alert(1)", "http://h/>|<x", "http://h/" + "a" * 900, "http://h/a b"):
        assert alert_message(*SINGLE["confirmed"][:1], replace(AROUND, page=page)).page == ""
    assert alert_message(*SINGLE["confirmed"]).page == "http://127.0.0.1:8787/?rotation=rot-7f3a"


def test_what_is_critical_says_why() -> None:
    around = replace(AROUND, critical_at=4.0)
    by_score = samples.confirmed(severity=Severity.CRITICAL, score=4.04)
    assert "Critical: score 4.0 reached the bound of 4.0." in text_of(by_score, around)
    drained = replace(samples.with_launch(), severity=Severity.CRITICAL, score=3.2)
    assert (
        "Critical: Memes drains a second sector within a day, fed by the launch of TRUMP."
        in text_of(drained, around)
    )
    assert "Critical:" not in text_of(samples.confirmed(score=4.5), around), "a warning"
    assert "Critical:" not in text_of(by_score, AROUND), "told before the bound was kept"
