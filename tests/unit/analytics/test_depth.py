"""Depth and spread of one book, of a window's, and of a sector."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.analytics.depth import depth_of, median_depth, middle, with_depth
from monitor.model.order_book import Depth, OrderBook
from monitor.model.state import MarketStep
from monitor.model.universe import Market, Membership, Sector, Token, Universe
from tests.integration.store.samples import at, sector, token

BOOK = OrderBook(
    bids=((99.9, 10.0), (99.0, 20.0), (98.1, 30.0), (97.0, 1e6)),
    asks=((100.1, 10.0), (101.0, 5.0), (101.9, 30.0), (103.0, 1e6)),
)
CLOSE = at("2025-01-20T12:00")
FIVE = timedelta(minutes=5)


def test_money_near_the_middle_of_a_book_by_hand() -> None:
    found = depth_of(BOOK)
    assert found is not None
    assert found.bid_1pct_usd == pytest.approx(99.9 * 10 + 99 * 20)
    assert found.ask_1pct_usd == pytest.approx(100.1 * 10 + 101 * 5)
    assert found.bid_2pct_usd == pytest.approx(99.9 * 10 + 99 * 20 + 98.1 * 30)
    assert found.ask_2pct_usd == pytest.approx(100.1 * 10 + 101 * 5 + 101.9 * 30)
    assert found.spread_bp == pytest.approx(20.0)
    assert not found.truncated


def test_a_quote_that_is_worth_less_makes_less_of_it() -> None:
    dollar, other = depth_of(BOOK), depth_of(BOOK, 0.5)
    assert dollar is not None
    assert other is not None
    assert other.bid_2pct_usd == pytest.approx(dollar.bid_2pct_usd / 2)
    assert other.spread_bp == dollar.spread_bp


def test_a_book_that_ends_before_two_per_cent_is_a_lower_bound() -> None:
    short = depth_of(replace(BOOK, asks=BOOK.asks[:2]))
    assert short is not None
    assert short.truncated


@pytest.mark.parametrize(
    "book",
    [
        OrderBook((), ()),
        OrderBook(BOOK.bids, ()),
        OrderBook(((100.0, 1.0),), ((100.0, 1.0),)),
        OrderBook(((101.0, 1.0),), ((100.0, 1.0),)),
    ],
)
def test_an_empty_or_crossed_book_has_no_depth(book: OrderBook) -> None:
    assert middle(book) is None
    assert depth_of(book) is None


def one(usd: float, *, truncated: bool = False) -> Depth:
    return Depth(usd, usd, 2 * usd, 2 * usd, 4.0, truncated)


def test_one_wild_book_of_an_hour_moves_nothing() -> None:
    found = median_depth([one(100.0), one(110.0), one(1e9, truncated=True)])
    assert found == Depth(110.0, 110.0, 220.0, 220.0, 4.0, truncated=True)


def test_a_sector_is_the_sum_of_its_members_markets_and_says_how_many_were_seen() -> None:
    markets = [Market(v, "A/USDT", "A") for v in ("binance", "gate")]
    other = (Market("gate", "B/USDT", "B"), Market("files", "B/USDT", "B", polled=False))
    universe = Universe(
        (
            Sector("ai", "AI", (Membership("A"), Membership("C"))),
            Sector("memes", "Memes", (Membership("B"),)),
            Sector("none", "None", (Membership("D"),)),
        ),
        (
            Token("A", "A", tuple(markets)),
            Token("B", "B", other),
            Token("C", "C", (Market("gate", "C/USDT", "C"),)),
            Token("D", "D", (Market("gate", "D/USDT", "D"),)),
        ),
    )
    states = (sector("ai"), sector("memes"), sector("none"))
    step = MarketStep(CLOSE - FIVE, FIVE, states, (token("A", sector="ai"),), ())
    found = {
        "binance:A/USDT": [one(100.0)],
        "gate:A/USDT": [one(50.0, truncated=True)],
        "gate:B/USDT": [one(7.0)],
    }
    ai, memes, none = with_depth(step, universe, found).sectors
    assert (ai.depth_bid_1pct_usd, ai.depth_ask_2pct_usd) == (150.0, 300.0)
    assert (ai.depth_coverage, ai.depth_truncated) == (2 / 3, True)
    assert (memes.depth_ask_1pct_usd, memes.depth_coverage, memes.depth_truncated) == (
        7.0,
        1.0,
        False,
    )
    assert none == states[2]
    assert with_depth(step, universe, {}) is step
