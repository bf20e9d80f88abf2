"""The markets whose trades are worth reading: the fewest that leave little of a token's flow to an estimate."""

from collections.abc import Collection, Mapping
from datetime import datetime

from monitor.ingest.venues.registry import definition_of
from monitor.ingest.venues.request import kind_of
from monitor.model.universe import Market, Token, Universe

MOST_LEFT = 0.2
"""Part of a token's volume that may be left to an estimate: half of what would make its flow one."""


def main_markets(
    universe: Universe, sectors: Collection[str], usd: Mapping[str, float], now: datetime
) -> list[Market]:
    """Of the members of ``sectors``, ordered by id. ``usd``: the last day's volume by market; of a market without one nothing
    can be scaled, and it is left out.

    Of each token the largest whose bars do not tell the takers' side and whose venue serves recent trades, until under
    :data:`MOST_LEFT` of what the token traded is left.
    """
    tokens = (t for t in universe.tokens if universe.sector_of(t.id, now) in sectors)
    chosen = [market for token in tokens for market in _of_token(token, usd, now)]
    return sorted(chosen, key=lambda market: market.id)


def _of_token(token: Token, usd: Mapping[str, float], now: datetime) -> list[Market]:
    traded = {m: usd.get(m.id, 0.0) for m in token.markets if m.listed_at(now)}
    untold = {m: v for m, v in traded.items() if not definition_of(m.venue).taker_volume}
    left, most = sum(untold.values()), MOST_LEFT * sum(traded.values())
    found: list[Market] = []
    for market, volume in sorted(untold.items(), key=lambda item: (-item[1], item[0].id)):
        if left <= most or volume <= 0:
            break
        if market.polled and definition_of(market.venue).recent_trades(kind_of(market)):
            found.append(market)
            left -= volume
    return found
