"""From what venues quote to USD a coin, and from there to what is shown."""

import math

import numpy as np
import pytest

from monitor.analytics.bulk_volume import shrinkage
from monitor.analytics.parameters import AnalyticsParameters
from monitor.detection.parameters import DetectionParameters
from monitor.model.state import FlowGrade
from tests.integration.engine.market import HOUR, NAN, Run, token, token_of, universe


def test_a_market_of_a_thousand_coins_is_told_per_coin() -> None:
    pepe = token("PEPE", ["v:1000PEPE/USD*1000"])
    run = Run(universe({"memes": ["PEPE"], "ai": ["AIX"]}, [pepe]))
    out = run.step({"PEPE": 0.02, "AIX": 1.0, "BTC": 1.0}, supply={"PEPE": 4e5})
    assert token_of(out, "PEPE").price_usd == pytest.approx(2e-5)
    assert out.step.sector("memes").market_cap_usd == pytest.approx(8.0)
    assert out.step.sector("memes").volume_step_usd == 1000.0, "volume is in the quote currency"


def stable() -> Run:
    """AIX quoted in USDT, which is watched by its market in USD."""
    tokens = [token("AIX", ["v:AIX/USDT"]), token("USDT", ["v:USDT/USD"])]
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}, tokens))
    run.step({"AIX": 1.0, "DOGE": 1.0, "BTC": 1.0, "USDT": 0.98}, taker={"AIX": 600.0})
    return run


def test_a_watched_stablecoin_sets_the_rate_of_what_it_quotes_in_the_same_step() -> None:
    run = stable()
    assert run.state.price[run.engine.layout.tokens.index("AIX")] == pytest.approx(0.98)
    out = run.step({"USDT": 0.97})
    assert token_of(out, "AIX").price_usd == pytest.approx(0.97)
    assert out.step.sector("ai").volume_step_usd == pytest.approx(970.0)
    assert out.step.sector("ai").net_flow_step_usd == pytest.approx(194.0)  # 600 less 400 USDT
    assert token_of(out, "USDT").sector is None


def test_a_stablecoins_price_that_is_too_old_is_no_rate() -> None:
    run = stable()
    run.step({"USDT": None})
    out = run.steps(23)
    assert token_of(out, "AIX").price_usd == pytest.approx(0.98)
    assert token_of(run.step(), "AIX").price_usd == 1.0


def test_a_quote_that_is_no_dollar_and_has_no_price_is_unknown_not_one() -> None:
    tokens = [token("AIX", ["v:AIX/TRY"]), token("TRY", ["v:TRY/USD"])]
    run = Run(universe({"ai": ["AIX", "AIY"], "memes": ["DOGE"]}, tokens))
    first = run.step({"AIX": 40.0, "AIY": 1.0, "DOGE": 1.0, "BTC": 1.0, "TRY": None})
    assert "AIX" not in {t.id for t in first.step.tokens}
    assert first.step.sector("ai").market_cap_usd == pytest.approx(1.0)
    out = run.step({"TRY": 0.025})
    assert token_of(out, "AIX").price_usd == pytest.approx(1.0)
    assert token_of(out, "AIX").volume_24h_usd is None, "of the step before no rate is known"


def test_a_coin_that_is_quoted_in_another_follows_it_in_the_same_step() -> None:
    tokens = [
        token("AIX", ["v:AIX/USDC"]),
        token("USDC", ["v:USDC/USDT"]),
        token("USDT", ["v:USDT/USD"]),
    ]
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}, tokens))
    run.step({"AIX": 1.0, "DOGE": 1.0, "BTC": 1.0, "USDC": 1.0, "USDT": 1.0})
    out = run.step({"USDC": 0.9, "USDT": 0.98})
    assert token_of(out, "USDC").price_usd == pytest.approx(0.882)
    assert token_of(out, "AIX").price_usd == pytest.approx(0.882)


def test_a_depeg_of_a_watched_coin_moves_no_sector_and_flags_nothing() -> None:
    names = ["AIX", "AIY"]
    tokens = [token(name, [f"v:{name}/USDC"]) for name in names]
    tokens += [token("USDC", ["v:USDC/USD"])]
    run = Run(universe({"ai": names, "memes": ["DOGE", "PEPE"]}, tokens))
    base = {"AIX": 1.0, "AIY": 1.0, "DOGE": 1.0, "PEPE": 1.0, "BTC": 1.0, "USDC": 1.0}
    run.step(base)
    run.steps(15 * 24)
    down, up = np.linspace(1.0, 0.87, 12), np.linspace(0.87, 1.0, 24)
    for rate in (*down, *[0.87] * 12, *up, *[1.0] * 24):
        out = run.step({"USDC": rate, "AIX": 1.0 / rate, "AIY": 1.0 / rate})
        for sector in ("ai", "memes"):
            assert out.step.sector(sector).return_step == pytest.approx(0.0, abs=1e-12)
            assert out.step.sector(sector).share == pytest.approx(0.5, abs=1e-12)
        assert out.changes == ()


