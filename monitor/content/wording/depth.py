"""What stands in the order books, in words; every surface says it the same way."""

from collections.abc import Mapping

from monitor.content.wording.figures import UNKNOWN, basis_points, money, share
from monitor.model.order_book import SectorBooks

WHOLE = 0.995
"""A larger part of a sector's markets passes for all of them."""


def sides_words(bid: float | None, ask: float | None, *, at_least: bool = False) -> str:
    """``$3.10 M bid and $2.80 M asked``; ``at_least`` where the served books ended before the bound."""
    if bid is None or ask is None:
        return UNKNOWN
    words = f"{money(bid, sign=False)} bid and {money(ask, sign=False)} asked"
    return f"{words} or more" if at_least else words


def depth_words(books: Mapping[str, SectorBooks]) -> str:
    """Of each sector by its name: ``AI agents $3.10 M bid and $2.80 M asked, spread 6.0 bp; Memes ...``; then of what part of the
    markets, where not of all. Empty where no sector's books are known."""
    if not books:
        return ""
    told = [
        f"{name} {sides_words(found.bid_1pct_usd, found.ask_1pct_usd)},"
        f" spread {basis_points(found.spread_bp)}"
        for name, found in books.items()
    ]
    least = min(found.coverage for found in books.values())
    seen = "" if least > WHOLE else f" Books of {share(least, 0)} or more of a sector's markets."
    return f"{'; '.join(told)}.{seen}"
