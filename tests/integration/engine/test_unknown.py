"""What is not known stays unknown: volumes, holes, stale and doubtful prices, a missing benchmark."""

from datetime import timedelta

import numpy as np
import pytest

from monitor.model.bars import Slot
from tests.integration.engine.market import NAN, Run, token, token_of, universe

BASE = {"BTC": 100.0, "AIX": 1.0, "AIY": 1.0, "DOGE": 1.0}
MINUTES = timedelta(minutes=15)


def run_of(*venues: str, width: timedelta = MINUTES) -> Run:
    """AIX on the given venues, AIY, DOGE and BTC on one."""
    watched = universe(
        {"ai": ["AIX", "AIY"], "memes": ["DOGE"]}, [token("AIX", venues)] if venues else []
    )
    return Run(watched, width)


def test_an_unknown_volume_is_never_nought() -> None:
    run = run_of()
    assert run.step(BASE, volume={"AIX": NAN, "AIY": NAN}).step.sector("ai").volume_step_usd is None
    quiet = run.step(volume={"AIX": 0.0, "AIY": 0.0}).step.sector("ai")
    assert quiet.volume_step_usd == 0.0
    assert quiet.net_flow_step_usd == 0.0


def test_a_member_of_unknown_volume_is_made_up_for_by_what_it_usually_trades() -> None:
    run = run_of()
    run.step(BASE, supply={"AIX": 80.0, "AIY": 20.0}, volume={"AIX": 300.0, "AIY": 100.0})
    out = run.step({"AIY": None}, volume={"AIX": 600.0})
    # AIX, usually three quarters of the sector's volume, traded 600
    assert out.step.sector("ai").volume_step_usd == pytest.approx(800.0)
    assert out.step.sector("ai").coverage == pytest.approx(0.8)


def test_with_under_seven_tenths_of_the_cap_known_the_sectors_volume_is_unknown() -> None:
    run = run_of()
    run.step(BASE, supply={"AIX": 65.0, "AIY": 35.0})
    out = run.step({"AIY": None})
    assert out.step.sector("ai").volume_step_usd is None
    assert out.step.sector("memes").volume_step_usd == 1000.0


def test_a_delisted_market_is_no_longer_made_up_for() -> None:
    run = run_of("a", "b")
    run.step(BASE, volume={"a:AIX/USD": 100.0, "b:AIX/USD": 900.0})
    missing = run.step({"b:AIX/USD": None})
    assert token_of(missing, "AIX").venues == ("a",)
    assert missing.step.sector("ai").volume_step_usd is None, "a usually has a tenth of the volume"
    gone = run.step(slot={"b:AIX/USD": Slot.UNLISTED})
    assert gone.step.sector("ai").volume_step_usd == 1100.0


def test_a_venue_silent_for_over_a_week_has_no_part_in_the_usual_volume() -> None:
    run = run_of("a", "b", width=timedelta(hours=1))
    run.step(BASE, volume={"a:AIX/USD": 500.0, "b:AIX/USD": 500.0})
    out = run.step({"b:AIX/USD": None})
    for _ in range(167):
        assert out.step.sector("ai").volume_step_usd == pytest.approx(2000.0)
        out = run.step()
    assert run.step().step.sector("ai").volume_step_usd == pytest.approx(1500.0)


def test_over_a_hole_the_line_is_carried_and_the_first_step_after_it_takes_the_whole_return() -> (
    None
):
    run = run_of()
    run.step(BASE)
    run.steps(4)
    index = []
    for _ in range(3):
        out = run.step(unseen=True)
        index.append(out.step.sector("ai").index)
        assert out.step.sector("ai").coverage == 0.0
        assert out.step.sector("ai").volume_step_usd is None
    assert index == [1000.0] * 3
    out = run.step({"AIX": 1.2})
    assert out.step.sector("ai").return_step == pytest.approx(0.10)
    assert out.step.sector("ai").index == pytest.approx(1100.0)