def test_a_rate_that_moves_does_not_wake_a_market_that_stands() -> None:
    run = stable()
    run.step(volume={"AIX": 0.0})
    run.step({"USDT": 0.99})
    out = run.step({"USDT": 0.97})
    assert token_of(out, "AIX").venues == ()
    assert token_of(out, "AIX").price_usd == pytest.approx(0.98)


def test_a_days_figures_add_up() -> None:
    run = Run(universe({"ai": ["AIX", "AIY"], "memes": ["DOGE"]}))
    run.step({"AIX": 1.0, "AIY": 1.0, "DOGE": 1.0, "BTC": 1.0}, supply={"AIX": 3.0})
    run.steps(23, taker={"AIX": 750.0, "AIY": 500.0, "DOGE": 100.0})
    out = run.step({"AIX": 1.1, "AIY": 0.9, "BTC": 1.02})
    ai, memes = out.step.sector("ai"), out.step.sector("memes")
    assert ai.return_24h == pytest.approx(0.05)  # 3 x 10 % less 10 %, over 4
    assert ai.own_return_24h is not None
    assert ai.market_part_24h is not None
    assert ai.market_part_24h + ai.own_return_24h == pytest.approx(0.05)
    # the market rose 2 %; beta was 1.3 until a day of hours is known
    assert ai.beta == pytest.approx(1.3)
    assert ai.market_part_24h == pytest.approx(math.exp(1.3 * math.log(1.02)) - 1)
    assert ai.volume_24h_usd == pytest.approx(48_000.0)
    assert ai.volume_share == pytest.approx(2 / 3)
    assert ai.net_flow_24h_usd == pytest.approx(12_000.0)  # 500 an hour of AIX, none of AIY
    assert memes.net_flow_24h_usd == pytest.approx(-19_200.0)
    assert (ai.breadth_behind, ai.breadth_of) == (1, 2)
    assert ai.flow_grade is FlowGrade.A
    assert ai.share == pytest.approx(4.2 / 5.2)
    assert ai.share_change_24h == pytest.approx(4.2 / 5.2 - 4 / 5)
    aix, aiy = token_of(out, "AIX"), token_of(out, "AIY")
    assert aix.contribution_24h == pytest.approx(0.075)
    assert aiy.contribution_24h == pytest.approx(-0.025)
    assert aix.return_1h == pytest.approx(0.1)
    benchmark = out.step.sector("zz")
    assert benchmark.return_24h == pytest.approx(0.02)
    assert benchmark.share is None
    assert benchmark.own_return_24h is None


def test_flow_without_taker_volume_is_told_as_such() -> None:
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}))
    run.step({"AIX": 1.0, "DOGE": 1.0, "BTC": 1.0}, taker={"DOGE": 500.0})
    for price in (1.01, 1.0, 1.01):
        out = run.step({"AIX": price})
    assert out.step.sector("ai").flow_grade is FlowGrade.C
    # the step is of its usual size: 68.27 % of the volume, shrunk to what such an estimate is worth
    shrunk = 682.69 * shrinkage(HOUR).factor
    assert out.step.sector("ai").net_flow_step_usd == pytest.approx(shrunk, abs=0.1)
    assert out.step.sector("memes").flow_grade is FlowGrade.A
    assert (out.step.sector("ai").flow_seen, out.step.sector("memes").flow_seen) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("told", "seen", "grade"), [(620.0, 0.62, FlowGrade.A), (590.0, 0.59, FlowGrade.C)]
)
def test_each_venues_flow_is_its_own_and_the_part_seen_is_told(
    told: float, seen: float, grade: FlowGrade
) -> None:
    tokens = [token("AIX", ["a", "b"])]
    run = Run(universe({"ai": ["AIX", "AIY"], "memes": ["DOGE"]}, tokens))
    volume = {"a:AIX/USD": told, "b:AIX/USD": 1000.0 - told, "AIY": 0.0}
    run.step(
        {"AIX": 1.0, "AIY": 1.0, "DOGE": 1.0, "BTC": 1.0},
        volume=volume,
        taker={"a:AIX/USD": 0.55 * told},
    )
    out = run.steps(24)  # the price stands still, so that an estimate is of no flow
    ai, aix = out.step.sector("ai"), token_of(out, "AIX")
    assert ai.net_flow_24h_usd is None, "of a price that never moved nothing can be estimated"
    for price in (1.01, 1.0) * 12:
        out = run.step({"AIX": price})
    ai, aix = out.step.sector("ai"), token_of(out, "AIX")
    # as many estimated steps up as down
    assert ai.net_flow_24h_usd == pytest.approx(24 * 0.1 * told, abs=0.15 * (1000.0 - told))
    for state in (ai, aix):
        assert state.flow_seen == pytest.approx(seen)
        assert state.flow_grade is grade


