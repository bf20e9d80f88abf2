"""Members that come, go, issue or change their unit: shares move and say by what, indices do not."""

from datetime import timedelta

import numpy as np
import pytest

from monitor.model.universe import Membership, Redenomination
from tests.integration.engine.market import (
    HOUR,
    NAN,
    START,
    Run,
    event_of,
    events_of,
    token,
    token_of,
    universe,
)

BASE = {"BTC": 100.0, "AIX": 1.0, "DOGE": 1.0}


def two_sectors(**supply: float) -> Run:
    """AI of 16 and memes of 60 with a TRUMP that does not trade yet."""
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE", "TRUMP"]}))
    run.step(BASE, supply={"AIX": 16.0, "DOGE": 60.0, "TRUMP": 1.0} | supply)
    run.steps(2)
    return run


def test_a_launch_is_the_first_worked_example() -> None:
    run = two_sectors()
    out = run.step({"AIX": 0.9, "TRUMP": 10.0})
    ai, memes = out.step.sector("ai"), out.step.sector("memes")
    assert [ai.index, memes.index] == pytest.approx([900.0, 1000.0])
    assert ai.share == pytest.approx(0.170616, abs=5e-7)
    assert events_of(out) == [("launch", "memes", "TRUMP")]
    # of +3.9910 pp of memes the launch brought 2.3762 pp
    assert event_of(out, "launch").share_effect == pytest.approx(0.023762, abs=5e-7)
    assert event_of(out, "launch").market_cap_usd == 10.0
    split = ai.share_split_24h
    assert split is not None
    assert 100 * split.price == pytest.approx(-1.6148, abs=5e-5)
    assert 100 * split.launch == pytest.approx(-2.3762, abs=5e-5)


def test_a_launched_token_has_its_weight_from_the_next_step_on() -> None:
    run = two_sectors()
    run.step({"TRUMP": 10.0})
    out = run.step({"TRUMP": 12.0})
    assert out.step.sector("memes").index == pytest.approx(1000.0 * 72.0 / 70.0)
    assert token_of(out, "TRUMP").contribution_24h is None, "one step is too little of a day"


def test_a_launchs_way_up_is_launch_and_no_price_for_a_day() -> None:
    run = two_sectors()
    run.step({"TRUMP": 1.0})
    for hour in range(1, 24):
        out = run.step({"TRUMP": 1.0 + hour})
    split = out.step.sector("memes").share_split_24h
    assert split is not None
    assert split.price == pytest.approx(0.0, abs=1e-12)
    assert split.launch == pytest.approx(84 / 100 - 60 / 76)
    assert out.step.sector("memes").index == pytest.approx(1000.0 * 84 / 61), "the index counts it"
    run.step()
    for price in (30.0, 24.0):
        out = run.step({"TRUMP": price})
    split = out.step.sector("memes").share_split_24h
    assert split is not None
    assert split.price == pytest.approx(0.0, abs=1e-12)
    settled = run.step({"TRUMP": 30.0}).step.sector("memes").share_split_24h
    assert settled is not None
    assert settled.price == pytest.approx(90 / 106 - 84 / 100)


def test_a_token_with_an_old_market_is_an_entry_and_no_launch() -> None:
    old = token("TRUMP", first_trade=START - timedelta(days=8))
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE", "TRUMP"]}, [old]))
    run.step(BASE)
    out = run.step({"TRUMP": 10.0})
    assert events_of(out) == [("entry", "memes", "TRUMP")]
    split = out.step.sector("memes").share_split_24h
    assert split is not None
    assert split.launch == 0.0
    # 1 of 2 becomes 11 of 12
    assert split.membership == pytest.approx(11 / 12 - 1 / 2)


def test_nobody_is_a_launch_because_the_first_intervals_were_not_seen() -> None:
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}))
    run.step(unseen=True)
    assert events_of(run.step(BASE)) == [], "what is there from the start is no news"
    assert [kind for kind, _, _ in events_of(two_sectors().step({"TRUMP": 1.0}))] == ["launch"]


