"""Volume over matched markets: what comes into sight or out of it is no shift of volume, what trades anew is."""

from datetime import timedelta

import numpy as np
import pytest

from monitor.model.bars import Slot
from tests.integration.engine.market import HOUR, START, Run, token, token_of, universe

BASE = {"BTC": 100.0, "AIX": 1.0, "AIY": 1.0, "DOGE": 1.0}
AI, MEMES = 0, 1


def run_of(*more: str, width: timedelta = HOUR) -> Run:
    """AIX on a venue that is there from the start and, with ``more``, on others."""
    tokens = [token("AIX", ["a", *more])]
    return Run(universe({"ai": ["AIX", "AIY"], "memes": ["DOGE"]}, tokens), width)


def chain(run: Run, sector: int, hours: int) -> list[float]:
    """What detection is handed: the last hours' volume in chain units."""
    found = run.state.detector.memory.rows["volume"].last(hours)[:, sector]
    return found.tolist()  # type: ignore[no-any-return]


def test_a_venue_switched_on_counts_at_once_in_amounts_and_shifts_nothing() -> None:
    run = run_of("b")
    run.step(BASE | {"b:AIX/USD": None})
    run.steps(47)
    out = run.step({"b:AIX/USD": 1.0}, volume={"b:AIX/USD": 9000.0})
    assert out.step.sector("ai").volume_step_usd == 11_000.0
    for _ in range(60):
        out = run.step()
        assert chain(run, AI, 2)[1] == pytest.approx(2000.0, rel=1e-9)
    assert run.state.link[AI] == pytest.approx(np.log(2 / 11))
    ai = out.step.sector("ai")
    assert ai.volume_24h_usd == pytest.approx(24 * 11_000.0)
    assert ai.volume_share == pytest.approx(11 / 12)
    assert ai.volume_share_change_24h == pytest.approx(0.0, abs=1e-9)


def test_after_it_was_linked_in_its_own_trading_counts() -> None:
    run = run_of("b")
    run.step(BASE | {"b:AIX/USD": None})
    run.steps(24)
    run.step({"b:AIX/USD": 1.0}, volume={"b:AIX/USD": 8000.0})
    run.steps(30)
    run.step(volume={"b:AIX/USD": 18_000.0})
    assert chain(run, AI, 1)[0] == pytest.approx(2000.0 * 2)  # 20 000 where 10 000 were 2 000


def test_an_outage_and_a_delisting_shift_nothing() -> None:
    run = run_of("b")
    run.step(BASE, volume={"b:AIX/USD": 2000.0})
    run.steps(30)
    run.step({"b:AIX/USD": None})
    assert chain(run, AI, 1)[0] == pytest.approx(4000.0)
    run.steps(5)
    run.step({"b:AIX/USD": 1.0})
    assert chain(run, AI, 1)[0] == pytest.approx(4000.0)
    out = run.step({"b:AIX/USD": None}, slot={"b:AIX/USD": Slot.UNLISTED})
    assert out.step.sector("ai").volume_step_usd == pytest.approx(2000.0)
    for _ in range(3):
        assert chain(run, AI, 1)[0] == pytest.approx(4000.0)
        run.step()


def test_a_launch_is_new_trading_and_its_next_listing_is_not() -> None:
    tokens = [token("TRUMP", ["a", "b"])]
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE", "TRUMP"]}, tokens))
    run.step({"BTC": 100.0, "AIX": 1.0, "DOGE": 1.0})
    run.steps(30)
    run.step({"a:TRUMP/USD": 1.0}, volume={"a:TRUMP/USD": 4000.0})
    assert chain(run, MEMES, 2) == pytest.approx([1000.0, 5000.0])
    run.steps(30)
    for _ in range(30):
        run.step({"b:TRUMP/USD": 1.0}, volume={"b:TRUMP/USD": 20_000.0})
        assert chain(run, MEMES, 1) == pytest.approx([5000.0])


def test_a_token_with_an_old_market_that_joins_shifts_nothing() -> None:
    old = token("OLD", first_trade=START - timedelta(days=300))
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE", "OLD"]}, [old]))
    run.step({"BTC": 100.0, "AIX": 1.0, "DOGE": 1.0})
    run.steps(30)
    for _ in range(30):
        out = run.step({"OLD": 1.0}, volume={"OLD": 50_000.0})
        assert chain(run, MEMES, 1) == pytest.approx([1000.0])
    assert token_of(out, "OLD").sector == "memes"


def test_a_venue_in_place_of_another_carries_the_level_on() -> None:
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}, [token("DOGE", ["a"])]))
    run.step({"BTC": 100.0, "AIX": 1.0, "DOGE": 1.0})
    run.steps(48)
    run.move_to(universe({"ai": ["AIX"], "memes": ["DOGE"]}, [token("DOGE", ["b"])]))
    run.step({"DOGE": 1.0}, volume={"DOGE": 70_000.0})
    assert np.isnan(chain(run, MEMES, 1)[0]), "no market is known in both"
    run.steps(24)
    assert chain(run, MEMES, 1) == pytest.approx([1000.0])


def test_a_market_that_a_new_configuration_no_longer_holds_is_linked_out() -> None:
    run = run_of("b")
    run.step(BASE, volume={"b:AIX/USD": 3000.0})
    run.steps(30)
    run.move_to(run_of().engine.universe)
    run.step()
    assert chain(run, AI, 1) == pytest.approx([5000.0])


def test_the_imbalance_that_detection_sees_is_that_of_what_was_traded() -> None:
    run = run_of("b")
    run.step(BASE | {"b:AIX/USD": None}, taker={"a:AIX/USD": 500.0, "AIY": 500.0, "DOGE": 500.0})
    run.steps(24)
    for _ in range(40):
        run.step({"b:AIX/USD": 1.0}, volume={"b:AIX/USD": 8000.0}, taker={"b:AIX/USD": 5000.0})
        rows = run.state.detector.memory.rows
        imbalance = rows["net"].ago(0)[AI] / rows["volume"].ago(0)[AI]
        assert imbalance == pytest.approx(0.2)  # 2000 of 10 000


def test_a_venue_switched_on_leaves_the_volume_witness_as_it_is_without() -> None:
    def witness(*, second: bool) -> list[float]:
        run, rng = run_of("b"), np.random.default_rng(11)
        run.step(BASE | {"b:AIX/USD": None})
        found = []
        for hour in range(240):
            own = {name: float(np.exp(rng.normal(7.0, 0.4))) for name in ("AIX", "AIY", "DOGE")}
            venue = float(np.exp(rng.normal(9.5, 0.4)))
            volume = {"a:AIX/USD": own["AIX"], "AIY": own["AIY"], "DOGE": own["DOGE"]}
            seen = second and hour >= 120
            out = run.step(
                {"b:AIX/USD": 1.0 if seen else None},
                volume=volume | ({"b:AIX/USD": venue} if seen else {}),
            )
            found += [r.volume_witness for r in out.readings if r.to_sector == "ai"]
        return [value for value in found[120:] if value is not None]

    without, joined = witness(second=False), witness(second=True)
    assert len(joined) > 100
    # the same spread as without: a venue twelve times as large would stand many spreads away
    assert max(abs(w) for w in joined) < max(abs(w) for w in without) + 1.0
    assert abs(np.mean(joined)) < 1.0