@pytest.mark.parametrize(
    ("read", "seen", "grade"), [(600.0, 0.6, FlowGrade.B), (599.0, 0.0, FlowGrade.C)]
)
def test_trades_that_were_read_stand_for_their_bar_where_they_are_most_of_it(
    read: float, seen: float, grade: FlowGrade
) -> None:
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}))
    prices = {"AIX": 1.0, "DOGE": 1.0, "BTC": 1.0}
    trades = {"AIX": (read, 0.75 * read)}
    out = run.step(prices, taker={"DOGE": 500.0}, trades=trades)
    for price in (1.01, 1.0) * 12:
        out = run.step({"AIX": price}, trades=trades)
    ai, aix = out.step.sector("ai"), token_of(out, "AIX")
    if grade is FlowGrade.B:
        assert ai.net_flow_step_usd == pytest.approx(500.0)  # of 1,000 traded: 750 bought
        assert ai.net_flow_24h_usd == pytest.approx(24 * 500.0)
    for state in (ai, aix):
        assert state.flow_seen == pytest.approx(seen)
        assert state.flow_grade is grade
    assert out.step.sector("memes").flow_grade is FlowGrade.A


def test_of_a_tokens_venues_each_goes_by_its_own_measure() -> None:
    tokens = [token("AIX", ["a", "b", "c"])]
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}, tokens))
    volume = {"a:AIX/USD": 1000.0, "b:AIX/USD": 500.0, "c:AIX/USD": 100.0}
    trades = {"a:AIX/USD": (800.0, 200.0), "b:AIX/USD": (500.0, 500.0)}
    prices = {"AIX": 1.0, "DOGE": 1.0, "BTC": 1.0}
    run.step(prices, volume=volume, taker={"b:AIX/USD": 300.0}, trades=trades)
    out = run.step({"AIX": 1.0}, trades=trades)
    for price in (1.01, 1.0) * 12:
        out = run.step({"AIX": price}, trades=trades)
    aix = token_of(out, "AIX")
    # of a a quarter was bought, b tells 300 of 500 whatever its trades say, c is estimated
    per_step = -500.0 + 100.0
    assert aix.net_flow_24h_usd == pytest.approx(24 * per_step, abs=24 * 100 * 0.15)
    assert aix.flow_seen == pytest.approx((800 + 500) / 1600)
    assert aix.flow_grade is FlowGrade.B


def test_how_much_must_be_read_is_a_parameter() -> None:
    strict = AnalyticsParameters(least_trades_seen=0.9)
    for parameters, grade in ((None, FlowGrade.B), (strict, None)):
        run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}), analytics=parameters)
        prices = {"AIX": 1.0, "DOGE": 1.0, "BTC": 1.0}
        out = run.step(prices, taker={"DOGE": 500.0}, trades={"AIX": (700.0, 350.0)})
        assert out.step.sector("ai").flow_grade is grade


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_an_estimate_weighs_nothing_in_detection_unless_told_so(weight: float) -> None:
    parameters = DetectionParameters(flow_weight_c=weight)
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}), detection=parameters)
    run.step({"AIX": 1.0, "DOGE": 1.0, "BTC": 1.0}, taker={"DOGE": 500.0})
    for price in (1.01, 1.0, 1.01):
        run.step({"AIX": price})
    rows = run.state.detector.memory.rows
    assert rows["weight"].ago(0).tolist()[:2] == [weight, 1.0]
    assert np.isnan(rows["net"].ago(0)[0]) == (weight == 0.0)


def test_before_a_supply_is_told_a_token_has_a_price_and_no_cap() -> None:
    run = Run(universe({"ai": ["AIX"], "memes": ["DOGE"]}))
    out = run.step({"AIX": 1.0, "DOGE": 1.0, "BTC": 1.0}, supply={"AIX": NAN})
    assert token_of(out, "AIX").price_usd == 1.0
    assert token_of(out, "AIX").market_cap_usd is None
    assert token_of(out, "AIX").sector is None
    assert out.step.sector("ai").market_cap_usd is None
    assert out.step.sector("memes").share == 1.0
