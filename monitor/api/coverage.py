"""For which times of a range each market's venue was heard, bar or no bar."""

from datetime import datetime, timedelta
from typing import Any

from monitor.api.sources import Sources
from monitor.api.times import time_range
from monitor.model.grid import iso
from monitor.model.spans import Span, left_open
from monitor.model.universe import Market
from monitor.store.coverage import Piece, all_pieces

Json = dict[str, Any]
DAY = timedelta(days=1)
MOST_SPELLS = 50


def coverage(sources: Sources, since: str | None = None, until: str | None = None) -> Json:
    """A row a market that was listed in the range: the part of it that was heard, and the latest blind spells."""
    begin, end = time_range(since, until, sources.clock.now(), DAY)
    with sources.database.read() as conn:
        heard = all_pieces(conn, sources.width, begin, end)
        as_of = sources.as_of(conn)
    markets = [
        _row(market, heard.get(market.id, []), begin, end, sources)
        for market in sources.universe.markets
        if market.listed_from < end and market.listed_to > begin
    ]
    return {"as_of": as_of, "since": iso(begin), "until": iso(end), "markets": markets}


def _row(
    market: Market, heard: list[Piece], begin: datetime, end: datetime, sources: Sources
) -> Json:
    listed: Span = (max(begin, market.listed_from), min(end, market.listed_to))
    blind = left_open(listed, [(piece.since, piece.until) for piece in heard])
    missing = sum((b - a for a, b in blind), timedelta(0))
    return {
        "market": market.id,
        "venue": market.venue,
        "token": market.token,
        "sector": sources.universe.sector_of(market.token, end - sources.width),
        "polled": market.polled,
        "heard_fraction": 1.0 - missing / (listed[1] - listed[0]),
        "blind_spells": len(blind),
        "blind": [[iso(a), iso(b)] for a, b in blind[-MOST_SPELLS:]],
    }
