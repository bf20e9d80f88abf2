"""Funding and open interest summed by token and sector."""

from datetime import timedelta

import pytest

from monitor.analytics.derivatives import sums_of, why_implausible, with_derivatives
from monitor.model.derivatives import DerivativeReading
from monitor.model.state import MarketStep
from monitor.model.universe import Market, Membership, Sector, Token, Universe
from tests.integration.store.samples import at, sector, token

CLOSE = at("2025-01-20T12:00")
FIVE = timedelta(minutes=5)


def reading(
    market: str, rate: float | None, hours: float | None, usd: float | None
) -> DerivativeReading:
    return DerivativeReading(market, CLOSE - FIVE, rate, hours, usd)


def test_a_rate_of_four_hours_is_told_for_eight() -> None:
    assert reading("x", 0.0001, 4.0, None).funding_rate_8h == pytest.approx(0.0002)
    assert reading("x", 0.0001, None, None).funding_rate_8h is None


def test_funding_is_the_mean_by_open_interest_and_what_is_unknown_is_left_out() -> None:
    found = sums_of(
        [
            reading("a", 0.0001, 8.0, 3e6),
            reading("b", -0.0001, 4.0, 1e6),
            reading("c", 0.01, 8.0, None),
            reading("d", 0.01, None, 5e6),
        ],
        5,
    )
    assert found is not None
    assert found.open_interest_usd == 9e6
    assert found.funding_rate_8h == pytest.approx((0.0001 * 3e6 - 0.0002 * 1e6) / 4e6)
    assert found.coverage == 0.8


def test_without_any_open_interest_it_is_the_plain_mean() -> None:
    found = sums_of([reading("a", 0.0001, 8.0, None), reading("b", 0.0003, 8.0, None)], 2)
    assert found is not None
    assert found.open_interest_usd is None
    assert found.funding_rate_8h == pytest.approx(0.0002)
    assert sums_of([], 2) is None


@pytest.mark.parametrize(
    ("rate", "usd", "words"),
    [
        (0.5, None, "found a funding rate of 0.5, expected -0.1 to 0.1"),
        (float("nan"), None, "found a funding rate of nan, expected -0.1 to 0.1"),
        (0.0001, -1.0, "found an open interest of -1 USD, expected 0 to 1e+12"),
    ],
)
def test_what_cannot_be_is_refused_in_words(rate: float, usd: float | None, words: str) -> None:
    assert why_implausible(reading("a", rate, 8.0, usd)) == words


def test_tokens_and_sectors_of_a_step_have_their_own_perpetuals() -> None:
    perpetuals = [
        Market("binance", "A/USDT:USDT", "A"),
        Market("bybit", "A/USDT:USDT", "A"),
        Market("bybit", "B/USDT:USDT", "B"),
        Market("bybit", "C/USDT:USDT", "C", listed_to=CLOSE - timedelta(days=1)),
    ]
    universe = Universe(
        (
            Sector("ai", "AI", (Membership("A"), Membership("B"))),
            Sector("memes", "Memes", (Membership("C"),)),
        ),
        tuple(Token(t, t) for t in "ABC"),
    )
    tokens = tuple(token(t, sector="ai" if t in "AB" else "memes") for t in "ABC")
    step = MarketStep(CLOSE - FIVE, FIVE, (sector("ai"), sector("memes")), tokens, ())
    found = {
        "binance:A/USDT:USDT": reading("binance:A/USDT:USDT", 0.0001, 8.0, 4e6),
        "bybit:B/USDT:USDT": reading("bybit:B/USDT:USDT", 0.0003, 8.0, 4e6),
        "bybit:C/USDT:USDT": reading("bybit:C/USDT:USDT", 0.0003, 8.0, 4e6),
    }
    told = with_derivatives(step, universe, perpetuals, found)
    ai, memes = told.sectors
    assert (ai.open_interest_usd, ai.derivatives_coverage) == (8e6, 2 / 3)
    assert ai.funding_rate_8h == pytest.approx(0.0002)
    assert memes == step.sectors[1]  # its perpetual is listed no more
    assert [t.open_interest_usd for t in told.tokens] == [4e6, 4e6, None]
    assert with_derivatives(step, universe, perpetuals, {}) is step
