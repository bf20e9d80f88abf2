"""Order-book depth and spread (METHOD, chapter 5): of one book, of a window's books, and summed by sector."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median

from monitor.model.order_book import Depth, Level, OrderBook, SectorBooks
from monitor.model.state import MarketStep, SectorState
from monitor.model.universe import Market, Universe

NEAR, FAR = 0.01, 0.02


def middle(book: OrderBook) -> float | None:
    """Half-way between best bid and best ask, in the quote currency; None for an empty or crossed book."""
    if not book.bids or not book.asks or book.bids[0][0] >= book.asks[0][0]:
        return None
    return 0.5 * (book.bids[0][0] + book.asks[0][0])


def depth_of(book: OrderBook, usd_per_quote: float = 1.0) -> Depth | None:
    """``sum(price * amount)`` of the levels within 1 % and 2 % of the middle on each side, times ``usd_per_quote``;
    spread ``1e4 * (ask - bid) / middle``. None for an empty or crossed book."""
    mid = middle(book)
    if mid is None:
        return None

    def within(levels: Sequence[Level], part: float) -> float:
        near = sum(price * amount for price, amount in levels if abs(price - mid) <= part * mid)
        return near * usd_per_quote

    return Depth(
        bid_1pct_usd=within(book.bids, NEAR),
        ask_1pct_usd=within(book.asks, NEAR),
        bid_2pct_usd=within(book.bids, FAR),
        ask_2pct_usd=within(book.asks, FAR),
        spread_bp=1e4 * (book.asks[0][0] - book.bids[0][0]) / mid,
        truncated=book.bids[-1][0] > mid * (1 - FAR) or book.asks[-1][0] < mid * (1 + FAR),
    )


def median_depth(found: Sequence[Depth]) -> Depth:
    """Of a window's books, each figure's median; truncated as soon as one was, for then it is a lower bound."""

    def middle_of(figure: Callable[[Depth], float]) -> float:
        return median(figure(depth) for depth in found)

    return Depth(
        middle_of(lambda d: d.bid_1pct_usd),
        middle_of(lambda d: d.ask_1pct_usd),
        middle_of(lambda d: d.bid_2pct_usd),
        middle_of(lambda d: d.ask_2pct_usd),
        middle_of(lambda d: d.spread_bp),
        any(depth.truncated for depth in found),
    )


def with_depth(
    step: MarketStep, universe: Universe, found: Mapping[str, Sequence[Depth]]
) -> MarketStep:
    """The step with each sector's depth. ``found``: by market the depths of the books of the window that ends with it."""
    if not found:
        return step
    at = step.open_time
    sector_of = {token.id: universe.sector_of(token.id, at) for token in universe.tokens}
    by_sector: dict[str, list[Market]] = {}
    for market in universe.markets:
        sector = sector_of[market.token]
        if sector is not None and market.polled and market.listed_at(at):
            by_sector.setdefault(sector, []).append(market)
    medians = {market: median_depth(depths) for market, depths in found.items() if depths}
    return replace(
        step,
        sectors=tuple(
            _of_sector(state, by_sector.get(state.id, ()), medians) for state in step.sectors
        ),
    )


def books_of(state: SectorState) -> SectorBooks | None:
    """What the step says of the sector's order books; None where none was seen."""
    bid, ask, spread = state.depth_bid_1pct_usd, state.depth_ask_1pct_usd, state.spread_bp
    if bid is None or ask is None or spread is None or state.depth_coverage is None:
        return None
    return SectorBooks(bid, ask, spread, state.depth_coverage)


def _of_sector(
    state: SectorState, markets: Iterable[Market], medians: Mapping[str, Depth]
) -> SectorState:
    """Sums over the markets of its members, the median of their spreads, and what part of the markets was seen."""
    all_markets = list(markets)
    seen = [medians[market.id] for market in all_markets if market.id in medians]
    if not seen:
        return state
    return replace(
        state,
        depth_bid_1pct_usd=sum(depth.bid_1pct_usd for depth in seen),
        depth_ask_1pct_usd=sum(depth.ask_1pct_usd for depth in seen),
        depth_bid_2pct_usd=sum(depth.bid_2pct_usd for depth in seen),
        depth_ask_2pct_usd=sum(depth.ask_2pct_usd for depth in seen),
        spread_bp=median(depth.spread_bp for depth in seen),
        depth_coverage=len(seen) / len(all_markets),
        depth_truncated=any(depth.truncated for depth in seen),
    )