def test_the_return_over_a_hole_enters_no_spread_and_no_beta() -> None:
    def stepped(after_hole: float) -> Run:
        run = run_of()
        run.step(BASE)
        for i in range(120):
            up = 1.001 if i % 2 else 1.0
            run.step({"BTC": 100.0 * up, "AIX": up, "AIY": 2.0 - up, "DOGE": 1.0})
        run.steps(2, unseen=True)
        # the level is another one from here on, in all prices, so that only this one return differs
        for i in range(12):
            up = after_hole * (1.002 if i % 3 == 1 else 1.0)
            run.step({"BTC": 100.0 * up, "AIX": up, "AIY": up, "DOGE": after_hole})
        return run

    small, large = stepped(1.0), stepped(1.2)
    for run in (small, large):
        assert np.isfinite(run.state.spread.get()).all()
    assert large.state.spread.get() == pytest.approx(small.state.spread.get(), rel=1e-9)
    assert large.state.own_spread.get() == pytest.approx(
        small.state.own_spread.get(), rel=1e-9, nan_ok=True
    )
    assert large.state.betas.current() == pytest.approx(small.state.betas.current(), rel=1e-9)
    # 120 steps less the three before a whole hour is known, 12 less the four that hold the return over the hole
    assert small.state.betas.product.count.tolist() == [117.0 + 8.0] * 3


def test_a_tokens_return_over_its_own_hole_enters_no_spread() -> None:
    run = run_of()
    run.step(BASE)
    run.steps(4)
    run.step({"AIX": None})
    run.step({"AIX": 1.2})
    spread = dict(zip(run.engine.layout.tokens, run.state.spread.get().tolist(), strict=True))
    assert spread["AIX"] == 0.0
    run.step({"AIX": 1.1})
    assert run.state.spread.get()[run.engine.layout.tokens.index("AIX")] > 0.0


def test_a_carried_price_counts_as_stale_after_an_hour() -> None:
    run = run_of()
    run.step(BASE)
    stale = [run.step({"AIX": None}).step.sector("ai") for _ in range(6)]
    assert [s.stale_weight for s in stale] == [0.0, 0.0, 0.0, 0.0, 0.5, 0.5]
    assert [s.coverage for s in stale] == [0.5] * 6


def test_a_quiet_market_is_left_out_after_half_an_hour_without_a_move() -> None:
    run = run_of("a", "b")
    run.step(BASE)
    venues = []
    for i in range(4):
        out = run.step({"b:AIX/USD": 1.0 + 0.01 * i}, volume={"a:AIX/USD": 0.0})
        venues.append(token_of(out, "AIX").venues)
    assert venues == [("a", "b"), ("b",), ("b",), ("b",)]
    assert token_of(run.step({"a:AIX/USD": 1.02}), "AIX").venues == ("a", "b")


def test_a_stale_price_is_not_covered_though_its_volume_of_nought_is_known() -> None:
    run = run_of()
    run.step(BASE)
    ai = [run.step(volume={"AIX": 0.0}).step.sector("ai") for _ in range(3)]
    assert [s.coverage for s in ai] == [1.0, 0.5, 0.5]
    assert ai[-1].volume_step_usd == 1000.0


@pytest.mark.parametrize(("both", "expected"), [(False, [1.0, 1.0, 0.6]), (True, [0.6] * 3)])
def test_a_jump_on_one_venue_is_believed_at_the_third_step_on_two_at_once(
    both: bool, expected: list[float]
) -> None:
    width = timedelta(minutes=5)
    run = run_of("a", "b", width=width) if both else run_of("a", width=width)
    run.step(BASE)
    run.step()
    found = [token_of(run.step({"AIX": 0.6}), "AIX").price_usd for _ in range(3)]
    assert found == expected


def test_a_jump_that_does_not_last_leaves_no_trace() -> None:
    run = run_of("a", width=timedelta(minutes=5))
    run.step(BASE)
    prices = [
        token_of(run.step({"AIX": p}), "AIX").price_usd for p in (0.5, 0.5, 1.01, 0.5, None, 0.5)
    ]
    assert prices == [1.0, 1.0, 1.01, 1.01, 1.01, 1.01]
    assert token_of(run.step({"AIX": 0.5}), "AIX").price_usd == 0.5, "an unseen step is no break"


