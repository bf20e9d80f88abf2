"""Prices that are missing for long: of a token, of the benchmark, of everything."""

from datetime import timedelta

import numpy as np
import pytest

from tests.integration.engine.market import Run, events_of, token_of, universe

BASE = {"BTC": 100.0, "AIX": 1.0, "AIY": 1.0, "DOGE": 1.0}
BETA = 1.3  # in a sector's first day


def run_of() -> Run:
    return Run(universe({"ai": ["AIX", "AIY"], "memes": ["DOGE"]}))


def row(run: Run, ring: str, name: str, count: int) -> list[float]:
    """The last rows of a token's ring."""
    place = run.engine.layout.tokens.index(name)
    return run.state.token_rings[ring].last(count)[:, place].tolist()  # type: ignore[no-any-return]


def test_over_two_days_of_our_own_outage_nobody_leaves_and_the_line_goes_on() -> None:
    run = run_of()
    run.step(BASE)
    for _ in range(48):
        out = run.step(unseen=True)
        assert events_of(out) == []
        assert out.step.sector("ai").members == 2
    out = run.step({"AIX": 1.2, "BTC": 110.0})
    assert events_of(out) == []
    assert out.step.sector("ai").index == pytest.approx(1100.0)
    assert out.step.sector("zz").index == pytest.approx(1100.0)


def test_returns_of_a_token_are_unknown_while_its_price_is_and_sum_up_all_the_same() -> None:
    run = run_of()
    run.step(BASE)
    for btc in (99.0, 98.0, 97.0):
        run.step({"AIX": None, "BTC": btc})
    run.step({"AIX": 0.9, "BTC": 96.0})
    own, total = row(run, "own", "AIX", 4), row(run, "log_return", "AIX", 4)
    # an hour is carried: flat, while the market fell; then unknown until it is back
    assert own[0] == pytest.approx(-BETA * np.log(0.99))
    assert total[0] == 0.0
    assert np.isnan(own[1:3]).all()
    assert np.isnan(total[1:3]).all()
    assert own[0] + own[3] == pytest.approx(np.log(0.9) - BETA * np.log(0.96))
    assert total[3] == pytest.approx(np.log(0.9))


def test_a_token_that_was_not_seen_for_long_is_not_judged_by_breadth() -> None:
    run = run_of()
    run.step(BASE)
    run.steps(24)
    for i in range(10):
        out = run.step({"AIY": None, "BTC": 100.0 + i})
    # AIX stood while the market rose; of AIY 16 of 24 hours are known
    assert (out.step.sector("ai").breadth_behind, out.step.sector("ai").breadth_of) == (1, 1)
    assert token_of(out, "AIY").own_return_24h is None


def test_a_benchmark_that_stands_still_for_want_of_prices_is_no_market() -> None:
    run = run_of()
    run.step(BASE)
    run.steps(2)
    run.step({"BTC": None})
    fall = {"AIX": 0.9, "AIY": 0.9, "DOGE": 0.9}
    out = run.step(fall)
    # everything fell alike while bitcoin's price was not known: nothing of that is the sector's own
    assert run.state.sector_rings["e"].ago(0)[:2] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert out.step.sector("ai").beta == 1.0
    assert out.step.sector("zz").return_step == 0.0
    back = run.step({"BTC": 90.0})
    assert back.step.sector("zz").index == pytest.approx(900.0)
    assert run.state.sector_rings["e"].ago(0)[:2] == pytest.approx([0.0, 0.0], abs=1e-12)
    run.step({"BTC": 99.0})
    assert run.state.sector_rings["e"].ago(0)[0] == pytest.approx(-BETA * np.log(1.1))


def test_of_two_benchmark_tokens_the_one_that_is_seen_is_the_market() -> None:
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}, benchmark=("BTC", "ETH")))
    run.step(BASE | {"ETH": 10.0}, supply={"ETH": 10.0})
    run.step({"BTC": None})
    run.step({"ETH": 11.0})
    assert run.state.sector_rings["market"].ago(0)[0] == pytest.approx(BETA * np.log(1.1))
    out = run.step({"BTC": 120.0, "ETH": 11.0})
    assert out.step.sector("zz").index == pytest.approx(1000.0 * 230 / 200)
    assert run.state.sector_rings["market"].ago(0)[0] == 0.0, "the leap spans a hole"


def test_with_one_sectors_volume_unknown_nobodys_part_of_the_whole_is_known() -> None:
    run = run_of()
    run.step(BASE)
    out = run.steps(24)
    assert out.step.sector("memes").volume_share == pytest.approx(1 / 3)
    out = run.steps(8, volume={"DOGE": float("nan")})
    assert out.step.sector("memes").volume_24h_usd is None
    assert out.step.sector("ai").volume_24h_usd == pytest.approx(48_000.0)
    assert out.step.sector("ai").volume_share is None


def test_a_sector_without_members_takes_no_part_of_the_volume() -> None:
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"], "new": ["SOON"]}))
    run.step(BASE | {"SOON": None})
    out = run.steps(24)
    assert out.step.sector("ai").volume_share == pytest.approx(0.5)
    assert out.step.sector("new").volume_24h_usd is None
    out = run.step({"SOON": 2.0}, volume={"SOON": 8000.0})
    assert out.step.sector("ai").volume_share == pytest.approx(24 / 56)


def test_three_different_jumps_in_a_row_are_not_believed_the_same_one_thrice_is() -> None:
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}), timedelta(minutes=5))
    run.step(BASE)
    run.step()
    found = [
        token_of(run.step({"AIX": p}), "AIX").price_usd for p in (0.5, 2.0, 0.5, 0.45, 0.5, 0.5)
    ]
    assert found == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]