def test_a_token_leaves_at_its_last_price_when_it_is_too_old() -> None:
    run = Run(universe({"ai": ["AIX", "GONE"], "memes": ["DOGE"]}))
    run.step(BASE | {"GONE": 2.0})
    run.step({"GONE": 2.4})
    index = 1000.0 * 3.4 / 3.0
    out = run.step({"GONE": None})
    for _ in range(23):
        assert out.step.sector("ai").index == pytest.approx(index)
        assert events_of(out) == []
        out = run.step()
    assert token_of(out, "GONE").age_s == 24 * 3600
    out = run.step()
    assert events_of(out) == [("exit", "ai", "GONE")]
    assert event_of(out, "exit").market_cap_usd == 2.4
    assert out.step.sector("ai").index == pytest.approx(index)
    assert out.step.sector("ai").market_cap_usd == 1.0
    back = run.step({"GONE": 2.6})
    assert [kind for kind, _, _ in events_of(back)] == ["entry"]
    assert back.step.sector("ai").index == pytest.approx(index)


def test_a_member_leaves_on_its_date() -> None:
    dated = Membership("AIY", until=START + 2 * HOUR)
    run = Run(universe({"ai": ["AIX", dated], "memes": ["DOGE"]}))
    run.step(BASE | {"AIY": 3.0})
    assert run.step().step.sector("ai").members == 2
    out = run.step()
    assert events_of(out) == [("exit", "ai", "AIY")]
    assert out.step.sector("ai").index == 1000.0


def test_an_issue_moves_share_by_supply_and_the_index_only_by_its_weight_later() -> None:
    run = two_sectors()
    out = run.step(supply={"AIX": 20.0})
    ai = out.step.sector("ai")
    assert ai.index == 1000.0
    assert ai.share == 20.0 / 80.0
    assert events_of(out) == [("supply", "ai", "AIX")]
    assert event_of(out, "supply").share_effect == pytest.approx(20 / 80 - 16 / 76)
    split = ai.share_split_24h
    assert split is not None
    assert split.supply == pytest.approx(20 / 80 - 16 / 76)
    assert split.price == 0.0


def test_a_supply_that_hardly_moves_is_not_told() -> None:
    assert events_of(two_sectors().step(supply={"AIX": 16.1})) == []


MIGRATION = (Redenomination("AI16Z", "ELIZAOS", 6.0, START + 3 * HOUR),)


def migrating() -> Run:
    """AI16Z at 0.06 with 1.1 bn units until it becomes ELIZAOS, beside one meme."""
    run = Run(
        universe(
            {
                "ai": [
                    Membership("AI16Z", until=START + 3 * HOUR),
                    Membership("ELIZAOS", since=START + 3 * HOUR),
                ],
                "memes": ["DOGE"],
            },
            redenominations=MIGRATION,
        )
    )
    run.step(
        {"BTC": 100.0, "DOGE": 1.0, "AI16Z": 0.06},
        supply={"AI16Z": 1.1e9, "ELIZAOS": 7.4822e9, "DOGE": 2e8},
    )
    run.steps(2)
    return run


def test_a_redenomination_is_the_second_worked_example() -> None:
    out = migrating().step({"ELIZAOS": 0.0105, "AI16Z": None})
    ai = out.step.sector("ai")
    assert ai.return_step == pytest.approx(0.05, abs=1e-12)
    assert ai.index == pytest.approx(1050.0)
    assert ai.market_cap_usd == pytest.approx(78.5631e6, abs=0.5)
    assert ai.members == 1
    split = ai.share_split_24h
    assert split is not None
    # price +3.52055 m and supply +9.04255 m of 266 m and 278.5631 m, less what the total moved
    mean_share, mean_total = 0.5 * (66 / 266 + 78.5631 / 278.5631), 0.5 * (266 + 278.5631)
    assert split.price == pytest.approx((1 - mean_share) * 3.52055 / mean_total, abs=1e-7)
    assert split.supply == pytest.approx((1 - mean_share) * 9.04255 / mean_total, abs=1e-7)
    assert (split.membership, split.launch) == (0.0, 0.0)
    assert events_of(out) == [("redenomination", "ai", "ELIZAOS"), ("supply", "ai", "ELIZAOS")]
    assert event_of(out, "redenomination").share_effect == 0.0
    assert event_of(out, "redenomination").market_cap_usd == pytest.approx(66.0e6)