@pytest.mark.parametrize(
    ("minutes", "volume", "expected"),
    [
        (5, 1000.0, [1.0, 1.0, 1.6]),
        (15, 1000.0, [1.6] * 3),
        (60, 1000.0, [1.6] * 3),
        (15, 0.0, [1.0, 1.6]),
    ],
)
def test_a_jump_is_held_in_time_and_not_in_steps(
    minutes: int, volume: float, expected: list[float]
) -> None:
    run = run_of("a", width=timedelta(minutes=minutes))
    run.step(BASE)
    run.step()
    steps = [run.step({"AIX": 1.6}, volume={"AIX": volume}) for _ in expected]
    assert [token_of(out, "AIX").price_usd for out in steps] == expected


def test_a_market_in_its_first_day_may_leap_by_half() -> None:
    run = run_of("a", width=timedelta(minutes=5))
    run.step(BASE | {"AIX": None})
    run.step()
    assert token_of(run.step({"AIX": 1.0}), "AIX").price_usd == 1.0
    assert token_of(run.step({"AIX": 1.5}), "AIX").price_usd == 1.5
    assert token_of(run.step({"AIX": 2.6}), "AIX").price_usd == 1.5


def test_a_days_return_needs_a_days_history() -> None:
    run = run_of(width=timedelta(hours=1))
    run.step(BASE)
    out = run.steps(23)
    assert out.step.sector("ai").return_24h is None
    assert token_of(out, "AIX").return_24h is None
    out = run.step()
    assert out.step.sector("ai").return_24h == pytest.approx(0.0)
    assert token_of(out, "AIX").return_24h == pytest.approx(0.0)


def test_before_its_listing_a_tokens_volume_is_nought_and_nothing_is_scaled_up() -> None:
    run = run_of(width=timedelta(hours=1))
    run.step(BASE | {"AIX": None})
    run.steps(30)
    out = run.step({"AIX": 1.0}, volume={"AIX": 700.0})
    assert token_of(out, "AIX").volume_24h_usd == pytest.approx(700.0)
    out = run.steps(16)
    assert token_of(out, "AIX").volume_24h_usd == pytest.approx(17 * 700.0)


def test_two_venues_that_disagree_are_told() -> None:
    run = run_of("a", "b")
    run.step(BASE)
    out = run.step({"b:AIX/USD": 1.2})
    assert token_of(out, "AIX").price_usd == 1.0
    assert token_of(out, "AIX").venue_conflict
    assert out.step.sector("ai").venue_conflict
    assert not out.step.sector("memes").venue_conflict


def test_without_a_benchmark_the_other_sectors_are_the_market_with_beta_one() -> None:
    watched = universe({"ai": ["AIX"], "memes": ["DOGE"], "rest": ["OLD"]}, benchmark=())
    run = Run(watched)
    run.step({"AIX": 1.0, "DOGE": 1.0, "OLD": 1.0}, supply={"DOGE": 3.0})
    run.step({"AIX": 1.1, "DOGE": 1.0, "OLD": 1.2})
    # of the others' 4 two parts: 3 stayed, 1 rose by a fifth
    e = run.state.sector_rings["e"].ago(0)
    assert e[0] == pytest.approx(np.log(1.1) - np.log(4.2 / 4.0))
    assert run.state.sector_rings["market"].ago(0)[0] == pytest.approx(np.log(4.2 / 4.0))


def test_a_benchmark_that_never_had_a_price_is_missing() -> None:
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}))
    run.step({"BTC": None, "AIX": 1.0, "DOGE": 1.0})
    out = run.step({"AIX": 1.1, "DOGE": 1.1})
    assert run.state.sector_rings["e"].ago(0)[:2] == pytest.approx([0.0, 0.0])
    assert out.step.sector("ai").beta == 1.0
    assert out.step.sector("zz").market_cap_usd is None
