"""The two rules that tell a loss which the full judgement cannot: as watch, never higher."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pytest

from monitor.model.rotation import MARKET, Kind, Launch, RotationChange, Severity
from tests.unit.detection.stage import AI, DEFI, MEMES, START, Stage, told

FIVE = float(np.log1p(-0.0501))  # five per cent and a hair
LOSS = {AI: (FIVE, -3.0)}
DRAIN = {AI: (FIVE, -2.0)}
PAIR = ("ai", "memes")


def seasoned() -> Stage:
    """A stage whose sectors have been watched for long enough to have a usual size of loss."""
    stage = Stage()
    own = stage.memory.sigma.places["e"]
    stage.memory.spread.count[own] = 84.0 * 4
    return stage


def losing(
    stage: Stage, steps: int, scores: Mapping[tuple[str, str], float] | None = None
) -> list[RotationChange]:
    return [c for _ in range(steps) for c in stage.step(scores, own=LOSS)]


def test_a_large_lone_loss_is_told_after_an_hour_into_the_rest_of_the_market() -> None:
    stage = seasoned()
    assert losing(stage, 3) == []
    (opened,) = losing(stage, 1)
    assert told([opened]) == [("opened", "ai", MARKET)]
    rotation = opened.rotation
    assert rotation.severity is Severity.WATCH
    assert rotation.evidence.to_side is None
    assert rotation.evidence.relative_return == rotation.evidence.from_side.own_return
    assert {c.name: c.bound for c in rotation.evidence.conditions} == {
        "from_own_return": -0.05,
        "from_own_z": -3.0,
        "behind_others": -0.05,
        "breadth_from": 0.6,
        "coverage": 0.7,
    }


def test_an_unknown_step_neither_counts_nor_breaks_the_hour() -> None:
    stage = seasoned()
    losing(stage, 3)
    assert stage.step(known=False) == []
    assert told(losing(stage, 1)) == [("opened", "ai", MARKET)]


@pytest.mark.parametrize("own", [(float(np.log1p(-0.0499)), -3.0), (FIVE, -2.9)])
def test_a_loss_that_is_small_or_usual_is_not_told(own: tuple[float, float]) -> None:
    stage = seasoned()
    assert [c for _ in range(12) for c in stage.step(own={AI: own})] == []


@pytest.mark.parametrize("breadth", [0.59, None])
def test_one_broken_coin_is_no_loss_of_its_sector(breadth: float | None) -> None:
    stage = seasoned()
    stage.answers.breadth = breadth
    assert losing(stage, 12) == []


def test_a_sector_without_a_yardstick_is_not_told() -> None:
    stage = seasoned()
    own = stage.memory.sigma.places["e"]
    stage.memory.spread.count[own][AI] = 84.0 * 4 - 1
    assert losing(stage, 12) == []


def test_where_a_destination_qualifies_the_market_is_not_named() -> None:
    stage = seasoned()
    changes = losing(stage, 12, {PAIR: 2.6})
    assert told(changes) == [("opened", *PAIR)]


def test_while_a_named_rotation_is_on_the_market_is_not_named_beside_it() -> None:
    stage = seasoned()
    stage.hours(1, {PAIR: 3.4})
    assert losing(stage, 12) == []


def test_it_is_over_two_hours_after_the_loss_and_resumed_where_it_goes_on_within_a_day() -> None:
    stage = seasoned()
    (opened,) = losing(stage, 4)
    assert stage.hours(1.75) == []
    assert told(stage.step()) == [("faded", "ai", MARKET)]
    (again,) = losing(stage, 4)
    assert told([again]) == [("revived", "ai", MARKET)]
    assert again.rotation.id == opened.rotation.id
    assert again.rotation.resumed_at == stage.at


def test_a_loss_has_no_score_but_its_size_in_its_own_spread() -> None:
    (opened,) = losing(seasoned(), 4)
    assert (opened.rotation.score, opened.rotation.peak_score) == (None, None)
    assert opened.rotation.evidence.own_z == -3.0
    assert opened.rotation.kind is Kind.OUTFLOW


def test_a_fall_that_another_sector_shares_is_not_told_as_one_sector_s() -> None:
    stage = seasoned()
    both = LOSS | {MEMES: (float(np.log1p(-0.08)), -2.0)}
    assert [c for _ in range(12) for c in stage.step(own=both)] == []


GAIN = {AI: (float(np.log1p(0.08)), 4.0)}
INTO_AI = {("memes", "ai"): 3.3, ("defi", "ai"): 3.1}


def gaining(
    stage: Stage, steps: int, scores: Mapping[tuple[str, str], float] = INTO_AI
) -> list[RotationChange]:
    """AI gains on both others, none of which loses: no pair qualifies, though its scores are high."""
    return [c for _ in range(steps) for c in stage.step(own=GAIN, shown=scores, shift=1.2)]


def test_a_gain_over_every_other_sector_is_told_out_of_the_rest_of_the_market() -> None:
    stage = Stage()
    assert gaining(stage, 3) == []
    changes = gaining(stage, 1)
    assert told(changes) == [("opened", MARKET, "ai"), ("confirmed", MARKET, "ai")]
    rotation = changes[-1].rotation
    assert (rotation.kind, rotation.severity) == (Kind.INFLOW, Severity.WARNING)
    assert rotation.score == pytest.approx(3.1)
    assert rotation.evidence.from_side.own_return is None
    assert rotation.evidence.told_side.sector == "ai"
    assert all(c.met for c in rotation.evidence.conditions)


@pytest.mark.parametrize("short", ["score", "volume", "breadth", "own"])
def test_each_condition_of_the_gain_is_needed_against_every_other_sector(short: str) -> None:
    stage = Stage()
    scores = INTO_AI | ({("defi", "ai"): 2.9} if short == "score" else {})
    stage.answers.breadth_ahead = 0.5 if short == "breadth" else 0.9
    own = {AI: (float(np.log1p(0.049 if short == "own" else 0.08)), 4.0)}
    shift = 0.9 if short == "volume" else 1.2
    changes = [c for _ in range(12) for c in stage.step(own=own, shown=scores, shift=shift)]
    assert changes == []


def test_no_gain_is_told_of_a_sector_that_a_confirmed_rotation_says_is_losing() -> None:
    stage = Stage()
    stage.hours(1, {PAIR: 3.4})
    assert "inflow" not in {c.rotation.kind.value for c in gaining(stage, 12)}


def gaining_from_memes(stage: Stage, hours: int, lost: float = 0.0) -> list[RotationChange]:
    """AI gains on both others, and memes lose enough for the pair to qualify. ``lost``: by memes, of which defi lost nothing."""
    scores, shown = {("memes", "ai"): 3.3}, {("defi", "ai"): 3.1}
    own = GAIN | {MEMES: (float(np.log1p(-lost)), -1.0)}
    return [
        c
        for _ in range(4 * hours)
        for c in stage.step(scores, own=own, shown=shown, shift=1.2)
        if c.rotation.confirmed_at is not None
    ]


def test_of_a_gain_over_all_no_single_source_is_told_but_its_way_back_is_easier() -> None:
    stage = Stage()
    assert told(gaining_from_memes(stage, 12)) == [("confirmed", MARKET, "ai")]
    assert bool(stage.ledger.reversing((PAIR,), stage.at, stage.p)[0])
    assert not stage.ledger.reversing((("ai", "defi"),), stage.at, stage.p)[0]


@pytest.mark.parametrize(("lost", "named"), [(0.0499, False), (0.0501, True)])
def test_a_source_that_fell_behind_all_others_is_named_beside_the_gain(
    lost: float, named: bool
) -> None:
    stage = Stage()
    gain, *after = gaining_from_memes(stage, 12, lost)
    assert told([gain]) == [("confirmed", MARKET, "ai")]
    assert told(after) == ([("leg", "memes", "ai")] if named else [])
    assert [c.rotation.joins for c in after] == [gain.rotation.id] * named


def test_the_source_is_told_once_the_gain_over_all_is_over() -> None:
    stage = Stage()
    gaining_from_memes(stage, 1)
    stage.hours(12)
    assert told(stage.hours(1, {("memes", "ai"): 3.3})) == [
        ("revived", "memes", "ai"),
        ("leg", "memes", "ai"),
    ]


def test_a_way_back_is_told_as_such_and_not_as_a_gain_over_all() -> None:
    stage = Stage()
    stage.hours(1, {PAIR: 3.4})
    stage.hours(6)
    assert stage.ledger.current(PAIR) is None
    changes = gaining_from_memes(stage, 2)
    assert told(changes) == [("confirmed", "memes", "ai"), ("reversed", *PAIR)]


def test_a_gain_is_over_when_its_least_score_has_been_low_for_six_hours() -> None:
    stage = Stage()
    gaining(stage, 4)
    assert gaining(stage, 4 * 12, {("memes", "ai"): 2.0, ("defi", "ai"): 1.3}) == []
    assert stage.hours(5.75) == []
    assert told(stage.step()) == [("faded", MARKET, "ai")]


def test_its_outcome_is_measured_against_the_watched_market() -> None:
    stage = seasoned()
    losing(stage, 4)
    stage.step(returns={AI: float(np.log(0.9)), 3: float(np.log(1.02))})
    changes = stage.hours(24)
    outcome = next(c for c in changes if c.reason.value == "outcome_24h").rotation.outcomes["24h"]
    assert outcome is not None
    assert outcome.relative_return == pytest.approx(0.12)
    assert outcome.share_change_pp is None
    assert outcome.held is True


def draining() -> Stage:
    """A launch in memes, too young to be judged, took 6 pp of the share of AI and much of the trading."""
    stage = Stage()
    stage.answers.launched[MEMES] = (Launch("TRUMP", "memes", START, 10.0),)
    stage.answers.share_loss = 6.0
    stage.answers.volume_shares = np.array([0.3, 0.1, 0.6, np.nan])
    stage.answers.volume_shares_before = np.array([0.5, 0.2, 0.3, np.nan])
    return stage


def drained(
    stage: Stage, steps: int, *, young: bool = True, shift: float = 0.0
) -> list[RotationChange]:
    """``shift``: by how much the trading of the other sectors outgrew that of AI, in usual spreads."""
    return [c for _ in range(steps) for c in stage.step(own=DRAIN, young=young, shift=shift)]


def test_a_launch_that_drains_a_sector_is_told_after_half_an_hour_and_named() -> None:
    stage = draining()
    assert drained(stage, 1) == []
    (opened,) = drained(stage, 1)
    assert told([opened]) == [("opened", *PAIR)]
    rotation = opened.rotation
    assert rotation.severity is Severity.WATCH
    assert [launch.token for launch in rotation.evidence.launches] == ["TRUMP"]
    assert [c.name for c in rotation.evidence.conditions] == [
        "launch_share_loss",
        "from_own_return",
        "from_own_z",
        "breadth_from",
        "to_volume_share",
        "to_volume_share_change",
        "coverage",
        "from_trading",
        "drain_score",
    ]


def test_the_evidence_of_a_drain_is_of_the_window_at_which_it_holds() -> None:
    stage = draining()
    stage.answers.breadth_by_window = {4: 0.5, 8: 0.9}
    (opened,) = drained(stage, 2)
    assert opened.rotation.evidence.window_h == 8


def test_while_its_own_trading_holds_it_lasts_as_the_drain_does_and_is_only_watched() -> None:
    stage = draining()
    drained(stage, 2)
    assert drained(stage, 4 * 11) == []
    changes = [c for _ in range(8) for c in stage.step(young=True)]
    assert told(changes) == [("faded", *PAIR)]
    assert changes[0].rotation.severity is Severity.WATCH


def test_where_its_own_trading_falls_too_it_is_confirmed_after_an_hour() -> None:
    stage = draining()
    assert told(drained(stage, 3, shift=1.5)) == [("opened", *PAIR)]
    (confirmed,) = drained(stage, 1, shift=1.5)
    assert told([confirmed]) == [("confirmed", *PAIR)]
    rotation = confirmed.rotation
    assert (rotation.kind, rotation.severity) == (Kind.LAUNCH_DRAIN, Severity.WARNING)
    assert rotation.score == pytest.approx((2.0 + 1.5) / (0.8 * np.sqrt(2.0)))
    assert {c.name: c.value for c in rotation.evidence.conditions}["from_trading"] == 1.5


def test_a_second_sector_that_the_launch_drains_within_a_day_makes_it_critical() -> None:
    stage = draining()
    drained(stage, 4, shift=1.5)
    both = DRAIN | {DEFI: (FIVE, -2.0)}
    later = [c for _ in range(4) for c in stage.step(own=both, young=True, shift=1.5)]
    confirmed = [c.rotation for c in later if c.reason.value in ("confirmed", "leg")]
    assert [(r.pair, r.severity) for r in confirmed] == [(("defi", "memes"), Severity.CRITICAL)]


def test_a_confirmed_drain_goes_on_while_the_loss_and_the_missing_trading_do() -> None:
    stage = draining()
    drained(stage, 4, shift=1.5)
    stage.answers.volume_shares_before = np.array([0.2, 0.1, 0.7, np.nan])  # it grows no more
    assert drained(stage, 4 * 12, shift=1.5) == []
    calm = [c for _ in range(6 * 4) for c in stage.step(young=True)]
    assert told(calm) == [("faded", *PAIR)]


def test_a_drain_that_was_told_to_be_over_and_is_back_is_resumed_under_its_id() -> None:
    stage = draining()
    first = drained(stage, 4, shift=1.5)[-1].rotation
    for _ in range(6 * 4):
        stage.step(young=True)
    back = drained(stage, 4, shift=1.5)
    assert told(back) == [("revived", *PAIR)]
    assert back[0].rotation.id == first.id
    assert next(c.name for c in back[0].rotation.evidence.conditions) == "launch_share_loss"


def test_trading_that_nobody_can_judge_confirms_nothing() -> None:
    stage = draining()
    assert told(drained(stage, 12, shift=np.nan)) == [("opened", *PAIR)]


def test_a_destination_with_a_yardstick_is_judged_in_full_instead() -> None:
    assert drained(draining(), 12, young=False) == []


def test_a_loss_of_which_half_was_unseen_is_no_drain() -> None:
    stage = draining()
    for _ in range(12):
        assert stage.step(own=DRAIN, young=True, shift=1.5, seen_part=0.5) == []


@pytest.mark.parametrize("change", ["loss", "launch", "share", "growth", "breadth"])
def test_each_condition_of_the_drain_is_needed(change: str) -> None:
    stage = draining()
    answers = stage.answers
    if change == "loss":
        answers.share_loss = 4.9
    elif change == "launch":
        answers.launched.clear()
    elif change == "share":
        answers.volume_shares = np.array([0.6, 0.21, 0.19, np.nan])
        answers.volume_shares_before = np.array([0.7, 0.2, 0.1, np.nan])
    elif change == "growth":
        answers.volume_shares_before = np.array([0.2, 0.1, 0.7, np.nan])
    else:
        answers.breadth = 0.5
    assert drained(stage, 12) == []


def test_a_launch_drain_begins_with_steps_in_a_row() -> None:
    stage = draining()
    drained(stage, 1)
    stage.step(young=True)
    assert drained(stage, 1) == []
    (opened,) = drained(stage, 1)
    assert opened.changed_at == START + 4 * timedelta(minutes=15)