def test_the_successor_takes_over_what_is_known_of_the_old_token() -> None:
    run = migrating()
    run.steps(24)  # the successor's line is held while it has no price of its own
    moved = Run(run.engine.universe)
    moved.step({"BTC": 100.0, "DOGE": 1.0, "AI16Z": 0.06}, supply={"ELIZAOS": 6.6e9})
    moved.step({"AI16Z": 0.05})
    moved.step({"AI16Z": 0.06})
    out = moved.step({"ELIZAOS": 0.01, "AI16Z": None})
    own = moved.state.token_rings["log_return"].last(3)
    place = moved.engine.layout.tokens.index("ELIZAOS")
    assert own[:, place] == pytest.approx([np.log(5 / 6), np.log(6 / 5), 0.0])
    assert token_of(out, "ELIZAOS").price_usd == 0.01


@pytest.mark.parametrize(("first", "taken"), [(0.0111, False), (0.0089, False), (0.0109, True)])
def test_a_first_price_over_a_tenth_off_the_line_is_held_back(first: float, taken: bool) -> None:
    run = migrating()
    out = run.step({"ELIZAOS": first, "AI16Z": None})
    assert out.step.sector("ai").index == pytest.approx(100_000.0 * first if taken else 1000.0)
    assert out.step.sector("ai").members == 1
    assert token_of(out, "ELIZAOS").price_usd == pytest.approx(first if taken else 0.01)
    late = run.step({"ELIZAOS": 0.0104})
    assert late.step.sector("ai").index == pytest.approx(1040.0)
    free = run.step({"ELIZAOS": 0.0125})
    assert free.step.sector("ai").index == pytest.approx(1250.0), "the guard is for the first price"


def test_a_successor_without_a_told_supply_goes_on_with_the_old_one_times_the_ratio() -> None:
    out = migrating().step({"ELIZAOS": 0.01}, supply={"ELIZAOS": NAN})
    assert token_of(out, "ELIZAOS").supply == pytest.approx(6.6e9)
    assert events_of(out) == [("redenomination", "ai", "ELIZAOS")]
    assert out.step.sector("ai").index == pytest.approx(1000.0)


def test_a_successor_that_traded_before_keeps_its_own_price() -> None:
    run = migrating()
    steady = Run(run.engine.universe)
    steady.step(
        {"BTC": 100.0, "DOGE": 1.0, "AI16Z": 0.06, "ELIZAOS": 0.0102}, supply={"ELIZAOS": 6.6e9}
    )
    steady.steps(2)
    out = steady.step({"AI16Z": None})
    assert out.step.sector("ai").return_step == pytest.approx(0.02)


def test_a_line_held_by_the_guard_is_told_and_the_successor_comes_back_as_an_entry() -> None:
    run = migrating()
    for _ in range(24):
        out = run.step({"ELIZAOS": 0.0125, "AI16Z": None})
        assert token_of(out, "ELIZAOS").price_usd == pytest.approx(0.01)
        assert token_of(out, "ELIZAOS").venue_conflict
        assert out.step.sector("ai").venue_conflict
    out = run.step()
    assert events_of(out) == [("exit", "ai", "ELIZAOS")]
    out = run.step()
    assert token_of(out, "ELIZAOS").price_usd == 0.0125
    assert events_of(out) == [("entry", "ai", "ELIZAOS")]
    assert not token_of(out, "ELIZAOS").venue_conflict
    assert out.step.sector("ai").index == pytest.approx(1000.0)


def test_a_successor_that_traded_before_far_off_the_line_is_held_back() -> None:
    run = Run(migrating().engine.universe)
    run.step({"BTC": 100.0, "DOGE": 1.0, "AI16Z": 0.06, "ELIZAOS": 0.03}, supply={"ELIZAOS": 6.6e9})
    run.steps(2)
    out = run.step({"AI16Z": None})
    assert out.step.sector("ai").index == pytest.approx(1000.0)
    assert token_of(out, "ELIZAOS").price_usd == pytest.approx(0.01)
