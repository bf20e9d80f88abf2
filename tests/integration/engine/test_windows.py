"""What the detector may ask of the past, and what a step's figures are made of over a day."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from monitor.model.state import FlowGrade
from tests.integration.engine.market import NAN, Run, token, universe

BASE = {"BTC": 100.0, "AIX": 1.0, "AIY": 1.0, "DOGE": 1.0}
AI, MEMES = 0, 1


def asked(run: Run, **step: Any) -> Any:
    """The context that the detector is handed in the next step."""
    found, inner = [], run.engine._detector.decide

    def listen(state: Any, looked: Any) -> Any:
        found.append(looked.context)
        return inner(state, looked)

    run.engine._detector.decide = listen  # type: ignore[assignment, method-assign]
    run.step(**step)
    run.engine._detector.decide = inner  # type: ignore[method-assign]
    return found[0]


def launched() -> Run:
    """AI of 16 and memes of 60, and three hours later TRUMP with 10 while AI falls by a tenth."""
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE", "TRUMP"]}))
    run.step(
        {"BTC": 100.0, "AIX": 1.0, "DOGE": 1.0}, supply={"AIX": 16.0, "DOGE": 60.0, "TRUMP": 1.0}
    )
    run.steps(2)
    run.step({"AIX": 0.9, "TRUMP": 10.0})
    return run


def test_a_launchs_share_is_remembered_for_three_days() -> None:
    run = launched()
    context = asked(run)
    assert context.launch_share_loss(72)[AI, MEMES] == pytest.approx(2.3762, abs=5e-5)
    assert context.launch_share_loss(72)[MEMES, AI] == pytest.approx(-2.3762, abs=5e-5)
    assert context.hours_since_launch(MEMES, 72) == 2  # its first bar and this one
    assert context.hours_since_launch(AI, 72) is None
    (launch,) = context.launches(MEMES, 72)
    assert (launch.token, launch.sector) == ("TRUMP", "memes")
    assert launch.share_pp == pytest.approx(2.3762, abs=5e-5)
    assert context.launches(AI, 72) == ()
    run.steps(69)
    before = asked(run)
    assert before.launch_share_loss(72)[AI, MEMES] == pytest.approx(2.3762, abs=5e-5)
    assert before.hours_since_launch(MEMES, 72) == 72
    context = asked(run)
    assert context.launch_share_loss(72)[AI, MEMES] == 0.0
    assert context.hours_since_launch(MEMES, 72) is None
    assert context.launches(MEMES, 72) == ()


def test_one_sides_evidence_adds_up() -> None:
    run = launched()
    run.steps(20)
    side = asked(run, price={"AIX": 0.81, "BTC": 99.0}).side(AI, 4)
    assert side.total_return == pytest.approx(-0.10)
    assert side.market_part == pytest.approx(0.99**1.3 - 1)
    assert side.own_return == pytest.approx(-0.10 - (0.99**1.3 - 1))
    assert side.share_pp == pytest.approx(100 * 12.96 / 82.96)
    assert side.share_change_pp == pytest.approx(100 * (12.96 / 82.96 - 14.4 / 84.4))
    split = side.share_split_pp
    assert split.price == pytest.approx(side.share_change_pp)
    assert (split.supply, split.membership, split.launch) == (0.0, 0.0, 0.0)
    assert side.contributors == (("AIX", pytest.approx(-0.10)),)
    assert side.volume_usd == 4000.0
    assert side.volume_share_pp == pytest.approx(100 / 3)


@pytest.mark.parametrize(("volume", "grade"), [(600.0, FlowGrade.A), (700.0, FlowGrade.C)])
def test_the_grade_of_a_day_is_the_worst_with_two_fifths_of_its_volume(
    volume: float, grade: FlowGrade
) -> None:
    run = Run(universe({"ai": ["AIX", "AIY"], "memes": ["DOGE"]}))
    # AIY tells no taker volume and trades in half of the hours only, but then twice as much
    run.step(BASE, taker={"AIX": 500.0, "AIY": NAN})
    for i in range(26):
        now = {"AIY": 1.01 if i % 2 else 1.0}
        out = run.step(now, volume={"AIY": 2 * volume if i % 2 else 0.0})
    assert out.step.sector("ai").flow_grade is grade


def test_what_was_traded_counts_whole_whichever_venue_had_it() -> None:
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}, [token("AIX", ["a", "b", "c"])]))
    volume = {"a:AIX/USD": 800.0, "b:AIX/USD": 100.0, "c:AIX/USD": 100.0}
    taker = {"a:AIX/USD": 800.0, "b:AIX/USD": 50.0, "c:AIX/USD": 50.0}
    for out in (run.step(BASE, volume=volume, taker=taker), run.step()):
        assert out.step.sector("ai").volume_step_usd == 1000.0
        assert out.step.sector("ai").net_flow_step_usd == pytest.approx(800.0)


@pytest.mark.parametrize("third", [{}, {"c:AIX/USD": 1.0}])
def test_a_third_venue_of_a_thousandth_leaves_the_counted_volume_as_it_is(
    third: dict[str, float],
) -> None:
    venues = {"a:AIX/USD": 762.0, "b:AIX/USD": 238.0, **third}
    names = [name.partition(":")[0] for name in venues]
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}, [token("AIX", names)]))
    run.step(BASE, volume=venues)
    out = run.steps(23)
    assert out.step.sector("ai").volume_24h_usd == pytest.approx(24 * sum(venues.values()))


def test_an_interval_of_another_universe_is_refused() -> None:
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}))
    other = Run(universe({"ai": ["AIX", "AIY"], "memes": ["DOGE"]}))
    with pytest.raises(ValueError, match="found an interval of 4 markets and 4 tokens, expected 3"):
        run.engine.step(run.state, other.tape.next(BASE))


def test_the_state_of_sixty_tokens_is_under_two_megabytes() -> None:
    names = [f"T{i:02}" for i in range(60)]
    parts = {f"s{s}": names[s::4] for s in range(4)}
    watched = universe(parts, [token(n, ["a", "b", "c"]) for n in names])
    run = Run(watched, timedelta(minutes=5))
    run.step(dict.fromkeys(names, 1.0))
    assert len(run.engine.dump(run.state)) < 2e6
    assert np.isfinite(run.state.price[:-1]).any()
