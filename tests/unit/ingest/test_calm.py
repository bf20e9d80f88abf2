"""What is called calm from arrays is what the full look at each bar finds nothing in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.ingest.validation.calm import is_calm
from monitor.ingest.validation.recent import KEPT, RecentBars
from monitor.ingest.validation.suspicion import Answered, peers_of, suspicions
from monitor.model.bar_columns import BarColumns
from monitor.model.bars import Bar
from monitor.model.universe import Market

WIDTH = timedelta(minutes=5)
SINCE = datetime(2025, 1, 19, tzinfo=UTC)
MARKET = Market("binance", "ARC/USDT", "ARC")


def walked(count: int, seed: int) -> list[Bar]:
    """A market that always trades and moves little."""
    dice, price, found = Random(seed), 2.0, []
    for i in range(count):
        start, price = price, price * (1 + dice.gauss(0, 0.002))
        high, low = max(start, price) * 1.0005, min(start, price) * 0.9995
        base = 1000 * dice.lognormvariate(0, 0.4)
        found.append(
            Bar(MARKET.id, SINCE + i * WIDTH, start, high, low, price, base, base * price, None)
        )
    return found


def scaled(bar: Bar, price: float, volume: float) -> Bar:
    """The bar at another level and of another size."""
    return replace(
        bar,
        open=bar.open * price,
        high=bar.high * price,
        low=bar.low * price,
        close=bar.close * price,
        base_volume=bar.base_volume * volume,
    )


def doubts(before: list[Bar], mine: list[Bar]) -> int:
    recent = RecentBars([MARKET])
    recent.note(before)
    peers = peers_of(MARKET, RecentBars([MARKET]))
    return len(suspicions(Answered(MARKET, mine, WIDTH), recent, peers, insisted=False))


def test_an_ordinary_series_is_calm() -> None:
    bars = walked(1_000, seed=1)
    assert is_calm(BarColumns.of([]), BarColumns.of(bars), WIDTH)
    assert is_calm(BarColumns.of(bars[-KEPT - 500 : -500]), BarColumns.of(bars[-500:]), WIDTH)


@pytest.mark.parametrize(
    ("price", "volume"), [(1.05, 1.0), (1.3, 1.0), (0.8, 1.0), (1.0, 40.0), (1.0, 0.0)]
)
@pytest.mark.parametrize("place", [0, 5, 40, 99])
def test_what_is_in_doubt_is_not_calm(price: float, volume: float, place: int) -> None:
    bars = walked(160, seed=2)
    before, mine = bars[:KEPT], bars[KEPT:]
    mine[place] = scaled(mine[place], price, volume)
    if doubts(before, mine):
        assert not is_calm(BarColumns.of(before), BarColumns.of(mine), WIDTH)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 50),
    known=st.integers(0, 70),
    changes=st.lists(
        st.tuples(
            st.integers(0, 99),
            st.sampled_from([1.0, 1.029, 1.031, 1.09, 0.92, 1.2]),
            st.sampled_from([0.0, 1.0, 5.0, 7.0, 30.0]),
        ),
        max_size=3,
    ),
    gaps=st.sets(st.integers(0, 99), max_size=3),
)
def test_a_calm_series_has_no_doubt(
    seed: int, known: int, changes: list[tuple[int, float, float]], gaps: set[int]
) -> None:
    bars = walked(known + 100, seed)
    before, mine = bars[:known], bars[known:]
    for place, price, volume in changes:
        mine[place] = scaled(mine[place], price, volume)
    mine = [bar for place, bar in enumerate(mine) if place not in gaps]
    if is_calm(BarColumns.of(before[-KEPT:]), BarColumns.of(mine), WIDTH):
        assert doubts(before[-KEPT:], mine) == 0
