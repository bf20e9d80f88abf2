"""Steps with the depth of their sectors' order books, as far as books are read."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection

from monitor.analytics.depth import with_depth
from monitor.model.order_book import Depth
from monitor.model.state import MarketStep
from monitor.model.universe import Universe
from monitor.store.order_books import books_between

WINDOW = timedelta(hours=1)
"""A single book may be anything: a step has each market's median of this long before its close."""


def steps_with_depth(
    conn: Connection, universe: Universe, found: Sequence[MarketStep]
) -> list[MarketStep]:
    """Each step with what the books of the hour before its close say; later ones were not known then. ``found``: by time."""
    if not found:
        return []
    books = books_between(conn, found[0].close_time - WINDOW, found[-1].close_time)
    if not books:
        return list(found)
    told = []
    for step in found:
        by_market: dict[str, list[Depth]] = defaultdict(list)
        for book in books:
            if step.close_time - WINDOW < book.at <= step.close_time:
                by_market[book.market_id].append(book.depth)
        told.append(with_depth(step, universe, by_market))
    return told
